//! `workos-login switch`: switches the organization of the session.

use workos_login::OrganizationId;

use crate::failure::Failure;
use crate::identity::Identity;
use crate::output::Output;
use crate::session::{Session, SessionArgs};

/// Switch the session to another organization of the user
///
/// If the service rejects the switch, the session is unchanged.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id of the organization
    #[arg(value_name = "ORG_ID")]
    organization: OrganizationId,

    #[command(flatten)]
    session: SessionArgs,
}

/// Switches the organization.
pub(crate) fn run(args: &Args, output: &Output) -> Result<Identity, Failure> {
    switch(&args.session.connect()?, &args.organization, output)
}

fn switch(
    session: &Session,
    organization: &OrganizationId,
    output: &Output,
) -> Result<Identity, Failure> {
    let session = session.switch_organization(organization, output)?;
    Ok(Identity::from(&*session))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use workos_login_mock_server::Organization;

    use super::*;
    use crate::error_kind::ErrorKind;
    use crate::session::fixture::Fixture;

    fn stored_identity(fixture: &Fixture) -> Value {
        let session = fixture.session().load().unwrap();
        serde_json::to_value(Identity::from(&*session)).unwrap()
    }

    #[test]
    fn a_switch_to_an_organization_of_the_user_is_stored() {
        let fixture = Fixture::logged_out();
        let acme = Organization::ACME_ID.parse().unwrap();
        let globex = Organization::GLOBEX_ID.parse().unwrap();
        fixture.log_in("bob@example.com", Some(&acme));
        switch(&fixture.session(), &globex, &fixture.output).unwrap();
        let identity = stored_identity(&fixture);
        assert_eq!(identity["organization_id"], Organization::GLOBEX_ID);
        assert_eq!(identity["user"]["email"], "bob@example.com");
        assert_eq!(fixture.server.request_count(), 1);
    }

    #[test]
    fn a_switch_to_another_organization_leaves_the_session_unchanged() {
        let fixture = Fixture::logged_in("alice@example.com");
        let globex = Organization::GLOBEX_ID.parse().unwrap();
        let rejected = switch(&fixture.session(), &globex, &fixture.output);
        assert_ne!(rejected.err().unwrap().kind(), ErrorKind::NotLoggedIn);
        let identity = stored_identity(&fixture);
        assert_eq!(identity["organization_id"], Organization::ACME_ID);
        fixture.session().fresh(&fixture.output).unwrap();
    }
}
