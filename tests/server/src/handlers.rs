//! The endpoints of the service.
//!
//! [`handle`] selects a handler by method and path. A handler is a function of the state and the
//! request; it returns `Err` for an error response, so that `?` can be used. Files by subject:
//!
//! * `authorize`, `page`, `redirect_uri`: the authorization endpoint and its login page
//! * `authenticate`: the token endpoint, which selects `code_grant`, `refresh_grant`, `device`
//!   or `challenge_grant`
//! * `login`: continues a login to its next authentication challenge (`challenge`) or to its
//!   session (`token_response`)
//! * `cross_origin`: CORS, and the cookies of a page
//! * `device`: the device authorization grant
//! * `mfa`: management requests that an authentication challenge needs
//! * `logout`: session logout URL and revocation
//! * `site`: the page of an application

mod authenticate;
mod authorize;
mod challenge;
mod challenge_grant;
mod client;
mod code_grant;
mod cross_origin;
mod device;
mod login;
mod logout;
mod mfa;
mod page;
mod pending;
mod redirect_uri;
mod refresh_grant;
mod site;
mod token_response;

use crate::ids::id;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::State;

/// Processes a request. Every response has an `x-request-id`, as those of the service have.
pub(crate) fn handle(state: &mut State, request: &RecordedRequest) -> MockResponse {
    // The first segment of an absolute path is empty.
    let segments: Vec<_> = request.path.split('/').skip(1).collect();
    let result = match (&*request.method, &*segments) {
        ("GET", ["user_management", "authorize"]) => authorize::show(state, request),
        ("POST", ["user_management", "authorize"]) => authorize::decide(state, request),
        ("POST", ["user_management", "authenticate"]) => authenticate::handle(state, request),
        ("OPTIONS", ["user_management", "authenticate"]) => Ok(cross_origin::preflight()),
        ("GET", ["user_management", "sessions", "logout"]) => logout::log_out(state, request),
        ("POST", ["user_management", "sessions", "revoke"]) => logout::revoke(state, request),
        ("POST", ["user_management", "authorize", "device"]) => device::authorize(state, request),
        ("GET", ["device"]) => device::show(state, request),
        ("POST", ["device"]) => device::decide(state, request),
        ("POST", ["user_management", "users", user, "auth_factors"]) => {
            mfa::enroll(state, request, user)
        }
        ("POST", ["auth", "factors", factor, "challenge"]) => {
            mfa::create_challenge(state, request, factor)
        }
        ("POST", ["user_management", "radar_challenges"]) => mfa::send_sms(state, request),
        ("GET", ["sso", "jwks", client_id]) => jwks(state, client_id),
        ("GET", [name]) => site::show(state.config.site.as_deref(), name),
        _ => Err(MockResponse::message(404, "Not found.")),
    };
    let response = result.unwrap_or_else(|error| error);
    cross_origin::finish(state, request, response).header("x-request-id", &id("req", state.now()))
}

fn jwks(state: &State, client_id: &str) -> Result<MockResponse, MockResponse> {
    match state.config.has_client(client_id) {
        true => Ok(MockResponse::value(200, &state.signer.jwks())),
        false => Err(MockResponse::message(404, "Unknown client.")),
    }
}
