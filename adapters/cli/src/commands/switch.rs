//! `workos-login switch`: switches the organization of the session.

use workos_login::OrganizationId;

use crate::account::AccountArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;

/// Switch the session to another organization of the user
///
/// If the service rejects the switch, the session is unchanged.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id of the organization
    #[arg(value_name = "ORG_ID")]
    organization: OrganizationId,

    #[command(flatten)]
    account: AccountArgs,
}

impl Args {
    /// Switches the organization.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let account = self.account.connect()?;
        let session = account.token(output, |session| {
            session.switch_organization(&self.organization)
        })?;
        Ok(Report::of_session(&session, str::to_owned))
    }
}
