//! What a login does with its session.

use workos_login::Authenticated;
use workos_login_keeper::Store;
use workos_login_keyring::Place;

use crate::account::Account;
use crate::client::AnyClient;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;

/// The options that say where the session of a login is kept.
#[derive(Debug, clap::Args)]
pub(crate) struct KeepArgs {
    #[command(flatten)]
    account: Account,

    /// Keep nothing: the session ends with this program
    #[arg(long)]
    no_store: bool,
}

impl KeepArgs {
    /// Logs in and keeps the session, in place of any other of that name. Says where it is kept.
    ///
    /// That it can be kept is found out before the login begins.
    pub(crate) fn log_in(
        &self,
        client: &AnyClient,
        output: &Output,
        log_in: impl FnOnce() -> Result<Authenticated, Failure>,
    ) -> Result<(Authenticated, Option<Place>), Failure> {
        if self.no_store {
            output.say("the session is not kept: it ends with this program");
            return Ok((log_in()?, None));
        }
        let kept = Session::open(client, &self.account).map_err(offer_none)?;
        let session = log_in_to(&kept, log_in)?;
        Ok((session, Some(kept.place())))
    }
}

/// Logs in where the session can be kept, and keeps it.
fn log_in_to<S: Store>(
    kept: &Session<S>,
    log_in: impl FnOnce() -> Result<Authenticated, Failure>,
) -> Result<Authenticated, Failure> {
    kept.check()?;
    let session = log_in()?;
    kept.keep(session.clone())?;
    Ok(session)
}

fn offer_none(failure: Failure) -> Failure {
    match failure.exit() {
        Exit::NoStore => {
            failure.hint("--no-store logs in without keeping the session: it ends with the program")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workos_login::keeper::{Keeper, KeeperPolicy, Record};
    use workos_login_keyring::Error;

    use super::*;
    use crate::stage::Stage;

    /// A store that can be read and not written; it may not find that out when it is asked.
    struct ReadOnly {
        finds_out: bool,
    }

    impl Store for ReadOnly {
        type Error = Error;
        type Guard = ();

        fn load(&self) -> Result<Option<Record>, Error> {
            Ok(None)
        }

        fn save(&self, _: &Record) -> Result<(), Error> {
            Err(Error::Busy)
        }

        fn clear(&self) -> Result<(), Error> {
            Err(Error::Busy)
        }

        fn lock(&self, _: Duration) -> Result<Option<()>, Error> {
            Ok(Some(()))
        }

        fn check(&self) -> Result<(), Error> {
            match self.finds_out {
                true => Err(Error::Busy),
                false => Ok(()),
            }
        }
    }

    fn session(stage: &Stage, finds_out: bool) -> Session<ReadOnly> {
        let machine = Keeper::new(&stage.client, KeeperPolicy::default());
        let name = "work".parse().unwrap();
        Session::new(machine, ReadOnly { finds_out }, name, Place::Custom)
    }

    #[test]
    fn a_store_that_cannot_be_written_is_found_out_before_the_login() {
        let stage = Stage::empty();
        let log_in = || panic!("the login was begun");
        let failure = log_in_to(&session(&stage, true), log_in).unwrap_err();
        assert_eq!(failure.exit(), Exit::Store);
        assert_eq!(
            failure.message(),
            "the session could not be kept, so the login was not begun"
        );
        assert_eq!(failure.causes(), [Error::Busy.to_string()]);
    }

    #[test]
    fn a_session_that_could_not_be_kept_is_no_success() {
        let stage = Stage::empty();
        let log_in = || Ok(stage.log_in("alice@example.com", None));
        let failure = log_in_to(&session(&stage, false), log_in).unwrap_err();
        assert_eq!(failure.exit(), Exit::Store);
        assert!(
            failure.message().contains("could not be stored"),
            "{failure:?}"
        );
    }

    #[test]
    fn a_login_that_is_kept_is_there_for_the_next_program() {
        let stage = Stage::empty();
        let log_in = || Ok(stage.log_in("alice@example.com", None));
        log_in_to(&stage.session(), log_in).unwrap();
        stage.session().get().unwrap();
    }
}
