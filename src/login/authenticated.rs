//! The session: a persistent state with the user and the tokens.
//!
//! [`Exchanging`](crate::Exchanging), [`PollingDevice`](crate::PollingDevice) and [`Refreshing`](crate::Refreshing) lead to it;
//! [`Authenticated::refresh`] leads to its successor.
//!
//! Two times decide about the access token. Its lifetime is `exp - iat`, so that it depends on the server's clock alone, and starts at the
//! receipt by the local clock. A local clock that is wrong but steady does no harm. A receipt in the future means that the clock was set back:
//! within [`TIMESTAMP_TOLERANCE`] the whole lifetime remains, beyond it the age is unknown and the token is treated as expired.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Url, form_urlencoded};

use crate::client::{Client, ClientKind, OAuth, UserManagement};
use crate::client_binding::ClientBinding;
use crate::error::ClientError;
use crate::ids::{OrganizationId, SessionId, is_graphic};
use crate::limits::TIMESTAMP_TOLERANCE;
use crate::login::redirect_uri::RedirectUri;
use crate::login::refresh_credential::RefreshCredential;
use crate::login::refresh_policy::RefreshPolicy;
use crate::stored::{self, Invalid, NO_SESSION, Stored, VERSION, parsed, required, secret};
use crate::timestamp::{Timestamp, millis};
use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens, User};

/// A session: the user and the tokens.
///
/// After a refresh only the new session is valid, because a refresh token may be valid for one use.
///
/// # Storage
///
/// The stored form contains the access token and the refresh token. Store it in the OS keyring, or on a server in an encrypted cookie
/// or store. JSON and every other format that names members can store it. The secrets of this type are wiped from memory when it is dropped; copies
/// that were read from it are not.
#[derive(Clone)]
pub struct Authenticated {
    pub(crate) binding: Arc<ClientBinding>,
    pub(super) user: Option<User>,
    pub(crate) organization_id: Option<OrganizationId>,
    pub(super) session_id: Option<SessionId>,
    pub(super) access_token: SecretString,
    pub(crate) refresh_credential: RefreshCredential,
    pub(super) id_token: Option<SecretString>,
    pub(super) authentication_method: Option<AuthenticationMethod>,
    pub(super) impersonator: Option<Impersonator>,
    pub(super) provider_tokens: Option<ProviderTokens>,
    pub(super) authkit_authorization_code: Option<SecretString>,
    pub(super) received_at: Timestamp,
    pub(super) lifetime: Option<Duration>,
}

impl Authenticated {
    /// Checks that this state is bound to `client`: to its client ID and its issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if it is bound to another client.
    pub fn bound_to<K: ClientKind>(&self, client: &Client<K>) -> Result<(), ClientError> {
        client.check(&self.binding)
    }

    /// Returns the user.
    ///
    /// A session of User Management has one. An authorization server identifies the user by an ID token, and can grant
    /// access without one; then [`fetch_user_info`](Self::fetch_user_info) returns it.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the organization of the session.
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        self.organization_id.as_ref()
    }

    /// Returns the ID of the session at the service, if the access token has one.
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        self.session_id.as_ref()
    }

    /// Returns the access token. It is valid in an `Authorization: Bearer` header, which should be marked sensitive.
    #[must_use]
    pub fn access_token(&self) -> &SecretString {
        &self.access_token
    }

    /// Returns the refresh token, if it is known here.
    #[must_use]
    pub fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh_credential.token()
    }

    /// Returns the credential that authorizes the refresh of the session.
    #[must_use]
    pub fn refresh_credential(&self) -> &RefreshCredential {
        &self.refresh_credential
    }

    /// Returns the ID token of an authorization server. Its claims were checked, its signature was not.
    ///
    /// `keys::KeySet::verify_id_token` verifies the signature (feature `verify`), and its result is of another type.
    #[must_use]
    pub fn id_token(&self) -> Option<&SecretString> {
        self.id_token.as_ref()
    }

    /// Returns the authentication method.
    #[must_use]
    pub fn authentication_method(&self) -> Option<&AuthenticationMethod> {
        self.authentication_method.as_ref()
    }

    /// Returns the impersonator, if any.
    #[must_use]
    pub fn impersonator(&self) -> Option<&Impersonator> {
        self.impersonator.as_ref()
    }

    /// Returns the identity provider's tokens, if the environment is configured to return them.
    #[must_use]
    pub fn provider_tokens(&self) -> Option<&ProviderTokens> {
        self.provider_tokens.as_ref()
    }

    /// Returns an authorization code that another application can exchange, if the response had one.
    #[must_use]
    pub fn authkit_authorization_code(&self) -> Option<&SecretString> {
        self.authkit_authorization_code.as_ref()
    }

    /// Returns the time until the access token expires; zero if it has expired, `None` if its lifetime is unknown.
    ///
    /// The token expires at receipt + (`exp` − `iat`). An opaque token, or one without these claims, has an unknown lifetime: use it until
    /// it is rejected. The result never exceeds the lifetime, whatever the clock.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Option<Duration> {
        let lifetime = self.lifetime?;
        let now = Timestamp::from(now);
        // The clock was set back since the receipt, or was ahead at that time: the age is unknown.
        if self.received_at.since(now) > TIMESTAMP_TOLERANCE {
            return Some(Duration::ZERO);
        }
        Some(lifetime.saturating_sub(now.since(self.received_at)))
    }

    /// Returns the time until the access token is due for refresh; `None` if its lifetime is unknown.
    #[must_use]
    pub fn refresh_in(&self, policy: &RefreshPolicy, now: SystemTime) -> Option<Duration> {
        Some(
            self.expires_in(now)?
                .saturating_sub(policy.margin_for(self.lifetime?)),
        )
    }

    /// Returns the session logout URL, which ends the session when the user's browser opens it.
    ///
    /// Only the browser has the cookie of the hosted login page. Remove the stored session first, because the browser may not open the URL.
    /// Access tokens remain valid until they expire. `return_to` must be a logout redirect of the environment.
    /// `None` if the access token has no session ID, or the session is bound to another client.
    #[must_use]
    pub fn logout_url<A: UserManagement>(
        &self,
        client: &Client<A>,
        return_to: Option<&str>,
    ) -> Option<Url> {
        client.check(&self.binding).ok()?;
        let endpoint = &client.endpoints().logout;
        let mut query =
            form_urlencoded::Serializer::for_suffix(String::from(&**endpoint), endpoint.len());
        // The order and the omission of an empty `return_to` are those of the SDK for Node.
        query.append_pair("session_id", self.session_id.as_ref()?.as_str());
        if let Some(return_to) = return_to.filter(|address| !address.is_empty()) {
            query.append_pair("return_to", return_to);
        }
        Some(parse(&query.finish()))
    }
}

impl Authenticated {
    /// Returns the URL of RP-initiated logout, which ends the user's session in the browser that opens it (OpenID Connect RP-Initiated Logout
    /// section 2).
    ///
    /// Remove the stored session first, because the browser may not open the URL. The refresh token may remain valid: see
    /// [`revoke`](Self::revoke). The server redirects the browser to `post_logout_redirect_uri`, which must be registered, and adds `state`.
    /// `None` if the server has no [end-session endpoint](crate::Server::end_session_endpoint), or the session is bound to another client.
    ///
    /// The URL contains the ID token as `id_token_hint`: do not log it.
    #[must_use]
    pub fn end_session_url(
        &self,
        client: &Client<OAuth>,
        post_logout_redirect_uri: Option<&RedirectUri>,
        state: Option<&str>,
    ) -> Option<Url> {
        client.check(&self.binding).ok()?;
        let endpoint = client.server().end_session.as_deref()?;
        let mut query =
            form_urlencoded::Serializer::for_suffix(String::from(endpoint), endpoint.len());
        // A server should accept an expired ID token as a hint, so its expiry is not checked.
        let hint = self.id_token.as_ref().map(ExposeSecret::expose_secret);
        let uri = post_logout_redirect_uri.map(RedirectUri::as_str);
        for (name, value) in [
            ("id_token_hint", hint),
            // For a session without an ID token, or with one that the server cannot read.
            ("client_id", Some(self.binding.client_id.as_str())),
            ("post_logout_redirect_uri", uri),
            ("state", state),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        Some(parse(&query.finish()))
    }

    pub(crate) fn with_user(self, user: User) -> Self {
        Self {
            user: Some(user),
            ..self
        }
    }
}

fn parse(url: &str) -> Url {
    Url::parse(url).expect("an endpoint that was a URL is one with a form-encoded query, too")
}

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated")
            .field("binding", &self.binding)
            .field("user_id", &self.user().map(User::id))
            .field("organization_id", &self.organization_id)
            .field("session_id", &self.session_id)
            .field("received_at", &self.received_at)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Form<'a> {
    version: Option<u64>,
    client_id: Option<Cow<'a, str>>,
    issuer: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    organization_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<Cow<'a, str>>,
    #[serde(serialize_with = "secret")]
    access_token: Option<Cow<'a, SecretString>>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Cow<'a, SecretString>>,
    /// Present and true only if the refresh token is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_cookie: Option<bool>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    id_token: Option<Cow<'a, SecretString>>,
    #[serde(serialize_with = "secret", skip_serializing_if = "Option::is_none")]
    authkit_authorization_code: Option<Cow<'a, SecretString>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_method: Option<Cow<'a, AuthenticationMethod>>,
    received_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifetime: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, User>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impersonator: Option<Cow<'a, Impersonator>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_tokens: Option<Cow<'a, ProviderTokens>>,
}

impl Stored for Authenticated {
    type Form = Form<'static>;

    const NOTHING: &'static str = NO_SESSION;

    fn version(form: &Self::Form) -> Option<u64> {
        form.version
    }

    fn parse(form: Self::Form) -> Result<Self, Invalid> {
        // A stored token becomes a header like a received one, so it must pass the same check.
        let access_token = form.access_token.map(Cow::into_owned);
        let access_token = access_token.filter(fits_into_a_header);
        // A refresh compares the users by their ID. An empty one would make any two users equal.
        if form.user.as_ref().is_some_and(|user| user.id().is_empty()) {
            return Err(Invalid("user"));
        }
        Ok(Self {
            binding: stored::binding(form.client_id, form.issuer)?,
            user: form.user.map(Cow::into_owned),
            organization_id: parsed(form.organization_id, "organization_id")?,
            session_id: parsed(form.session_id, "session_id")?,
            access_token: required(access_token, "access_token")?,
            refresh_credential: match (form.refresh_cookie, form.refresh_token) {
                (None | Some(false), token) => token.map(Cow::into_owned).into(),
                (Some(true), None) => RefreshCredential::Cookie,
                // Two credentials: a reader that knows only one of them would choose another one.
                (Some(true), Some(_)) => return Err(Invalid("refresh_cookie")),
            },
            id_token: form.id_token.map(Cow::into_owned),
            authentication_method: form.authentication_method.map(Cow::into_owned),
            impersonator: form.impersonator.map(Cow::into_owned),
            provider_tokens: form.provider_tokens.map(Cow::into_owned),
            authkit_authorization_code: form.authkit_authorization_code.map(Cow::into_owned),
            received_at: required(form.received_at, "received_at")?,
            lifetime: form.lifetime.map(Duration::from_millis),
        })
    }
}

impl Serialize for Authenticated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form {
            version: Some(VERSION),
            client_id: Some(self.binding.client_id.as_str().into()),
            issuer: Some((&*self.binding.issuer).into()),
            organization_id: self.organization_id.as_ref().map(|id| id.as_str().into()),
            session_id: self.session_id.as_ref().map(|id| id.as_str().into()),
            access_token: Some(Cow::Borrowed(&self.access_token)),
            refresh_token: self.refresh_token().map(Cow::Borrowed),
            refresh_cookie: matches!(self.refresh_credential, RefreshCredential::Cookie)
                .then_some(true),
            id_token: self.id_token.as_ref().map(Cow::Borrowed),
            authkit_authorization_code: self.authkit_authorization_code.as_ref().map(Cow::Borrowed),
            authentication_method: self.authentication_method.as_ref().map(Cow::Borrowed),
            received_at: Some(self.received_at),
            lifetime: self.lifetime.map(millis),
            user: self.user.as_ref().map(Cow::Borrowed),
            impersonator: self.impersonator.as_ref().map(Cow::Borrowed),
            provider_tokens: self.provider_tokens.as_ref().map(Cow::Borrowed),
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Authenticated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stored::read(deserializer)
    }
}

/// Returns whether a token is valid in a header (RFC 6750 section 2.1): an empty one or a line break would change the header.
pub(super) fn fits_into_a_header(token: &SecretString) -> bool {
    let token = token.expose_secret();
    is_graphic(token) && !token.is_empty()
}
