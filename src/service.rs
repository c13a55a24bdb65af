//! Where the service is, and how it is spoken to.

use std::fmt;

use http::Uri;
use url::{Host, Url, form_urlencoded};

use crate::connect::Server;
use crate::login::start::RESERVED_PARAMETERS;
use crate::request::Encoding;

/// What is spoken at the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Standard OAuth: forms, and an answer with `expires_in` and an ID token.
    Standard,
    /// WorkOS: JSON, and an answer with a user.
    UserManagement,
}

impl Protocol {
    pub(crate) fn encoding(self) -> Encoding {
        match self {
            Self::Standard => Encoding::Form,
            Self::UserManagement => Encoding::Json,
        }
    }
}

/// Where the service is.
#[derive(Debug)]
pub(crate) struct Endpoints {
    pub(crate) protocol: Protocol,
    /// What tells one service from another: the issuer, or the base URL without a slash at its end.
    pub(crate) issuer: Box<str>,
    /// Whether each callback has to name its issuer.
    pub(crate) advertises_iss: bool,
    /// The authorization endpoint, ready for a query to follow.
    pub(crate) authorize: Box<str>,
    pub(crate) token: Uri,
    pub(crate) device: Option<Uri>,
    /// The logout endpoint, ready for a query to follow.
    pub(crate) logout: Option<Box<str>>,
}

impl Endpoints {
    pub(crate) fn production() -> Self {
        Url::parse("https://api.workos.com")
            .map_err(|_| InvalidEndpoint(Flaw::NotAUrl))
            .and_then(|url| Self::user_management(&url))
            .expect("the address of the service is a valid base URL")
    }

    pub(crate) fn user_management(base: &Url) -> Result<Self, InvalidEndpoint> {
        check_endpoint(base)?;
        if base.query().is_some() {
            return Err(InvalidEndpoint(Flaw::Query));
        }
        let base = base.as_str().trim_end_matches('/');
        Ok(Self {
            protocol: Protocol::UserManagement,
            issuer: base.into(),
            advertises_iss: false,
            authorize: format!("{base}/user_management/authorize?").into(),
            token: uri(&format!("{base}/user_management/authenticate"))?,
            device: Some(uri(&format!("{base}/user_management/authorize/device"))?),
            logout: Some(format!("{base}/user_management/sessions/logout?").into()),
        })
    }

    pub(crate) fn standard(server: Server) -> Self {
        let mut authorize = String::from(server.authorization);
        authorize.push(if authorize.contains('?') { '&' } else { '?' });
        Self {
            protocol: Protocol::Standard,
            issuer: server.issuer,
            advertises_iss: server.advertises_iss,
            authorize: authorize.into(),
            token: server.token,
            device: server.device,
            logout: None,
        }
    }
}

/// An endpoint that is sent to, as the HTTP client takes it.
pub(crate) fn endpoint(url: &Url) -> Result<Uri, InvalidEndpoint> {
    check_endpoint(url)?;
    uri(url.as_str())
}

pub(crate) fn check_endpoint(url: &Url) -> Result<(), InvalidEndpoint> {
    let reserved = || {
        form_urlencoded::parse(url.query().unwrap_or_default().as_bytes())
            .any(|(name, _)| RESERVED_PARAMETERS.contains(&&*name))
    };
    let flaw = match url.scheme() {
        "https" => None,
        "http" if is_loopback(url) => None,
        "http" => Some(Flaw::Insecure),
        _ => Some(Flaw::Scheme),
    };
    let flaw = flaw.or_else(|| {
        if url.fragment().is_some() {
            Some(Flaw::Fragment)
        } else if !url.username().is_empty() || url.password().is_some() {
            Some(Flaw::User)
        } else if reserved() {
            Some(Flaw::Reserved)
        } else {
            None
        }
    });
    flaw.map_or(Ok(()), |flaw| Err(InvalidEndpoint(flaw)))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn uri(text: &str) -> Result<Uri, InvalidEndpoint> {
    text.parse().map_err(|_| InvalidEndpoint(Flaw::Uri))
}

/// An address that the service cannot be spoken to at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEndpoint(Flaw);

impl InvalidEndpoint {
    pub(crate) fn not_a_url() -> Self {
        Self(Flaw::NotAUrl)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
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
            Flaw::Fragment => "the address of the service has a fragment (#…): remove it",
            Flaw::Insecure => {
                "the address of the service is http, which would show tokens to the network: use https \
                 (http is for 127.0.0.1, [::1] and localhost only)"
            }
            Flaw::NotAUrl => "the issuer is not a URL: write it exactly as the server does",
            Flaw::Query => "the base URL has a query (?…): remove it",
            Flaw::Reserved => "the query of an endpoint has a parameter of the protocol: remove it",
            Flaw::Scheme => "the address of the service is neither https nor http",
            Flaw::Uri => "the address of the service is too long or has characters that HTTP does not allow",
            Flaw::User => "the address of the service has a user or a password in it: remove them",
        })
    }
}

impl std::error::Error for InvalidEndpoint {}
