//! A response: what its headers and its body say, before it is known what it means.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::error::{Malformed, MalformedKind};
use crate::limits::MAX_REQUEST_ID_BYTES;

/// A 2xx response in JSON whose body was not read yet.
#[derive(Debug)]
pub(crate) struct SuccessResponse<'a> {
    status: StatusCode,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl<'a> SuccessResponse<'a> {
    pub(crate) fn new<B: AsRef<[u8]>>(response: &'a Response<B>) -> Result<Self, Malformed> {
        let response = Self {
            status: response.status(),
            headers: response.headers(),
            body: response.body().as_ref(),
        };
        if is_json(response.headers) {
            Ok(response)
        } else {
            Err(response.malformed(MalformedKind::ContentType))
        }
    }

    /// Reads the JSON object of the body.
    pub(crate) fn json<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        super::object(self.body).ok_or_else(|| self.malformed(MalformedKind::Json))
    }

    pub(crate) fn malformed(&self, kind: MalformedKind) -> Malformed {
        Malformed::response(kind, self.status, request_id(self.headers))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Returns the `x-request-id` if it can be shown: not empty, ASCII and not too long.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<Box<str>> {
    static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    (!id.is_empty() && id.len() <= MAX_REQUEST_ID_BYTES).then(|| id.into())
}

/// Returns the `Retry-After`: seconds or a date (RFC 9110 section 10.2.3); a date in the past is zero.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a long wait, and the caller caps it.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}
