//! What a login does with its session.

use workos_login::Authenticated;
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
        kept.check()?;
        let session = log_in()?;
        kept.keep(session.clone())?;
        Ok((session, Some(kept.place())))
    }
}

fn offer_none(failure: Failure) -> Failure {
    match failure.exit() {
        Exit::NoStore => {
            failure.hint("--no-store logs in without keeping the session: it ends with the program")
        }
        _ => failure,
    }
}
