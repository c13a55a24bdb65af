//! The session that a command uses: the stored one, or one of a login for this command alone.

use std::sync::Arc;

use workos_login::Authenticated;

use crate::failure::Failure;
use crate::login::{self, LoginArgs, LoginContext};
use crate::output::Output;
use crate::session::SessionArgs;

/// The options that select the session of a command.
#[derive(Debug, clap::Args)]
#[command(mut_group("LoginArgs", |login| login.requires("no_store")))]
pub(crate) struct SessionSourceArgs {
    #[command(flatten)]
    session: SessionArgs,

    /// Log in for this command alone and store no session: no keyring is needed
    ///
    /// The access token expires within minutes and is not refreshed.
    #[arg(long, conflicts_with = "name")]
    no_store: bool,

    #[command(flatten, next_help_heading = "Options for the login of --no-store")]
    login: LoginArgs,
}

impl SessionSourceArgs {
    /// Returns the session that `get` returns, or else that of a new login.
    pub(crate) fn session(
        &self,
        output: &Output,
        get: impl FnOnce(&SessionArgs) -> Result<Arc<Authenticated>, Failure>,
    ) -> Result<Arc<Authenticated>, Failure> {
        if self.no_store {
            let context = LoginContext::new(&self.login, None, output);
            login::log_in(&context, &self.session.login_client(&context)?).map(Arc::new)
        } else {
            get(&self.session)
        }
    }
}
