//! `workos-login whoami`: whose session it is.

use serde::Serialize;
use workos_login_session::Store;

use crate::failure::Failure;
use crate::identity::Who;
use crate::output::Output;
use crate::output::report::{Report, table};
use crate::session::Session;
use crate::session::source::AnySessionArgs;

/// Print who is signed in, as the service last said
///
/// Nothing is sent, unless --no-store logs somebody in.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: AnySessionArgs,
}

/// Who is signed in.
#[derive(Serialize)]
#[serde(transparent)]
pub(crate) struct WhoAmI(Who);

/// Reads who is signed in.
pub(crate) fn run(args: &Args, output: &Output) -> Result<WhoAmI, Failure> {
    let session = args.session.get(output, Session::get)?;
    Ok(WhoAmI(Who::from(&session)))
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
