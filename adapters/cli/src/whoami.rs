//! `workos-login whoami`: whose session it is.

use serde::Serialize;
use workos_login_keeper::Store;

use crate::failure::Failure;
use crate::report::{Report, table};
use crate::session::{Session, SessionArgs};
use crate::who::Who;

/// Print who is signed in, as the service last said
///
/// Nothing is sent.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionArgs,
}

/// Who is signed in.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct WhoAmI(Who);

/// Reads who is signed in.
pub(crate) fn run(args: &Args) -> Result<WhoAmI, Failure> {
    read(&args.session.open()?)
}

/// Reads whose session it is.
pub(crate) fn read<S: Store>(session: &Session<S>) -> Result<WhoAmI, Failure> {
    Ok(WhoAmI(Who::from(&session.get()?)))
}

impl Report for WhoAmI {
    fn lines(&self) -> Vec<String> {
        table(self.0.best_name(), self.0.rows())
    }
}
