//! `workos-login login`: a login in the browser, of this machine or of another.

use std::time::SystemTime;

use workos_login::Authenticated;
use workos_login_session::Store;

use crate::client::{AnyClient, ClientArgs};
use crate::commands::logged_in::LoggedIn;
use crate::demo::Demo;
use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::login::{Desk, LoginArgs};
use crate::output::Output;
use crate::session::Session;
use crate::session::account::Account;

/// Log in with the browser, and greet the user
///
/// Opens the login page in the system's browser and waits until it comes back to this machine. Where there is no browser,
/// --device shows a code that is entered in one anywhere else. The session is kept in
/// the system's keyring, that of --demo is not. What the program prints is who logged in, and never a token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    account: Account,

    #[command(flatten)]
    login: LoginArgs,

    /// Run the whole login against a local service inside this program: no account is needed
    ///
    /// The client id and the service are the local ones then, whatever is configured. Where no browser can be opened, the first
    /// user signs in.
    #[arg(long)]
    demo: bool,

    /// With --demo: play this person at the login page, alice@example.com for instance, instead of opening a browser
    #[arg(long = "as", value_name = "EMAIL")]
    play: Option<String>,
}

/// Logs somebody in.
pub(crate) fn run(args: &Args, output: &Output) -> Result<LoggedIn, Failure> {
    if args.play.is_some() && !args.demo {
        return Err(Failure::new(
            Exit::Usage,
            "--as plays a person at the login page of the demonstration: it needs --demo",
        ));
    }
    let (session, kept_in) = if args.demo {
        let demo = Demo::start(args.play.clone())?;
        output.say(format_args!(
            "demo: a local service at {} plays WorkOS; nothing there is real",
            demo.base_url()
        ));
        let client = AnyClient::WorkOs(demo.client()?);
        let desk = Desk::new(&args.login, Some(&demo), output);
        (desk.log_in(&client)?, None)
    } else {
        let client = args.client.client()?;
        let kept = Session::open(&client, &args.account)?;
        let desk = Desk::new(&args.login, None, output);
        (
            log_in_to(&kept, || desk.log_in(&client))?,
            Some(kept.place()),
        )
    };
    Ok(LoggedIn::new(&session, SystemTime::now()).kept_in(kept_in))
}

/// Logs in where the session can be kept, and keeps it, in place of any other of that name.
///
/// That it can be kept is found out before the login begins.
fn log_in_to<S: Store>(
    kept: &Session<S>,
    log_in: impl FnOnce() -> Result<Authenticated, Failure>,
) -> Result<Authenticated, Failure> {
    kept.check()?;
    let session = log_in()?;
    kept.keep(session.clone())?;
    Ok(session)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workos_login::session::{Machine, SessionPolicy, StoredSession};
    use workos_login_keyring::{Error, Place};

    use super::*;
    use crate::session::fixture::Stage;

    /// A store that can be read and not written; it may not find that out when it is asked.
    struct ReadOnly {
        finds_out: bool,
    }

    impl Store for ReadOnly {
        type Error = Error;
        type Guard = ();

        fn load(&self) -> Result<Option<StoredSession>, Error> {
            Ok(None)
        }

        fn save(&self, _: &StoredSession) -> Result<(), Error> {
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
        let machine = Machine::new(&stage.client, SessionPolicy::default());
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
        let log_in = || Ok(stage.new_session("alice@example.com", None));
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
        let log_in = || Ok(stage.new_session("alice@example.com", None));
        log_in_to(&stage.session(), log_in).unwrap();
        stage.session().get().unwrap();
    }
}
