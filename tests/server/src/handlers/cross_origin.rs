//! Requests of a page of another origin: CORS, and the cookies that hold its refresh token.
//!
//! Only the hint cookie has the name that it has at the service. It is readable, and a page restores its session only if it
//! exists. The other cookie cannot be read by a page, so its name does not matter.

use serde_json::Value;

use crate::request::RecordedRequest;
use crate::response::MockResponse;
use crate::state::State;

const COOKIE: &str = "mock-refresh-token";
const HINT: &str = "workos-has-session";

/// Returns the origin of the page that sent a request, if it is allowed.
fn origin<'a>(state: &State, request: &'a RecordedRequest) -> Option<&'a str> {
    let origin = request.header("origin")?;
    let allowed = &state.config.allowed_origins;
    allowed.iter().any(|one| one == origin).then_some(origin)
}

/// Returns the refresh token of the cookie.
pub(crate) fn refresh_token<'a>(state: &State, request: &'a RecordedRequest) -> Option<&'a str> {
    if !state.config.refresh_cookie {
        return None;
    }
    origin(state, request)?;
    let cookies = request.header("cookie")?.split(';');
    cookies
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

/// Responds to the request that a browser sends before one with a JSON body.
pub(crate) fn preflight() -> MockResponse {
    MockResponse::new(204)
        .header("access-control-allow-methods", "POST")
        .header("access-control-allow-headers", "content-type")
}

/// Allows the page to read a response, and moves its refresh token into the cookie.
pub(crate) fn finish(
    state: &State,
    request: &RecordedRequest,
    response: MockResponse,
) -> MockResponse {
    let Some(origin) = origin(state, request) else {
        return response;
    };
    let response = match state.config.refresh_cookie {
        true => with_cookies(response),
        false => response,
    };
    response
        .header("access-control-allow-origin", origin)
        .header("access-control-allow-credentials", "true")
        .header("access-control-expose-headers", "retry-after, x-request-id")
        .header("vary", "origin")
}

fn with_cookies(mut response: MockResponse) -> MockResponse {
    let Ok(Value::Object(mut body)) = serde_json::from_slice(&response.body) else {
        return response;
    };
    let Some(Value::String(token)) = body.remove("refresh_token") else {
        return response;
    };
    response.body = Value::Object(body).to_string().into_bytes();
    response
        .header(
            "set-cookie",
            &format!("{COOKIE}={token}; HttpOnly; SameSite=Lax; Path=/user_management"),
        )
        .header("set-cookie", &format!("{HINT}=1; SameSite=Lax; Path=/"))
}

/// Removes the cookies of a session that has ended.
pub(crate) fn clear_cookies(state: &State, response: MockResponse) -> MockResponse {
    if !state.config.refresh_cookie {
        return response;
    }
    response
        .header(
            "set-cookie",
            &format!("{COOKIE}=; Max-Age=0; Path=/user_management"),
        )
        .header("set-cookie", &format!("{HINT}=; Max-Age=0; Path=/"))
}
