//! The names of the parameters of an authorization request and of its response.

/// The parameters of a callback that mean something (RFC 6749 section 4.1.2, RFC 9207 section 2).
pub(crate) const RESPONSE_PARAMETERS: [&str; 5] =
    ["code", "error", "error_description", "iss", "state"];

/// What the protocol sets itself, what would change how the answer comes back (`response_mode`, `request`,
/// `request_uri`), and what must never be in an address.
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
