//! The user is logged in. A place to stay.
//!
//! [`Exchanging`](crate::Exchanging) and [`Refreshing`] lead in; [`Authenticated::refresh`] leads out and back.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use crate::client::{Client, ClientBinding, ClientKind, UserManagement};
use crate::error::ClientError;
use crate::ids::{OrganizationId, SessionId};
use crate::limits::TIMESTAMP_TOLERANCE;
use crate::login::refresh_policy::RefreshPolicy;
use crate::stored::{
    NO_SESSION, Version, expose, expose_optional, optional_secs, shared, stored, unquoted,
};
use crate::timestamp::Timestamp;
use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens, User};

/// A session: the user, and the tokens that act for them.
///
/// Always keep the newest one. A refresh token may be good for one use only.
///
/// # This is a secret
///
/// Its stored form (JSON, or any other format that names its members) holds the access and the refresh token. Keep it in the operating system's keychain or keystore, on
/// a server in an encrypted cookie or store. What this type holds is wiped from memory when it is dropped; what
/// was read out of it is the caller's.
#[derive(Clone, Deserialize, Serialize)]
#[serde(remote = "Self")]
pub struct Authenticated {
    pub(super) version: Version,
    #[serde(rename = "owner", deserialize_with = "shared")]
    pub(crate) binding: Arc<ClientBinding>,
    #[serde(deserialize_with = "unquoted")]
    pub(super) user: Option<User>,
    pub(crate) organization_id: Option<OrganizationId>,
    pub(super) session_id: Option<SessionId>,
    #[serde(serialize_with = "expose")]
    pub(super) access_token: SecretString,
    #[serde(serialize_with = "expose_optional")]
    pub(crate) refresh_token: Option<SecretString>,
    #[serde(serialize_with = "expose_optional")]
    pub(super) id_token: Option<SecretString>,
    pub(super) authentication_method: Option<AuthenticationMethod>,
    #[serde(deserialize_with = "unquoted")]
    pub(super) impersonator: Option<Impersonator>,
    #[serde(deserialize_with = "unquoted")]
    pub(super) provider_tokens: Option<ProviderTokens>,
    #[serde(serialize_with = "expose_optional")]
    pub(super) authkit_authorization_code: Option<SecretString>,
    #[serde(deserialize_with = "unquoted")]
    pub(super) received: Timestamp,
    #[serde(with = "optional_secs")]
    pub(super) lifetime: Option<Duration>,
}

impl Authenticated {
    /// Dates the session back: its token's life began when the service first answered.
    pub(crate) fn received_at(self, received: Timestamp) -> Self {
        Self { received, ..self }
    }

    /// Checks that this state is bound to `client`: to its client id and its issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if it is bound to another client.
    pub fn bound_to<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        self.binding.check(client)
    }

    /// Returns the user.
    ///
    /// A session of User Management has one. An authorization server identifies the user by an ID token, and can grant
    /// access without one.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the organization that the session is for.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        self.organization_id.as_ref()
    }

    /// Returns the id of the session at the service, when the access token names one.
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        self.session_id.as_ref()
    }

    /// Returns the access token, fit for an `Authorization: Bearer` header. Mark that header sensitive.
    #[must_use]
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// Returns the refresh token.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_token.as_ref()
    }

    /// Returns the ID token of a standard OAuth server. Its signature was not checked.
    #[must_use]
    pub fn id_token(&self) -> Option<&SecretString> {
        self.id_token.as_ref()
    }

    /// Returns how the user signed in.
    #[must_use]
    pub fn authentication_method(&self) -> Option<&AuthenticationMethod> {
        self.authentication_method.as_ref()
    }

    /// Returns who acts as the user, when it is not the user.
    #[must_use]
    pub fn impersonator(&self) -> Option<&Impersonator> {
        self.impersonator.as_ref()
    }

    /// Returns the identity provider's tokens, when the environment is set to hand them on.
    #[must_use]
    pub fn provider_tokens(&self) -> Option<&ProviderTokens> {
        self.provider_tokens.as_ref()
    }

    /// Returns a code that another application can exchange, when the answer had one.
    #[must_use]
    pub fn authkit_authorization_code(&self) -> Option<&SecretString> {
        self.authkit_authorization_code.as_ref()
    }

    /// Returns how much longer the access token is good; zero when it is not, `None` when that is unknown.
    ///
    /// Its life is `exp - iat`, both by the server's clock, laid onto the moment of receipt: a wrong clock on
    /// this machine does no harm. An opaque token, or one without readable times, has an unknown life: use it until the
    /// service refuses it.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Option<Duration> {
        let lifetime = self.lifetime?;
        // Received in the future: a clock was wrong, then or now, and the token is as old as it likes.
        if self.received.ahead_of(now) > TIMESTAMP_TOLERANCE {
            return Some(Duration::ZERO);
        }
        Some(lifetime.saturating_sub(self.received.elapsed(now)))
    }

    /// Returns how long until the access token should be refreshed; zero for now, `None` when its life is unknown.
    #[must_use]
    pub fn refresh_in(&self, policy: &RefreshPolicy, now: SystemTime) -> Option<Duration> {
        Some(
            self.expires_in(now)?
                .saturating_sub(policy.margin_for(self.lifetime?)),
        )
    }

    /// Returns the address that ends the session, to be opened in the user's browser.
    ///
    /// Only there the hosted login's cookie ends, too. Forget the session here first, whatever the browser does; access
    /// tokens that are out stay good until they expire. `return_to` must be on the environment's list.
    /// `None` when the access token does not name its session, or it is another client's.
    ///
    /// # Panics
    ///
    /// Never: the `expect` inside says why.
    #[must_use]
    pub fn logout_url<A: UserManagement>(
        &self,
        client: &Client<A>,
        return_to: Option<&str>,
    ) -> Option<Url> {
        self.binding.check(client).ok()?;
        let endpoint = &client.endpoints().logout;
        let mut query =
            form_urlencoded::Serializer::for_suffix(String::from(&**endpoint), endpoint.len());
        query.append_pair("session_id", self.session_id.as_ref()?.as_str());
        if let Some(return_to) = return_to.filter(|address| !address.is_empty()) {
            query.append_pair("return_to", return_to);
        }
        Some(
            Url::parse(&query.finish())
                .expect("an endpoint that was a URL is one with a form-encoded query, too"),
        )
    }
}

stored!(
    Authenticated,
    NO_SESSION,
    fn check(&self) -> Result<(), &'static str> {
        if !fits_into_a_header(&self.access_token) {
            return Err(
                "the access token of the stored session does not fit into a header: sign in again",
            );
        }
        if self.user().is_some_and(|user| user.id().is_empty()) {
            return Err("the stored session names no user: sign in again");
        }
        Ok(())
    }
);

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated")
            .field("binding", &self.binding)
            .field("user_id", &self.user().map(User::id))
            .field("organization_id", &self.organization_id)
            .field("session_id", &self.session_id)
            .field("received", &self.received)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// A token that is empty, or has a line break or a space in it, would end or change the header that it is put into (RFC 6750 section 2.1).
pub(super) fn fits_into_a_header(token: &SecretString) -> bool {
    let token = token.expose_secret();
    // Looked at to its end: a loop that may stop at any byte is several times slower on the good tokens.
    let graphic = token
        .bytes()
        .fold(true, |all, b| all & b.is_ascii_graphic());
    graphic && !token.is_empty()
}
