//! The success response of an authorization server (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
//!
//! Reading is lenient and decides nothing: `login::token_response` requires what a session needs, and `login::id_token` compares the claims.
//! A userinfo response has the same claims as an ID token and is read by the same type.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::SecretString;
use serde::Deserialize;

use crate::limits::TIMESTAMP_TOLERANCE;
use crate::user::User;
use crate::wire::claims::numeric_date;
use crate::wire::lenient::{lenient, one_pass};

#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) token_type: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    expires_in: Option<f64>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) refresh_token: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) id_token: Option<SecretString>,
}

impl TokenResponse {
    /// `None` if it is absent or no positive number: the lifetime is unknown, not unlimited.
    pub(crate) fn expires_in(&self) -> Option<Duration> {
        let seconds = Duration::try_from_secs_f64(self.expires_in?)
            .ok()?
            .as_secs();
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }
}

/// The claims of an ID token and of a userinfo response that are read (OpenID Connect Core sections 2 and 5.1).
#[derive(Deserialize)]
pub(crate) struct IdClaims {
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) iss: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    sub: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    aud: Option<Audience>,
    #[serde(default, deserialize_with = "lenient")]
    azp: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) nonce: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) at_hash: Option<Box<str>>,
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) auth_time: Option<SystemTime>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) email: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) email_verified: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) name: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) given_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) family_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) picture: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) locale: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(Box<str>),
    Several(Vec<Box<str>>),
}

impl IdClaims {
    /// Returns the subject; an empty one is none.
    pub(crate) fn subject(&self) -> Option<&str> {
        self.sub.as_deref().filter(|sub| !sub.is_empty())
    }

    /// Returns the user; `None` without a subject.
    pub(crate) fn into_user(self) -> Option<User> {
        Some(User {
            id: self.subject()?.into(),
            email: self.email,
            email_verified: self.email_verified,
            name: self.name,
            first_name: self.given_name,
            last_name: self.family_name,
            profile_picture_url: self.picture,
            locale: self.locale,
            external_id: None,
            metadata: BTreeMap::new(),
            last_sign_in_at: None,
            created_at: None,
            updated_at: None,
        })
    }

    pub(crate) fn is_for(&self, client_id: &str) -> bool {
        match &self.aud {
            Some(Audience::One(audience)) => &**audience == client_id,
            // OpenID Connect Core section 3.1.3.7: the client must be among the audiences; others may be there.
            Some(Audience::Several(all)) => all.iter().any(|audience| &**audience == client_id),
            None => false,
        }
    }

    /// Returns whether a token of several audiences was issued to `client_id`, as far as it tells.
    pub(crate) fn is_authorized(&self, client_id: &str) -> bool {
        match (&self.aud, &self.azp) {
            (Some(Audience::Several(all)), Some(party)) if all.len() > 1 => &**party == client_id,
            _ => true,
        }
    }

    pub(crate) fn has_expired(&self, now: SystemTime) -> bool {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        // Section 3.1.3.7 allows some leeway for a clock that is ahead.
        let latest = now.as_secs_f64() - TIMESTAMP_TOLERANCE.as_secs_f64();
        self.exp.is_some_and(|exp| exp <= latest)
    }
}
