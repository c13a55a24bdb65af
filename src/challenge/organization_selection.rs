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
use crate::stored::{nested, unquoted};
use crate::user::User;
use crate::wire::grant::Grant;

/// The user has several organizations and has to choose one.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OrganizationSelectionChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) user: Option<User>,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) organizations: Vec<Organization>,
}

impl OrganizationSelectionChallenge {
    /// Returns the user who is about to log in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the organizations to choose from.
    #[must_use]
    pub fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    /// Chooses an organization. The user has to be an active member.
    ///
    /// The step stays: when the service refuses this one, another can be chosen.
    pub fn select(
        &self,
        client: &Client<Confidential>,
        organization: &OrganizationId,
    ) -> Exchanging {
        let organization_id = organization.as_str().into();
        let grant = Grant::organization_selection(self.step.token(), organization_id);
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }

    /// Begins the login into an organization, for a client without a secret.
    pub fn login<'a, A: UserManagement>(
        &self,
        client: &'a Client<A>,
        organization: &OrganizationId,
        redirect_uri: RedirectUri,
    ) -> Start<'a, A> {
        self.step
            .fill_in(client.login(ConnectionSelector::AuthKit(Screen::SignIn), redirect_uri))
            .organization(organization)
    }
}

/// An organization that the user can choose.
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

    /// Returns the name, to be shown to the user.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
