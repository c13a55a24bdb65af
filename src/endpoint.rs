//! Base URLs, issuers and endpoints.
//!
//! Every endpoint is checked when it is set, so that a request never has to be rejected for its URL.

use std::fmt;

use http::Uri;
use url::{Host, Url, form_urlencoded};

use crate::wire::authorization::RESERVED_PARAMETERS;

/// Returns an endpoint for requests, in the type that HTTP clients take.
pub(crate) fn endpoint(url: &Url) -> Result<Uri, InvalidEndpoint> {
    check_endpoint(url)?;
    uri(url.as_str())
}

/// Returns an endpoint that the browser opens, ending in `?` or `&`.
pub(crate) fn browser_endpoint(url: &Url) -> Result<Box<str>, InvalidEndpoint> {
    check_endpoint(url)?;
    let separator = if url.query().is_some() { '&' } else { '?' };
    Ok(format!("{url}{separator}").into())
}

pub(crate) fn check_endpoint(url: &Url) -> Result<(), InvalidEndpoint> {
    let reserved = || {
        form_urlencoded::parse(url.query().unwrap_or_default().as_bytes())
            .any(|(name, _)| RESERVED_PARAMETERS.contains(&&*name))
    };
    // RFC 6749 sections 3.1 and 3.2 require TLS. A loopback host is allowed for tests and local servers: nothing leaves the machine.
    let reason = match url.scheme() {
        "https" => None,
        "http" if is_loopback(url) => None,
        "http" => Some(Reason::Insecure),
        _ => Some(Reason::Scheme),
    };
    let reason = reason.or_else(|| {
        // RFC 6749 sections 3.1 and 3.2.
        if url.fragment().is_some() {
            Some(Reason::Fragment)
        // RFC 9110 section 4.2.4: a sender must not generate them. Some clients turn them into an `Authorization` header.
        } else if !url.username().is_empty() || url.password().is_some() {
            Some(Reason::User)
        // A parameter of the protocol would be sent twice, or a secret in a URL.
        } else if reserved() {
            Some(Reason::Reserved)
        } else {
            None
        }
    });
    reason.map_or(Ok(()), |reason| Err(InvalidEndpoint(reason)))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // `Url` has converted the host to lower case.
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

pub(crate) fn uri(text: &str) -> Result<Uri, InvalidEndpoint> {
    text.parse().map_err(|_| InvalidEndpoint(Reason::Uri))
}

/// An invalid base URL, issuer or endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEndpoint(pub(crate) Reason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Fragment,
    Insecure,
    NotAUrl,
    Query,
    Reserved,
    Scheme,
    Uri,
    User,
}

impl fmt::Display for InvalidEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Reason::Fragment => "endpoint must not have a fragment; remove \"#…\"",
            Reason::Insecure => {
                "endpoint is http, which exposes tokens to the network; use https (http is for 127.0.0.1, [::1] and localhost)"
            }
            Reason::NotAUrl => "issuer is not a URL; spell it as the server does",
            Reason::Query => "base URL or issuer must not have a query; remove \"?…\"",
            Reason::Reserved => "endpoint has a query parameter of the protocol; remove it",
            Reason::Scheme => "endpoint is neither https nor http; use https",
            Reason::Uri => "endpoint is too long or has a character that HTTP does not allow; correct it",
            Reason::User => "endpoint has a user or a password; remove them",
        })
    }
}

impl std::error::Error for InvalidEndpoint {}
