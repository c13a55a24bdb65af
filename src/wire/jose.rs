//! Keys, JOSE headers and claims (RFC 7515 section 4.1, RFC 7517, RFC 7518 section 6, RFC 7519 section 4.1, RFC 9068 section 2.2).
//!
//! Nothing here is verified. A member that selects a key or an algorithm is read strictly: with another type, the whole is rejected.
//! A claim is read leniently, because a JWT template can put any JSON there: with another type, it is absent.

use std::time::SystemTime;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::ids::{OrganizationId, SessionId};
use crate::wire::claims::{NotBefore, audience, numeric_date};
use crate::wire::lenient::{lenient, one_pass, one_pass_or_default};

/// A JWKS whose keys are not read yet. One that is not understood is ignored (RFC 7517 section 5).
#[derive(Deserialize)]
pub(crate) struct Jwks<'a> {
    #[serde(borrow)]
    pub(crate) keys: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
pub(crate) struct Jwk {
    pub(crate) kty: Box<str>,
    pub(crate) kid: Option<Box<str>>,
    pub(crate) alg: Option<Box<str>>,
    #[serde(rename = "use")]
    pub(crate) key_use: Option<Box<str>>,
    pub(crate) key_ops: Option<Vec<Box<str>>>,
    pub(crate) crv: Option<Box<str>>,
    pub(crate) n: Option<Box<str>>,
    pub(crate) e: Option<Box<str>>,
    pub(crate) x: Option<Box<str>>,
    pub(crate) y: Option<Box<str>>,
}

#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: Box<str>,
    pub(crate) kid: Option<Box<str>>,
    pub(crate) typ: Option<Box<str>>,
    /// Set if there is a `crit` of any type.
    #[serde(default, rename = "crit", deserialize_with = "present")]
    pub(crate) has_crit: bool,
}

/// The claims of an access token, and those that tell another token from it.
#[derive(Deserialize)]
pub(crate) struct Claims {
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) exp: Option<SystemTime>,
    pub(crate) nbf: Option<NotBefore>,
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) auth_time: Option<SystemTime>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) iss: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) sub: Option<Box<str>>,
    #[serde(default, deserialize_with = "audience")]
    pub(crate) aud: Vec<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) jti: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) client_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) scope: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) sid: Option<SessionId>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) org_id: Option<OrganizationId>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) role: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    pub(crate) roles: Vec<Box<str>>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    pub(crate) permissions: Vec<Box<str>>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    pub(crate) entitlements: Vec<Box<str>>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    pub(crate) feature_flags: Vec<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    act: Option<Actor>,
    #[serde(default, deserialize_with = "lenient")]
    impersonator: Option<Impersonator>,
    #[serde(default, rename = "cnf", deserialize_with = "present")]
    pub(crate) has_cnf: bool,
    #[serde(default, deserialize_with = "one_pass")]
    nonce: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    at_hash: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    c_hash: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    events: Option<Events>,
}

#[derive(Deserialize)]
struct Actor {
    sub: Box<str>,
}

#[derive(Deserialize)]
struct Impersonator {
    email: Box<str>,
}

#[derive(Deserialize)]
struct Events {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    _logout: Logout,
}

/// Any value, also `null`.
struct Logout;

impl<'de> Deserialize<'de> for Logout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl Claims {
    /// Returns the impersonator. `act` (RFC 8693 section 4.1) takes precedence.
    pub(crate) fn impersonator(&mut self) -> Option<Box<str>> {
        let act = self.act.take().map(|act| act.sub);
        act.or_else(|| Some(self.impersonator.take()?.email))
    }

    /// Returns whether this is an ID token by its claims (OpenID Connect Core sections 2 and 3.3.2.11).
    pub(crate) fn has_mark_of_id_token(&self) -> bool {
        self.nonce.is_some() || self.at_hash.is_some() || self.c_hash.is_some()
    }

    /// Returns whether this is a logout token by its claims (OpenID Connect Back-Channel Logout section 2.4).
    pub(crate) fn is_logout_token(&self) -> bool {
        self.events.is_some()
    }
}

/// Returns whether a member is there, of any type.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}
