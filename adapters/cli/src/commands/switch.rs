//! `workos-login switch`: switches the organization of the session.

use workos_login::OrganizationId;

use crate::failure::Failure;
use crate::identity::Identity;
use crate::output::Output;
use crate::selection::SelectionArgs;

/// Switch the session to another organization of the user
///
/// If the service rejects the switch, the session is unchanged.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id of the organization
    #[arg(value_name = "ORG_ID")]
    organization: OrganizationId,

    #[command(flatten)]
    selection: SelectionArgs,
}

/// Switches the organization.
pub(crate) fn run(args: &Args, output: &Output) -> Result<Identity, Failure> {
    let session = args.selection.connect()?;
    let session = session.switch_organization(&args.organization, output)?;
    Ok(Identity::from(&*session))
}
