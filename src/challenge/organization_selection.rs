//! Organization selection.

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::client::{Client, Confidential, UserManagement};
use crate::error::ResponseKind;
use crate::ids::OrganizationId;
use crate::login::connection_selector::{ConnectionSelector, Screen};
use crate::login::exchanging::Exchanging;
use crate::login::redirect_uri::RedirectUri;
use crate::login::start::Start;
use crate::user::User;
use crate::wire::grant::Grant;

/// The user has to select one of several organizations.
#[derive(Clone)]
pub struct OrganizationSelectionChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) user: Option<User>,
    pub(crate) organizations: Vec<Organization>,
}

impl OrganizationSelectionChallenge {
    /// Returns the user who is signing in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the organizations to select from.
    #[must_use]
    pub fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// Selects an organization of which the user is an active member.
    ///
    /// If the service rejects the organization, another can be selected.
    pub fn select(
        &self,
        client: &Client<Confidential>,
        organization: &OrganizationId,
    ) -> Exchanging {
        let organization_id = organization.as_str().into();
        let grant = Grant::organization_selection(
            self.context.pending_authentication_token.clone(),
            organization_id,
        );
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }

    /// Starts the login to an organization, for a public client.
    pub fn login<'a, A: UserManagement>(
        &self,
        client: &'a Client<A>,
        organization: &OrganizationId,
        redirect_uri: RedirectUri,
    ) -> Start<'a, A> {
        self.context
            .continue_with(client.login(ConnectionSelector::AuthKit(Screen::SignIn), redirect_uri))
            .organization(organization)
    }
}

/// An organization that the user can select.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Organization {
    pub(crate) id: OrganizationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Box<str>>,
}

impl Organization {
    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &OrganizationId {
        &self.id
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
