//! Server metadata, as discovery requests it.

use serde_json::json;
use workos_login::http::Response;

use crate::choices::{Choices, values};
use crate::json::Damage;
use crate::response::Delivery;

/// A response with the metadata of an authorization server (OpenID Connect Discovery section 4.2, RFC 8414 section 3.2).
///
/// ```
/// use std::time::SystemTime;
/// use proptest::prelude::*;
/// use workos_login::{Discovery, Exchange, Server};
/// use workos_login_strategies::MetadataResponse;
///
/// let issuer = "https://auth.example.com";
/// proptest!(|(response: MetadataResponse)| {
///     let discovering = Server::discover(issuer).unwrap();
///     let response = discovering.response(response.to_http(issuer), SystemTime::now());
///     if let Ok(Discovery::Found(server)) = response {
///         prop_assert_eq!(server.issuer(), issuer);
///     }
/// });
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MetadataResponse {
    content: MetadataContent,
    damage: Damage,
    delivery: Delivery,
}

/// The content of a response to a request for server metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataContent {
    /// The metadata of the issuer, with its required members.
    Required,
    /// The metadata of the issuer, with every member that a login can use.
    Complete,
    /// The metadata of another issuer.
    OtherIssuer,
    /// A server error.
    Unavailable,
    /// The document does not exist.
    Missing,
}

impl MetadataResponse {
    /// Makes a response without damage.
    #[must_use]
    pub fn new(content: MetadataContent) -> Self {
        Self {
            content,
            damage: Damage::Intact,
            delivery: Delivery::default(),
        }
    }

    /// Returns what the response contains.
    #[must_use]
    pub fn content(&self) -> MetadataContent {
        self.content
    }

    /// Returns whether the response arrives as the server sends it.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.damage == Damage::Intact && self.delivery == Delivery::default()
    }

    /// Returns the HTTP response of this issuer.
    #[must_use]
    pub fn to_http(&self, issuer: &str) -> Response<Vec<u8>> {
        let endpoint = |path: &str| format!("{}/{path}", issuer.trim_end_matches('/'));
        let mut body = json!({
            "issuer": issuer,
            "authorization_endpoint": endpoint("authorize"),
            "token_endpoint": endpoint("token"),
        });
        let status = match self.content {
            MetadataContent::Required => 200,
            MetadataContent::Complete => {
                for (member, path) in [
                    ("device_authorization_endpoint", "device_authorization"),
                    ("end_session_endpoint", "logout"),
                    ("jwks_uri", "jwks"),
                    ("revocation_endpoint", "revoke"),
                    ("userinfo_endpoint", "userinfo"),
                ] {
                    body[member] = endpoint(path).into();
                }
                body["authorization_response_iss_parameter_supported"] = true.into();
                body["scopes_supported"] = json!(["openid", "email", "offline_access"]);
                200
            }
            MetadataContent::OtherIssuer => {
                body["issuer"] = "https://other.example.com".into();
                200
            }
            MetadataContent::Unavailable => 503,
            MetadataContent::Missing => 404,
        };
        self.delivery
            .deliver(status, self.damage.apply(&body), None)
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let content = choices.one_of(&[
            MetadataContent::Required,
            MetadataContent::Complete,
            MetadataContent::Missing,
            MetadataContent::Missing,
            MetadataContent::OtherIssuer,
            MetadataContent::Unavailable,
        ]);
        Self {
            content,
            damage: Damage::generate(choices),
            delivery: Delivery::generate(choices),
        }
    }
}

values!(MetadataResponse);
