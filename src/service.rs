//! The service that a client belongs to: its endpoints, its encoding and its issuer.
//!
//! There are two services. User Management has a base URL, takes JSON and returns a user; an authorization server has an issuer and
//! endpoints, takes form-encoded requests and returns an ID token. What differs between them is decided by [`Service`]; the states
//! are the same. Every endpoint is checked when it is set, so that a request never has to be rejected for its URL.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::Uri;
use url::{Host, Url, form_urlencoded};

#[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
use crate::ids::ClientId;
use crate::wire::authorization::RESERVED_PARAMETERS;
use crate::wire::request::Encoding;

/// The service that a client belongs to.
#[derive(Debug)]
pub(crate) enum Service {
    /// An authorization server: form-encoded requests; token responses with `expires_in` and an ID token.
    OAuth(Arc<Server>),
    /// WorkOS User Management: JSON requests; token responses with a user.
    UserManagement(Arc<UserManagementEndpoints>),
}

impl Service {
    /// Returns the issuer identifier, or the base URL without a slash at its end. States are bound to it.
    pub(crate) fn issuer(&self) -> &str {
        match self {
            Self::OAuth(server) => &server.issuer,
            Self::UserManagement(endpoints) => &endpoints.base,
        }
    }

    /// Returns the authorization endpoint, ending in `?` or `&`.
    pub(crate) fn authorization_endpoint(&self) -> &str {
        match self {
            Self::OAuth(server) => &server.authorization,
            Self::UserManagement(endpoints) => &endpoints.authorization,
        }
    }

    pub(crate) fn token_endpoint(&self) -> &Uri {
        match self {
            Self::OAuth(server) => &server.token,
            Self::UserManagement(endpoints) => &endpoints.token,
        }
    }

    pub(crate) fn encoding(&self) -> Encoding {
        match self {
            Self::OAuth(_) => Encoding::Form,
            Self::UserManagement(_) => Encoding::Json,
        }
    }
}

/// The maximum size of a base URL. With a path it is still shorter than the 64 KiB that `http::Uri` allows.
const MAX_BASE_URL_BYTES: usize = 32 * 1024;

/// The endpoints of WorkOS User Management.
#[derive(Debug)]
pub(crate) struct UserManagementEndpoints {
    base: Box<str>,
    authorization: Box<str>,
    token: Uri,
    pub(crate) device_authorization: Uri,
    /// The session logout endpoint, ending in `?`.
    pub(crate) logout: Box<str>,
}

impl UserManagementEndpoints {
    pub(crate) fn production() -> Self {
        Url::parse("https://api.workos.com")
            .map_err(|_| InvalidEndpoint(Reason::NotAUrl))
            .and_then(|url| Self::new(&url))
            .expect("the URL of the service is a valid base URL")
    }

    pub(crate) fn new(base: &Url) -> Result<Self, InvalidEndpoint> {
        check_endpoint(base)?;
        if base.as_str().len() > MAX_BASE_URL_BYTES {
            return Err(InvalidEndpoint(Reason::Uri));
        }
        if base.query().is_some() {
            return Err(InvalidEndpoint(Reason::Query));
        }
        let base = base.as_str().trim_end_matches('/');
        Ok(Self {
            base: base.into(),
            authorization: format!("{base}/user_management/authorize?").into(),
            token: uri(&format!("{base}/user_management/authenticate"))?,
            device_authorization: uri(&format!("{base}/user_management/authorize/device"))?,
            logout: format!("{base}/user_management/sessions/logout?").into(),
        })
    }
}

#[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
impl UserManagementEndpoints {
    /// Returns the URL of the keys that sign the access tokens of a client.
    pub(crate) fn jwks(&self, client_id: &ClientId) -> Uri {
        let id: String = form_urlencoded::byte_serialize(client_id.as_str().as_bytes()).collect();
        uri(&format!("{}/sso/jwks/{id}", self.base))
            .expect("the base URL and the client ID have limits, and the result is percent-encoded")
    }
}

/// An authorization server: an OAuth 2.0 server with OpenID Connect, such as WorkOS Connect.
///
/// The endpoints come from the caller, who must trust their source.
///
/// ```
/// use workos_login::{Client, Server};
///
/// let server = Server::new(
///     "https://example.authkit.app",
///     &"https://example.authkit.app/oauth2/authorize".parse()?,
///     &"https://example.authkit.app/oauth2/token".parse()?,
/// )?
/// .device_authorization_endpoint(&"https://example.authkit.app/oauth2/device_authorization".parse()?)?;
/// let client = Client::oauth("client_123".parse()?, server);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    issuer: Box<str>,
    authorization: Box<str>,
    token: Uri,
    pub(crate) device_authorization: Option<Uri>,
    #[cfg_attr(
        not(any(feature = "verify", feature = "verify-rustcrypto")),
        expect(dead_code, reason = "read by the verification of tokens")
    )]
    pub(crate) jwks: Option<Uri>,
    pub(crate) advertises_iss: bool,
}

impl Server {
    /// Makes a server from its issuer identifier, its authorization endpoint and its token endpoint.
    ///
    /// The issuer is compared as text, so it must be spelled as the server spells it. The query of an endpoint is kept (RFC 6749
    /// section 3.1), except for parameters that an option of the login sets.
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] unless each is `https` (or `http` with a loopback host) without user, fragment and parameters of the
    /// protocol.
    pub fn new(
        issuer: &str,
        authorization_endpoint: &Url,
        token_endpoint: &Url,
    ) -> Result<Self, InvalidEndpoint> {
        check_endpoint(&Url::parse(issuer).map_err(|_| InvalidEndpoint(Reason::NotAUrl))?)?;
        check_endpoint(authorization_endpoint)?;
        let separator = if authorization_endpoint.query().is_some() {
            '&'
        } else {
            '?'
        };
        Ok(Self {
            issuer: issuer.into(),
            authorization: format!("{authorization_endpoint}{separator}").into(),
            token: endpoint(token_endpoint)?,
            device_authorization: None,
            jwks: None,
            advertises_iss: false,
        })
    }

    /// Sets the device authorization endpoint (RFC 8628 section 3.1).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn device_authorization_endpoint(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            device_authorization: Some(endpoint(url)?),
            ..self
        })
    }

    /// Sets the JWKS URI (`jwks_uri`, RFC 8414 section 2), whose keys verify access tokens and ID tokens.
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn jwks_uri(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            jwks: Some(endpoint(url)?),
            ..self
        })
    }

    /// Requires `iss` in every callback, for servers with `authorization_response_iss_parameter_supported` (RFC 9207 section 2.4).
    #[must_use]
    pub fn advertises_iss(self) -> Self {
        Self {
            advertises_iss: true,
            ..self
        }
    }
}

/// The scope of a login at an authorization server (RFC 6749 section 3.3). It always includes `openid`.
///
/// ```
/// use workos_login::Scope;
///
/// let scope: Scope = "email offline_access".parse()?;
/// assert_eq!(scope.as_str(), "openid email offline_access");
/// assert_eq!(Scope::default().as_str(), "openid");
/// # Ok::<(), workos_login::InvalidScope>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scope(Box<str>);

impl Scope {
    /// Returns the scope as it is sent: each name once, separated by spaces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self("openid".into())
    }
}

impl FromStr for Scope {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text
            .bytes()
            .all(|b| b == b' ' || b.is_ascii_graphic() && b != b'"' && b != b'\\')
        {
            return Err(InvalidScope);
        }
        let mut names = vec!["openid"];
        for name in text.split(' ').filter(|name| !name.is_empty()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Self(names.join(" ").into()))
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An invalid [`Scope`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidScope;

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "scope has a character that is not allowed; separate printable ASCII names with spaces",
        )
    }
}

impl std::error::Error for InvalidScope {}

/// Returns an endpoint for requests, in the type that HTTP clients take.
fn endpoint(url: &Url) -> Result<Uri, InvalidEndpoint> {
    check_endpoint(url)?;
    uri(url.as_str())
}

fn check_endpoint(url: &Url) -> Result<(), InvalidEndpoint> {
    let reserved = || {
        form_urlencoded::parse(url.query().unwrap_or_default().as_bytes())
            .any(|(name, _)| RESERVED_PARAMETERS.contains(&&*name))
    };
    let reason = match url.scheme() {
        "https" => None,
        "http" if is_loopback(url) => None,
        "http" => Some(Reason::Insecure),
        _ => Some(Reason::Scheme),
    };
    let reason = reason.or_else(|| {
        if url.fragment().is_some() {
            Some(Reason::Fragment)
        } else if !url.username().is_empty() || url.password().is_some() {
            Some(Reason::User)
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
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn uri(text: &str) -> Result<Uri, InvalidEndpoint> {
    text.parse().map_err(|_| InvalidEndpoint(Reason::Uri))
}

/// An invalid base URL, issuer or endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidEndpoint(Reason);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reason {
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
            Reason::Query => "base URL must not have a query; remove \"?…\"",
            Reason::Reserved => "endpoint has a query parameter of the protocol; remove it",
            Reason::Scheme => "endpoint is neither https nor http; use https",
            Reason::Uri => "endpoint is too long or has a character that HTTP does not allow; correct it",
            Reason::User => "endpoint has a user or a password; remove them",
        })
    }
}

impl std::error::Error for InvalidEndpoint {}
