//! The metadata of an authorization server (RFC 8414 section 2, OpenID Connect Discovery section 3).

use serde::Deserialize;

use crate::scope::Scope;
use crate::server::Form;
use crate::wire::lenient::{lenient, one_pass};

/// The members that a client needs. `token_endpoint_auth_methods_supported` is not among them: many servers accept public clients and do
/// not list `none`.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) issuer: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    authorization_endpoint: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    token_endpoint: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    device_authorization_endpoint: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    jwks_uri: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    userinfo_endpoint: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    revocation_endpoint: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    end_session_endpoint: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient")]
    scopes_supported: Option<Vec<Box<str>>>,
    #[serde(default, deserialize_with = "lenient")]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    pub(crate) fn into_form(self) -> Form {
        let scope = Scope::supported(self.scopes_supported.as_deref());
        Form {
            // The form is validated at once and not stored, so it needs no version.
            version: None,
            issuer: self.issuer,
            authorization_endpoint: self.authorization_endpoint,
            token_endpoint: self.token_endpoint,
            device_authorization_endpoint: self.device_authorization_endpoint,
            jwks_uri: self.jwks_uri,
            userinfo_endpoint: self.userinfo_endpoint,
            revocation_endpoint: self.revocation_endpoint,
            end_session_endpoint: self.end_session_endpoint,
            scope: Some(scope.as_str().into()),
            advertises_iss: self.authorization_response_iss_parameter_supported,
        }
    }
}
