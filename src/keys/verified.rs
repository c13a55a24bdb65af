//! The claims of a verified token.
//!
//! Only [`Rules`](super::rules::Rules) makes a [`Verified`], after the signature and every check. The claims that this crate knows are typed;
//! the payload is kept, so that a caller can read claims of its own from what was signed.

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use crate::ids::{OrganizationId, SessionId};
use crate::limits::TIMESTAMP_TOLERANCE;
use crate::wire::jose::Claims;
use crate::wire::standard;

/// The claims of a token whose signature, type, issuer, audience and lifetime were verified.
///
/// Only a [`KeySet`](super::KeySet) makes one: [`Verified<AccessClaims>`](AccessClaims) of an access token and
/// [`Verified<IdClaims>`](IdClaims) of an ID token. It says nothing about the time after the verification: check
/// [`expires_in`](Self::expires_in) if it is kept.
///
/// It cannot be made of claims that were not verified:
///
/// ```compile_fail,E0451
/// # use workos_login::keys::{AccessClaims, Verified};
/// fn trust(claims: AccessClaims) -> Verified<AccessClaims> {
///     Verified { claims, expires_at: std::time::SystemTime::now(), payload: "{}".into() }
/// }
/// ```
///
/// An ID token is not accepted as an access token:
///
/// ```compile_fail,E0308
/// # use workos_login::keys::{AccessClaims, IdClaims, Verified};
/// fn access(_: &Verified<AccessClaims>) {}
///
/// fn handle(user: &Verified<IdClaims>) {
///     access(user);
/// }
/// ```
#[derive(Clone)]
pub struct Verified<C> {
    claims: C,
    expires_at: SystemTime,
    payload: Box<str>,
}

impl<C> Verified<C> {
    pub(super) fn new(claims: C, expires_at: SystemTime, payload: Box<str>) -> Self {
        Self {
            claims,
            expires_at,
            payload,
        }
    }

    /// Returns the time until the token expires; zero if it has expired.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Duration {
        self.expires_at.duration_since(now).unwrap_or_default()
    }

    /// Reads all claims as `T`, for those that have no accessor. `None` if they do not have that form.
    ///
    /// A JWT template can put any JSON into a claim, so `T` has an `Option` where that matters.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Plan {
    ///     plan: Option<String>,
    /// }
    ///
    /// fn plan(verified: &workos_login::keys::Verified<workos_login::keys::AccessClaims>) -> Option<String> {
    ///     verified.claims::<Plan>()?.plan
    /// }
    /// ```
    #[must_use]
    pub fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.payload).ok()
    }
}

impl<C> Deref for Verified<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.claims
    }
}

impl<C: fmt::Debug> fmt::Debug for Verified<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("claims", &self.claims)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The claims of an access token.
///
/// Only the subject is always present. A claim of an unexpected type is absent, because a JWT template can set any of them.
#[derive(Clone)]
pub struct AccessClaims {
    subject: Box<str>,
    issuer: Option<Box<str>>,
    audiences: Vec<Box<str>>,
    token_id: Option<Box<str>>,
    client_id: Option<Box<str>>,
    scope: Option<Box<str>>,
    session_id: Option<SessionId>,
    organization_id: Option<OrganizationId>,
    role: Option<Box<str>>,
    roles: Vec<Box<str>>,
    permissions: Vec<Box<str>>,
    entitlements: Vec<Box<str>>,
    feature_flags: Vec<Box<str>>,
    impersonator: Option<Box<str>>,
    authenticated_at: Option<SystemTime>,
    pub(super) is_sender_constrained: bool,
}

impl AccessClaims {
    pub(super) fn new(mut claims: Claims) -> Option<Self> {
        Some(Self {
            authenticated_at: claims.auth_time,
            impersonator: claims.impersonator(),
            subject: claims.sub.filter(|sub| !sub.is_empty())?,
            issuer: claims.iss,
            audiences: claims.aud,
            token_id: claims.jti,
            client_id: claims.client_id,
            scope: claims.scope,
            session_id: claims.sid,
            organization_id: claims.org_id,
            role: claims.role,
            roles: claims.roles,
            permissions: claims.permissions,
            entitlements: claims.entitlements,
            feature_flags: claims.feature_flags,
            is_sender_constrained: claims.has_cnf,
        })
    }

    /// Returns the subject (`sub`): the user ID, or the client ID of a machine.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the issuer (`iss`). It was compared if the key set has one.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// Returns the audiences (`aud`). The expected one was found among them if the key set has one.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        texts(&self.audiences)
    }

    /// Returns the ID of the token (`jti`).
    #[must_use]
    pub fn token_id(&self) -> Option<&str> {
        self.token_id.as_deref()
    }

    /// Returns the client that the token was issued to (`client_id`).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.client_id.as_deref()
    }

    /// Returns the scopes (`scope`, RFC 9068 section 2.2.3).
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        let scope = self.scope.as_deref().unwrap_or_default();
        scope.split(' ').filter(|name| !name.is_empty())
    }

    /// Returns the session ID (`sid`).
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        self.session_id.as_ref()
    }

    /// Returns the organization (`org_id`).
    #[must_use]
    pub fn organization_id(&self) -> Option<&OrganizationId> {
        self.organization_id.as_ref()
    }

    /// Returns the role in the organization (`role`).
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// Returns the roles in the organization (`roles`).
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        texts(&self.roles)
    }

    /// Returns the permissions.
    pub fn permissions(&self) -> impl Iterator<Item = &str> {
        texts(&self.permissions)
    }

    /// Returns the entitlements of the organization.
    pub fn entitlements(&self) -> impl Iterator<Item = &str> {
        texts(&self.entitlements)
    }

    /// Returns the feature flags.
    pub fn feature_flags(&self) -> impl Iterator<Item = &str> {
        texts(&self.feature_flags)
    }

    /// Returns the e-mail address of the impersonator, if any (`act` or `impersonator`).
    #[must_use]
    pub fn impersonator(&self) -> Option<&str> {
        self.impersonator.as_deref()
    }

    /// Returns the time since the user authenticated (`auth_time`). `None` if it is unknown or in the future.
    #[must_use]
    pub fn auth_age(&self, now: SystemTime) -> Option<Duration> {
        age(self.authenticated_at?, now)
    }
}

impl fmt::Debug for AccessClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessClaims")
            .field("subject", &self.subject)
            .field("session_id", &self.session_id)
            .field("organization_id", &self.organization_id)
            .finish_non_exhaustive()
    }
}

/// The claims of an ID token.
///
/// Issuer and subject are always present. A claim of an unexpected type is absent.
#[derive(Clone)]
pub struct IdClaims {
    issuer: Box<str>,
    subject: Box<str>,
    nonce: Option<Box<str>>,
    session_id: Option<SessionId>,
    email: Option<Box<str>>,
    email_verified: Option<bool>,
    name: Option<Box<str>>,
    authenticated_at: Option<SystemTime>,
}

impl IdClaims {
    pub(super) fn new(claims: standard::IdClaims, session_id: Option<SessionId>) -> Option<Self> {
        Some(Self {
            authenticated_at: claims.auth_time,
            subject: claims.subject()?.into(),
            issuer: claims.iss?,
            nonce: claims.nonce,
            session_id,
            email: claims.email,
            email_verified: claims.email_verified,
            name: claims.name,
        })
    }

    /// Returns the issuer (`iss`), which is that of the server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the subject (`sub`): the user ID, unique at the issuer.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Returns the `nonce`. Compare it if the authorization request had one.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// Returns the session ID (`sid`).
    #[must_use]
    pub fn session_id(&self) -> Option<&SessionId> {
        self.session_id.as_ref()
    }

    /// Returns the e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns whether the issuer has verified the e-mail address; `None` if that is unknown.
    #[must_use]
    pub fn email_verified(&self) -> Option<bool> {
        self.email_verified
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the time since the user authenticated (`auth_time`). `None` if it is unknown or in the future.
    #[must_use]
    pub fn auth_age(&self, now: SystemTime) -> Option<Duration> {
        age(self.authenticated_at?, now)
    }
}

impl fmt::Debug for IdClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdClaims")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

fn texts(list: &[Box<str>]) -> impl Iterator<Item = &str> {
    list.iter().map(|text| &**text)
}

/// Returns how long ago `time` is. A later one within the tolerance is now.
fn age(time: SystemTime, now: SystemTime) -> Option<Duration> {
    match now.duration_since(time) {
        Ok(age) => Some(age),
        // The clock of the issuer may be a little ahead. A time far in the future says nothing about the authentication.
        Err(ahead) => (ahead.duration() <= TIMESTAMP_TOLERANCE).then_some(Duration::ZERO),
    }
}
