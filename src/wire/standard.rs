//! The success of a standard OAuth token endpoint (RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3).

use std::borrow::Cow;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::wire::lenient::{lenient, lenient_json};

#[derive(Deserialize)]
pub(crate) struct TokenResponse {
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) token_type: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_json")]
    expires_in: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) refresh_token: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) id_token: Option<SecretString>,
}

impl TokenResponse {
    /// `None` when it is absent or makes no sense: unknown, not for ever.
    pub(crate) fn expires_in(&self) -> Option<Duration> {
        let seconds = Duration::try_from_secs_f64(self.expires_in?)
            .ok()?
            .as_secs();
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }
}

/// The claims of an ID token that are read (OpenID Connect Core section 2 and 5.1).
#[derive(Deserialize)]
pub(crate) struct IdClaims<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) iss: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) sub: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient_json")]
    aud: Option<Audience>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) email: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) email_verified: Option<bool>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) given_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) family_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) picture: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub(crate) locale: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(Box<str>),
    Several(Vec<Box<str>>),
}

impl IdClaims<'_> {
    pub(crate) fn is_for(&self, client_id: &str) -> bool {
        match &self.aud {
            Some(Audience::One(audience)) => &**audience == client_id,
            Some(Audience::Several(audiences)) => {
                audiences.iter().any(|audience| &**audience == client_id)
            }
            None => false,
        }
    }
}
