//! `workos-login whoami`: prints the user of the session.

use crate::account::AccountArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;
use crate::session::SessionArgs;

/// Print the logged-in user
///
/// It is the user as of the last response of the service. Sends no request, except for the login of --no-store.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionArgs,
}

impl Args {
    /// Reads the user of the session.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let (_, session) = self.session.session(output, AccountArgs::load)?;
        Ok(Report::of_session(&session, str::to_owned))
    }
}
