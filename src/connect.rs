//! A standard OAuth server: WorkOS Connect on an AuthKit domain, or any other.

use std::fmt;
use std::str::FromStr;

use http::Uri;
use url::Url;

use crate::service::{InvalidEndpoint, check_endpoint, endpoint};

/// A standard OAuth 2.0 server with OpenID Connect, described by its operator.
///
/// Nothing is discovered: the addresses are the caller's to give, as they are to trust.
///
/// ```
/// use workos_login::{Client, Server};
///
/// let server = Server::new(
///     "https://example.authkit.app",
///     "https://example.authkit.app/oauth2/authorize".parse()?,
///     &"https://example.authkit.app/oauth2/token".parse()?,
/// )?
/// .device_authorization_endpoint(&"https://example.authkit.app/oauth2/device_authorization".parse()?)?;
/// let client = Client::oauth("client_123".parse()?, server);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Server {
    pub(crate) issuer: Box<str>,
    pub(crate) authorization: Url,
    pub(crate) token: Uri,
    pub(crate) device: Option<Uri>,
    pub(crate) advertises_iss: bool,
}

impl Server {
    /// Names a server by its issuer identifier and the two endpoints of a login.
    ///
    /// The issuer is compared as text, so it has to be written exactly as the server writes it. A query that is part of
    /// an endpoint is kept.
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] unless all are https (or http to a loopback address) without user and fragment, and
    /// no query has a parameter of the protocol.
    pub fn new(
        issuer: &str,
        authorization_endpoint: Url,
        token_endpoint: &Url,
    ) -> Result<Self, InvalidEndpoint> {
        check_endpoint(&Url::parse(issuer).map_err(|_| InvalidEndpoint::not_a_url())?)?;
        check_endpoint(&authorization_endpoint)?;
        Ok(Self {
            issuer: issuer.into(),
            authorization: authorization_endpoint,
            token: endpoint(token_endpoint)?,
            device: None,
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
            device: Some(endpoint(url)?),
            ..self
        })
    }

    /// Says that the server names itself in each callback (`authorization_response_iss_parameter_supported`).
    ///
    /// A callback without `iss` is then not believed (RFC 9207 section 2.4).
    #[must_use]
    pub fn advertises_iss(self) -> Self {
        Self {
            advertises_iss: true,
            ..self
        }
    }
}

/// What a standard OAuth login asks for (RFC 6749 section 3.3). `openid` is always part of it.
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
    /// Returns the scope as it is sent: names, each once, with a space between them.
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

/// A text that cannot be a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidScope;

impl fmt::Display for InvalidScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the scope is not a list of names with spaces between them (RFC 6749 section 3.3)",
        )
    }
}

impl std::error::Error for InvalidScope {}
