//! `workos-login switch`: another organization.

use workos_login::OrganizationId;
use workos_login_session::Store;

use crate::commands::whoami::{self, WhoAmI};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, SessionArgs};

/// Move the session to another organization of the user
///
/// When the service refuses, the session stays as it is.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Id of the organization
    #[arg(value_name = "ORG_ID")]
    organization: OrganizationId,

    #[command(flatten)]
    session: SessionArgs,
}

/// Moves the session.
pub(crate) fn run(args: &Args, output: &Output) -> Result<WhoAmI, Failure> {
    switch(&args.session.open()?, &args.organization, output)
}

fn switch<S: Store>(
    session: &Session<S>,
    organization: &OrganizationId,
    output: &Output,
) -> Result<WhoAmI, Failure> {
    session.switch(organization.clone(), output)?;
    whoami::read(session)
}

#[cfg(test)]
mod tests {
    use workos_login_mock_server::Organization;

    use super::*;
    use crate::error_kind::Exit;
    use crate::session::fixture::Stage;

    #[test]
    fn the_session_moves_and_stays_there() {
        let stage = Stage::empty();
        let acme = Organization::ACME_ID.parse().unwrap();
        let globex = Organization::GLOBEX_ID.parse().unwrap();
        stage.log_in("bob@example.com", Some(&acme));
        switch(&stage.session(), &globex, &stage.output).unwrap();
        let who = serde_json::to_value(whoami::read(&stage.session()).unwrap()).unwrap();
        assert_eq!(who["organization_id"], Organization::GLOBEX_ID);
        assert_eq!(who["user"]["email"], "bob@example.com");
        assert_eq!(stage.server.request_count(), 1);
    }

    #[test]
    fn an_organization_of_others_changes_nothing() {
        let stage = Stage::with("alice@example.com");
        let globex = Organization::GLOBEX_ID.parse().unwrap();
        let refused = switch(&stage.session(), &globex, &stage.output);
        assert_ne!(refused.err().unwrap().exit(), Exit::SessionEnded);
        let who = serde_json::to_value(whoami::read(&stage.session()).unwrap()).unwrap();
        assert_eq!(who["organization_id"], Organization::ACME_ID);
        stage.session().refreshed(&stage.output).unwrap();
    }
}
