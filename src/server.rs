//! An authorization server: its issuer and its endpoints.

use http::Uri;
use url::Url;

use crate::endpoint::{InvalidEndpoint, Reason, check_endpoint, endpoint};

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
    pub(crate) issuer: Box<str>,
    /// Ends in `?` or `&`.
    pub(crate) authorization: Box<str>,
    pub(crate) token: Uri,
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
