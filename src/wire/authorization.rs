//! The authorization request and the authorization response: the names of their parameters.

use url::form_urlencoded::byte_serialize;

/// The parameters that every authorization request has (RFC 6749 section 4.1.1, RFC 7636 section 4.3).
pub(crate) struct AuthorizationRequest<'a> {
    /// Form-encoded, because it is the same for all logins of a client.
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    /// In the base64url alphabet, like the two random texts. Form-encoding does not change it.
    pub(crate) code_challenge: &'a str,
    pub(crate) random_state: &'a str,
    /// The application state, which follows the random part of `state`.
    pub(crate) app_state: &'a str,
    /// Only an authorization server takes it (OpenID Connect Core section 3.1.2.1).
    pub(crate) nonce: Option<&'a str>,
}

impl AuthorizationRequest<'_> {
    pub(crate) fn push_to(&self, url: &mut String) {
        url.push_str("client_id=");
        url.push_str(self.client_id);
        url.push_str("&redirect_uri=");
        url.extend(byte_serialize(self.redirect_uri.as_bytes()));
        url.push_str("&response_type=code&code_challenge=");
        url.push_str(self.code_challenge);
        // A client that can use `S256` must (RFC 7636 section 4.2). Without this parameter, the method would be `plain`.
        url.push_str("&code_challenge_method=S256&state=");
        url.push_str(self.random_state);
        url.extend(byte_serialize(self.app_state.as_bytes()));
        if let Some(nonce) = self.nonce {
            url.push_str("&nonce=");
            url.push_str(nonce);
        }
    }

    /// Returns the size of the parameters if every byte that may be escaped were.
    pub(crate) fn max_size(&self) -> usize {
        const NAMES_AND_FIXED_VALUES: usize = 128;
        NAMES_AND_FIXED_VALUES
            + self.client_id.len()
            + self.code_challenge.len()
            + self.random_state.len()
            + self.nonce.map_or(0, str::len)
            + MAX_ESCAPED * (self.redirect_uri.len() + self.app_state.len())
    }
}

/// The maximum size of a form-encoded byte.
pub(crate) const MAX_ESCAPED: usize = "%00".len();

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_request_is_larger_than_its_maximum_size() {
        for text in ["", "é/ &%".repeat(300).as_str()] {
            let request = AuthorizationRequest {
                client_id: "client_123",
                redirect_uri: text,
                code_challenge: "challenge",
                random_state: "state",
                app_state: text,
                nonce: Some("nonce"),
            };
            let mut url = String::new();
            request.push_to(&mut url);
            assert!(url.len() <= request.max_size(), "{url}");
        }
    }
}
