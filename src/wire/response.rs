//! A response: what its headers and its body say, before it is known what it means.
//!
//! Headers come from any proxy on the way, so each is optional and limited. A body that is not the expected JSON is described by its first
//! bytes, because the cause is most often a captive portal or an HTTP client that does not decompress.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::error::{Malformed, MalformedBody, MalformedKind};
use crate::limits::MAX_REQUEST_ID_BYTES;

/// A 2xx response in JSON whose body was not read yet.
#[derive(Debug)]
pub(crate) struct SuccessResponse<'a> {
    status: StatusCode,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

impl<'a> SuccessResponse<'a> {
    /// Rejects a response whose media type is not one of `media_types`, unless there are none.
    pub(crate) fn new<B: AsRef<[u8]>>(
        response: &'a Response<B>,
        media_types: &[&str],
    ) -> Result<Self, Malformed> {
        let response = Self {
            status: response.status(),
            headers: response.headers(),
            body: response.body().as_ref(),
        };
        if media_types.is_empty() {
            return Ok(response);
        }
        // RFC 6749 section 5.1 requires the media type. A captive portal or a proxy responds with 200 and HTML, and is told apart here.
        match content_type(response.headers) {
            Some(essence) if media_types.iter().any(|t| essence.eq_ignore_ascii_case(t)) => {
                Ok(response)
            }
            essence => Err(response.malformed(MalformedKind::ContentType(essence.map(Into::into)))),
        }
    }

    /// Reads the JSON object of the body.
    pub(crate) fn json<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        super::object(self.body)
            .ok_or_else(|| self.malformed(MalformedKind::Body(self.malformed_body())))
    }

    pub(crate) fn malformed(&self, kind: MalformedKind) -> Malformed {
        Malformed::response(kind, self.status, request_id(self.headers))
    }

    /// Returns why the body is not the expected JSON object, as far as its first bytes tell.
    fn malformed_body(&self) -> MalformedBody {
        const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
        const GZIP: &[u8] = b"\x1f\x8b";
        let is_encoded = self
            .headers
            .get(CONTENT_ENCODING)
            .is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
        match self.body.trim_ascii_start() {
            [] => MalformedBody::Empty,
            // A client that decompresses a body removes the header (RFC 9110 section 8.4).
            body if is_encoded || body.starts_with(GZIP) => MalformedBody::Compressed,
            body if body.starts_with(BYTE_ORDER_MARK) => MalformedBody::ByteOrderMark,
            [b'<', ..] => MalformedBody::Html,
            _ => MalformedBody::Json,
        }
    }
}

/// Returns the media type of a response, without its parameters.
fn content_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    // Parameters such as `charset` have no effect on JSON.
    let essence = value.split(';').next()?.trim();
    (!essence.is_empty()).then_some(essence)
}

/// Returns the host that a redirect points to; `None` if its `Location` is relative, missing or not a URL.
pub(crate) fn redirect_host(headers: &HeaderMap) -> Option<Box<str>> {
    let location = headers.get(LOCATION)?.to_str().ok()?;
    Some(Url::parse(location).ok()?.host_str()?.into())
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
    // `parse` alone would also accept a plus sign.
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a long wait, and the caller caps it.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}
