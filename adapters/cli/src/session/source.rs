//! The session of a command that needs one: that which is kept, or one of its own.

use workos_login::Authenticated;

use crate::failure::Failure;
use crate::login::{Desk, LoginArgs};
use crate::output::Output;
use crate::session::{Session, SessionArgs};

/// The options that say which session a command uses.
#[derive(Debug, clap::Args)]
#[command(mut_group("LoginArgs", |login| login.requires("no_store")))]
pub(crate) struct AnySessionArgs {
    #[command(flatten)]
    session: SessionArgs,

    /// Log in for this command alone, and keep nothing: no keyring is needed
    ///
    /// The access token is good for minutes, and nobody refreshes it.
    #[arg(long, conflicts_with = "name")]
    no_store: bool,

    #[command(flatten, next_help_heading = "The login of --no-store")]
    login: LoginArgs,
}

impl AnySessionArgs {
    /// Returns what `get` takes from the kept session, or else a new session that nobody keeps.
    pub(crate) fn get(
        &self,
        output: &Output,
        get: impl FnOnce(&Session) -> Result<Authenticated, Failure>,
    ) -> Result<Authenticated, Failure> {
        if self.no_store {
            Desk::new(&self.login, None, output).log_in(&self.session.client()?)
        } else {
            get(&self.session.open()?)
        }
    }
}
