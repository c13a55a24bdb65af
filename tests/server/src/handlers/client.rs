//! Client authentication.

use crate::params::Params;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::State;

/// The client that sent a token request.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: String,
    /// `true` if the request has the correct client secret.
    pub(crate) confidential: bool,
}

impl Client {
    /// Authenticates the client of a token request (RFC 6749 section 2.3.1).
    pub(crate) fn authenticate(state: &State, params: &Params) -> Result<Self, MockResponse> {
        let id = params.required("client_id")?;
        let secret = params.get("client_secret")?;
        // An empty secret is incorrect, even for a client that needs none.
        // An absent secret is correct: the client is public. Grants for confidential clients check it.
        let correct = secret.is_none_or(|secret| {
            !secret.is_empty() && state.config.api_key.as_deref() == Some(secret)
        });
        if !correct || !state.config.has_client(id) {
            return Err(MockResponse::oauth_error(
                400,
                "invalid_client",
                "The client id or the client secret is invalid.",
            ));
        }
        Ok(Self {
            id: id.to_owned(),
            confidential: secret.is_some(),
        })
    }
}

/// Rejects a management request without the API key.
pub(crate) fn check_api_key(state: &State, request: &RecordedRequest) -> Result<(), MockResponse> {
    let sent = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "));
    match (sent, state.config.api_key.as_deref()) {
        (Some(sent), Some(own)) if sent == own => Ok(()),
        _ => Err(MockResponse::plain_error(
            401,
            "unauthorized",
            "Unauthorized.",
        )),
    }
}
