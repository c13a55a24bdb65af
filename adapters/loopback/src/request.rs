//! Parses the head of an HTTP request.

use httparse::{EMPTY_HEADER, Error, Request, Status};
use workos_login::RedirectUri;
use workos_login::limits::MAX_CALLBACK_BYTES;

use crate::endpoint::Endpoint;
use crate::page::Page;

/// The result of parsing the bytes that a connection has received so far.
#[derive(Debug, PartialEq)]
pub(crate) enum Parsed<'a> {
    /// A request for the redirect URI, with its request target. The query is not validated yet.
    Callback(&'a str),
    /// The head of the request is incomplete.
    Incomplete,
    /// Any other request, with the page of its response.
    Other(Page),
}

/// Parses the head of a request. The body is not read, because no request that is accepted has one.
pub(crate) fn parse<'a>(bytes: &'a [u8], endpoint: &Endpoint) -> Parsed<'a> {
    let mut headers = [EMPTY_HEADER; MAX_HEADERS];
    let mut request = Request::new(&mut headers);
    let status = request.parse(bytes);
    let target: Option<&'a str> = request.path;
    // Checked before completeness: a target that is too long is rejected while it arrives.
    if target.is_some_and(|target| target.len() > MAX_CALLBACK_BYTES) {
        return Parsed::Other(Page::UriTooLong);
    }
    match status {
        Ok(Status::Complete(_)) => match callback(&request, target.unwrap_or_default(), endpoint) {
            Ok(target) => Parsed::Callback(target),
            Err(page) => Parsed::Other(page),
        },
        Ok(Status::Partial) if bytes.len() < MAX_REQUEST_BYTES => Parsed::Incomplete,
        Ok(Status::Partial) if target.is_none() => Parsed::Other(Page::UriTooLong),
        Ok(Status::Partial) | Err(Error::TooManyHeaders) => Parsed::Other(Page::HeadersTooLarge),
        Err(_) => Parsed::Other(Page::BadRequest),
    }
}

/// Returns the path and query of a complete request if it is a callback, else the page of its response.
fn callback<'a>(
    request: &Request<'_, '_>,
    target: &'a str,
    endpoint: &Endpoint,
) -> Result<&'a str, Page> {
    if request.method != Some("GET") {
        return Err(Page::MethodNotAllowed);
    }
    let (authority, target) = split_target(target).ok_or(Page::BadRequest)?;
    let mut hosts = request
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("host"));
    // RFC 9112 section 3.2: exactly one `Host`, which the authority of an absolute target overrides.
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Page::BadRequest);
    };
    let host = authority.or_else(|| str::from_utf8(host.value).ok());
    if !host.is_some_and(|host| endpoint.matches_authority(host)) {
        return Err(Page::Misdirected);
    }
    // Compared without normalization: the redirect URI is returned as it was registered (RFC 9700 section 2.1).
    match target.split('?').next() {
        Some(path) if path == &*endpoint.path => Ok(target),
        _ => Err(Page::NotFound),
    }
}

/// Splits a request target into its authority, if it has one, and its path and query (RFC 9112 section 3.2.2).
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

/// Parses `bytes` as a connection does, and returns the request target if it is a request for `redirect_uri`.
///
/// For tests and fuzzing without a socket.
#[doc(hidden)]
#[must_use]
pub fn callback_target<'a>(bytes: &'a [u8], redirect_uri: &RedirectUri) -> Option<&'a str> {
    match parse(bytes, &Endpoint::new(redirect_uri)?) {
        Parsed::Callback(target) => Some(target),
        Parsed::Incomplete | Parsed::Other(_) => None,
    }
}

/// The maximum size of a request's head: a callback, and the cookies of all ports of this host, which browsers share.
pub(crate) const MAX_REQUEST_BYTES: usize = MAX_CALLBACK_BYTES + 48 * 1024;

const MAX_HEADERS: usize = 100;
