//! What a connection asks for, from its bytes alone.

use httparse::{EMPTY_HEADER, Error, Request, Status};
use workos_login::RedirectUri;
use workos_login::limits::MAX_CALLBACK_BYTES;

use crate::endpoint::Endpoint;
use crate::page::Page;

/// What the bytes that came so far mean.
#[derive(Debug, PartialEq)]
pub(crate) enum Reading<'a> {
    /// It is answered with this page, and is no callback.
    Answer(Page),
    /// A whole request for the redirect address. What is after its `?` is not yet believed.
    Callback(&'a str),
    /// There is more to come.
    Partial,
}

/// Reads the head of a request. A body is never read: nothing that is served here has one.
pub(crate) fn read<'a>(bytes: &'a [u8], endpoint: &Endpoint) -> Reading<'a> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    let status = request.parse(bytes);
    let target: Option<&'a str> = request.path;
    if target.is_some_and(|target| target.len() > MAX_CALLBACK_BYTES) {
        return Reading::Answer(Page::TargetTooLong);
    }
    match status {
        Ok(Status::Complete(_)) => {}
        Ok(Status::Partial) if bytes.len() < MAX_REQUEST_BYTES => return Reading::Partial,
        Ok(Status::Partial) if target.is_none() => return Reading::Answer(Page::TargetTooLong),
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => {
            return Reading::Answer(Page::HeadersTooLarge);
        }
        Err(_) => return Reading::Answer(Page::BadRequest),
    }
    if request.method != Some("GET") {
        return Reading::Answer(Page::MethodNotAllowed);
    }
    let Some((authority, target)) = split_target(target.unwrap_or_default()) else {
        return Reading::Answer(Page::BadRequest);
    };
    let mut hosts = request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("host"));
    // RFC 9112 section 3.2: exactly one.
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Reading::Answer(Page::BadRequest);
    };
    let host = authority.or_else(|| str::from_utf8(host.value).ok());
    if !host.is_some_and(|host| endpoint.is_named_by(host)) {
        return Reading::Answer(Page::Misdirected);
    }
    let path = target.split('?').next().unwrap_or(target);
    if path != &*endpoint.path {
        return Reading::Answer(Page::NotFound);
    }
    Reading::Callback(target)
}

/// Splits a target into the authority, when it has one, and the path with its query (RFC 9112 section 3.2.2).
fn split_target(target: &str) -> Option<(Option<&str>, &str)> {
    if target.starts_with('/') {
        return Some((None, target));
    }
    let (scheme, rest) = target.split_once("://")?;
    let (authority, _) = rest.split_once('/')?;
    scheme
        .eq_ignore_ascii_case("http")
        .then(|| (Some(authority), &rest[authority.len()..]))
}

/// Reads `bytes` as a connection would, and returns the target when they are a request for `redirect_uri`.
///
/// For tests from outside, which have bytes and no socket.
#[doc(hidden)]
#[must_use]
pub fn callback_target<'a>(bytes: &'a [u8], redirect_uri: &RedirectUri) -> Option<&'a str> {
    match read(bytes, &Endpoint::of(redirect_uri)?) {
        Reading::Callback(target) => Some(target),
        Reading::Answer(_) | Reading::Partial => None,
    }
}

/// The longest head of a request: a callback, and the cookies of everything else on this host, which share it.
pub(crate) const MAX_REQUEST_BYTES: usize = MAX_CALLBACK_BYTES + 48 * 1024;

const MAX_HEADERS: usize = 100;
