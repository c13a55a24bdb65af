//! Logout: the session logout URL for browsers, and session revocation for servers.

use super::client::check_api_key;
use super::cross_origin::clear_cookies;
use super::page;
use super::redirect_uri::is_allowed;
use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::State;

/// `GET /user_management/sessions/logout`
pub(crate) fn log_out(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    let params = request.query_params();
    let unprocessable = |message| MockResponse::message(422, message);
    let session_id = params
        .required("session_id")
        .map_err(|_| unprocessable("Exactly one session_id is required."))?;
    let return_to = params
        .get("return_to")
        .map_err(|_| unprocessable("The parameter return_to is repeated."))?
        .filter(|uri| !uri.is_empty());
    // The URI is checked before the session ends: a rejected request changes nothing.
    let registered = state.config.logout_redirect_uris.as_deref();
    if return_to.is_some_and(|uri| !is_allowed(uri, registered)) {
        return Err(unprocessable("The return_to is not allowed."));
    }
    state.end_session(session_id);
    let response = match return_to {
        Some(uri) => MockResponse::redirect(uri),
        None => page::message(
            200,
            "Logged out",
            "The session has ended. You can close this window.",
        ),
    };
    Ok(clear_cookies(state, response))
}

/// `POST /user_management/sessions/revoke`
pub(crate) fn revoke(
    state: &mut State,
    request: &RecordedRequest,
) -> Result<MockResponse, MockResponse> {
    check_api_key(state, request)?;
    let params = request.body_params()?;
    match state.end_session(params.required("session_id")?) {
        true => Ok(MockResponse::json(200, "{}")),
        false => Err(MockResponse::message(400, "Unknown session.")),
    }
}
