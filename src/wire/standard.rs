//! The success response of an authorization server (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).
//!
//! Reading is lenient and decides nothing: `login::token_response` requires what a session needs, `jwt_rules` and `login::id_token` compare
//! the claims of an ID token.
//! A userinfo response has the same claims as an ID token and is read by the same type.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde::Deserialize;

use crate::user::User;
use crate::wire::claims::{NotBefore, audience, numeric_date};
use crate::wire::lenient::{lenient, one_pass};

#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
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
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) iss: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    sub: Option<Box<str>>,
    #[serde(default, deserialize_with = "audience")]
    pub(crate) aud: Vec<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) azp: Option<Box<str>>,
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) exp: Option<SystemTime>,
    pub(crate) nbf: Option<NotBefore>,
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) iat: Option<SystemTime>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) nonce: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) at_hash: Option<Box<str>>,
    #[serde(default, deserialize_with = "numeric_date")]
    pub(crate) auth_time: Option<SystemTime>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) email: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) email_verified: Option<bool>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) name: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) given_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) family_name: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) picture: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) locale: Option<Box<str>>,
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
}
