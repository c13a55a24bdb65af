//! Claims of tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::choices::{Choices, values};
use crate::json::Json;

/// The claims that programs read, of an access token and of an ID token.
const NAMES: &[&str] = &[
    "exp",
    "iat",
    "nbf",
    "sid",
    "org_id",
    "sub",
    "iss",
    "aud",
    "azp",
    "role",
    "roles",
    "permissions",
    "entitlements",
    "feature_flags",
    "auth_time",
    "act",
    "email",
    "email_verified",
    "name",
];

/// The claims of a JWT, of any JSON type.
///
/// A JWT template can replace most claims of an access token by any JSON. One claim in four is replaced here.
///
/// ```
/// use proptest::prelude::*;
/// use workos_login_strategies::Claims;
///
/// /// Returns the role of the user, as the program under test reads it.
/// fn role(claims: &serde_json::Value) -> Option<&str> {
///     claims["role"].as_str()
/// }
///
/// proptest!(|(claims: Claims)| {
///     let _ = role(&claims.to_value());
///     prop_assert_eq!(claims.to_jwt().split('.').count(), 3);
/// });
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Makes the claims of an access token with a lifetime of five minutes.
    #[must_use]
    pub fn new() -> Self {
        Self(Map::from_iter([
            ("iat".to_owned(), json!(1_780_000_000)),
            ("exp".to_owned(), json!(1_780_000_300)),
            ("sid".to_owned(), json!("session_1")),
            ("sub".to_owned(), json!("user_1")),
        ]))
    }

    /// Sets a claim.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// Returns the claims as a JSON object.
    #[must_use]
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// Returns a JWT with these claims, whose signature is not valid.
    #[must_use]
    pub fn to_jwt(&self) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let payload = URL_SAFE_NO_PAD.encode(self.to_value().to_string());
        format!("{header}.{payload}.c2lnbmF0dXJl")
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let lifetime = choices.one_of(&[300, 1, 3600, 0, 31_536_000, -300]);
        let mut claims = Self::new().with("exp", 1_780_000_000_i64 + lifetime);
        if choices.once_in(4) {
            for _ in 0..=choices.below(4) {
                let name = choices.one_of(NAMES);
                claims = claims.with(name, Json::generate(choices));
            }
        }
        claims
    }
}

impl Default for Claims {
    fn default() -> Self {
        Self::new()
    }
}

values!(Claims);
