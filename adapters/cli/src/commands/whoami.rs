//! `workos-login whoami`: prints the user of the session.

use crate::failure::Failure;
use crate::identity::Identity;
use crate::output::Output;
use crate::session::SessionSourceArgs;

/// Print the logged-in user, as of the last response of the service
///
/// Sends no request, except for the login of --no-store.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionSourceArgs,
}

/// Reads the user of the session.
pub(crate) fn run(args: &Args, output: &Output) -> Result<Identity, Failure> {
    let session = args
        .session
        .session(output, |selection| selection.open()?.load())?;
    Ok(Identity::from(&*session))
}
