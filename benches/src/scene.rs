//! The input of all contenders: ids, responses and callbacks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{Response, StatusCode};
use rand::SeedableRng;
use rand::rngs::StdRng;

pub(crate) const CLIENT_ID: &str = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:8080/callback";
pub(crate) const CODE: &str = "01KRD61NFP1TMK7DSQQ9C3Z534";
pub(crate) const SUCCESS: &str = include_str!("../../tests/data/wire/success_full.json");
pub(crate) const ERROR_RESPONSE: &str =
    include_str!("../../tests/data/wire/error_oauth_invalid_grant_code.json");

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_780_000_000)
}

/// Returns a cryptographic generator (ChaCha) that makes no system call.
pub(crate) fn seeded() -> StdRng {
    StdRng::seed_from_u64(7)
}

/// Writes the callback for an authorization URL into a string that is reused.
pub(crate) fn redirect(callback: &mut String, authorization_url: &str) {
    let state = authorization_url
        .split_once("&state=")
        .map_or("", |(_, rest)| rest.split('&').next().unwrap_or_default());
    callback.clear();
    for part in [REDIRECT_URI, "?code=", CODE, "&state=", state] {
        callback.push_str(part);
    }
}

/// Returns a callback with this `state`.
#[cfg(test)]
pub(crate) fn callback_with(state: &str) -> String {
    format!("{REDIRECT_URI}?code={CODE}&state={state}")
}

/// Returns a token response with all optional members.
#[must_use]
pub fn success() -> Response<Vec<u8>> {
    response(StatusCode::OK, SUCCESS)
}

pub(crate) fn error_response() -> Response<Vec<u8>> {
    response(StatusCode::BAD_REQUEST, ERROR_RESPONSE)
}

fn response(status: StatusCode, body: &str) -> Response<Vec<u8>> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .header("x-request-id", "8c0d27d8-7a53-4c1a-bb6c-2f0f2d6fdc5e")
        .body(body.as_bytes().to_vec())
        .expect("the headers are valid")
}
