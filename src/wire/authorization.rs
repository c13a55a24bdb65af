//! The authorization request and the authorization response: the names of their parameters.

use serde::Serialize;

/// The parameters that every authorization request has (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
#[derive(Serialize)]
pub(crate) struct AuthorizationRequest<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) response_type: &'static str,
    pub(crate) code_challenge: &'a str,
    pub(crate) code_challenge_method: &'static str,
    pub(crate) state: &'a str,
    /// Only an authorization server takes it (OpenID Connect Core section 3.1.2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<&'a str>,
}

/// The parameters of an authorization response (RFC 6749 section 4.1.2, RFC 9207 section 2).
pub(crate) const RESPONSE_PARAMETERS: [&str; 5] =
    ["code", "error", "error_description", "iss", "state"];

/// The parameters that an option cannot set and an endpoint cannot have: those that this crate sets, those that change how the
/// response returns (`response_mode`, `request`, `request_uri`), and secrets, which must not be in a URL (RFC 9700 section 4.3).
pub(crate) const RESERVED_PARAMETERS: &[&str] = &[
    "access_token",
    "client_id",
    "client_secret",
    "code",
    "code_challenge",
    "code_challenge_method",
    "code_verifier",
    "connection_id",
    "device_code",
    "email_completion_token",
    "id_token",
    "nonce",
    "organization_id",
    "pending_authentication_token",
    "provider",
    "redirect_uri",
    "refresh_token",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "screen_hint",
    "state",
];
