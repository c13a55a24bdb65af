//! The login that continues an authentication challenge.

use crate::challenge::{AuthenticationChallenge, ChallengeContext, OrganizationSelectionChallenge};
use crate::client::{Client, ClientKind, UserManagement};
use crate::error::ClientError;
use crate::ids::OrganizationId;
use crate::login::connection_selector::{ConnectionSelector, Screen};
use crate::login::redirect_uri::RedirectUri;
use crate::login::start::Start;

impl AuthenticationChallenge {
    /// Checks that this challenge is bound to `client`: to its client ID and its issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if it is bound to another client.
    pub fn bound_to<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        client.check(&self.context().binding)
    }

    /// Starts the login that continues this challenge.
    ///
    /// The user signs in at the SSO connection of the challenge if it has one, else on the hosted login page. The organization and the
    /// login hint are set if they are known. Further options can be set.
    pub fn login<'a, K: UserManagement>(
        &self,
        client: &'a Client<K>,
        redirect_uri: RedirectUri,
    ) -> Start<'a, K> {
        let connection = match self {
            // Any connection of the list is sufficient.
            Self::AllowedMethods(challenge) => challenge.connection_ids().first(),
            Self::Sso(challenge) => challenge.connection_ids().first(),
            _ => None,
        };
        let selector = match connection {
            Some(connection) => ConnectionSelector::Connection(connection.clone()),
            None => ConnectionSelector::AuthKit(Screen::SignIn),
        };
        self.context()
            .continue_with(client.login(selector, redirect_uri))
    }
}

impl OrganizationSelectionChallenge {
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

impl ChallengeContext {
    /// Sets the options of the login that continues the challenge.
    fn continue_with<'a, K: UserManagement>(&self, mut start: Start<'a, K>) -> Start<'a, K> {
        if let Some(hint) = &self.login_hint {
            start = start.login_hint(&**hint);
        }
        // Without it, a refresh that ended in the challenge could continue in another organization.
        if let Some(organization) = &self.organization_id {
            start = start.organization(organization);
        }
        start
    }
}
