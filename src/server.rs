//! An authorization server: its issuer and its endpoints.
//!
//! They come from the caller, from [discovery](crate::Discovering) or from a stored form. The last two are validated by one function.

use std::fmt;

use http::Uri;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use crate::endpoint::{InvalidEndpoint, Reason, browser_endpoint, check_endpoint, endpoint};
use crate::scope::Scope;
use crate::stored::{self, Invalid, Stored, VERSION, parsed, required};

/// An authorization server: an OAuth 2.0 server with OpenID Connect, such as WorkOS Connect.
///
/// [`Server::discover`] finds the endpoints from the issuer. A caller who sets them must trust their source.
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
#[derive(Clone)]
pub struct Server {
    pub(crate) issuer: Box<str>,
    /// Ends in `?` or `&`.
    pub(crate) authorization: Box<str>,
    pub(crate) token: Uri,
    pub(crate) device_authorization: Option<Uri>,
    pub(crate) jwks: Option<Uri>,
    pub(crate) userinfo: Option<Uri>,
    pub(crate) revocation: Option<Uri>,
    /// Ends in `?` or `&`.
    pub(crate) end_session: Option<Box<str>>,
    pub(crate) scope: Scope,
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
        Ok(Self {
            issuer: issuer.into(),
            authorization: browser_endpoint(authorization_endpoint)?,
            token: endpoint(token_endpoint)?,
            device_authorization: None,
            jwks: None,
            userinfo: None,
            revocation: None,
            end_session: None,
            scope: Scope::supported(None),
            advertises_iss: false,
        })
    }

    /// Sets another authorization endpoint (RFC 6749 section 3.1).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn authorization_endpoint(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            authorization: browser_endpoint(url)?,
            ..self
        })
    }

    /// Sets another token endpoint (RFC 6749 section 3.2).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn token_endpoint(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            token: endpoint(url)?,
            ..self
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

    /// Sets the userinfo endpoint (OpenID Connect Core section 5.3).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn userinfo_endpoint(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            userinfo: Some(endpoint(url)?),
            ..self
        })
    }

    /// Sets the revocation endpoint (RFC 7009 section 2).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn revocation_endpoint(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            revocation: Some(endpoint(url)?),
            ..self
        })
    }

    /// Sets the end-session endpoint (OpenID Connect RP-Initiated Logout section 2.1).
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`], as for [`new`](Self::new).
    pub fn end_session_endpoint(self, url: &Url) -> Result<Self, InvalidEndpoint> {
        Ok(Self {
            end_session: Some(browser_endpoint(url)?),
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

    /// Returns the issuer identifier, as the server spells it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Returns the scope to request: `openid`, `profile`, `email` and `offline_access`, as far as the server supports them.
    ///
    /// A server that lists no scopes may support each. `offline_access` requests a refresh token; a login with it has
    /// `prompt=consent`, without which it is ignored (OpenID Connect Core section 11).
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("issuer", &self.issuer)
            .field("authorization", &self.authorization)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// The members from the server and from the store; [`Form::into_server`] validates both.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    pub(crate) version: Option<u64>,
    pub(crate) issuer: Option<Box<str>>,
    pub(crate) authorization_endpoint: Option<Box<str>>,
    pub(crate) token_endpoint: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) device_authorization_endpoint: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_uri: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) userinfo_endpoint: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) revocation_endpoint: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_session_endpoint: Option<Box<str>>,
    pub(crate) scope: Option<Box<str>>,
    pub(crate) advertises_iss: bool,
}

impl Form {
    pub(crate) fn into_server(self) -> Result<Server, Invalid> {
        let issuer = required(self.issuer, "issuer")?;
        let authorization = url(self.authorization_endpoint, "authorization_endpoint")?;
        let token = url(self.token_endpoint, "token_endpoint")?;
        let authorization = required(authorization, "authorization_endpoint")?;
        let token = required(token, "token_endpoint")?;
        let uri = |text, name| {
            let url = url(text, name)?;
            let uri = url.map(|url| endpoint(&url)).transpose();
            uri.map_err(|_| Invalid(name))
        };
        let end_session = url(self.end_session_endpoint, "end_session_endpoint")?;
        let end_session = end_session.map(|url| browser_endpoint(&url)).transpose();
        // `url` has checked both endpoints, so an error is that of the issuer.
        let server = Server::new(&issuer, &authorization, &token).map_err(|_| Invalid("issuer"))?;
        Ok(Server {
            device_authorization: uri(
                self.device_authorization_endpoint,
                "device_authorization_endpoint",
            )?,
            jwks: uri(self.jwks_uri, "jwks_uri")?,
            userinfo: uri(self.userinfo_endpoint, "userinfo_endpoint")?,
            revocation: uri(self.revocation_endpoint, "revocation_endpoint")?,
            end_session: end_session.map_err(|_| Invalid("end_session_endpoint"))?,
            scope: required(parsed(self.scope, "scope")?, "scope")?,
            // A missing member is `false`, the default of RFC 9207 section 3.
            advertises_iss: self.advertises_iss,
            ..server
        })
    }
}

/// Parses the URL of an endpoint and checks it.
fn url(text: Option<Box<str>>, name: &'static str) -> Result<Option<Url>, Invalid> {
    let url: Option<Url> = parsed(text, name)?;
    match &url {
        // Also an endpoint for the browser passes `endpoint`, which checks what HTTP clients accept.
        Some(url) if endpoint(url).is_err() => Err(Invalid(name)),
        _ => Ok(url),
    }
}

impl Stored for Server {
    type Form = Form;

    const NOTHING: &'static str = "no server is stored: discover it";
    const REMEDY: &'static str = "discover the server again";

    fn version(form: &Form) -> Option<u64> {
        form.version
    }

    fn parse(form: Form) -> Result<Self, Invalid> {
        form.into_server()
    }
}

impl Serialize for Server {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let uri = |uri: &Option<Uri>| uri.as_ref().map(|uri| uri.to_string().into());
        // Without the `?` or `&` at the end.
        let browser = |endpoint: &str| Box::from(&endpoint[..endpoint.len() - 1]);
        let form = Form {
            version: Some(VERSION),
            issuer: Some(self.issuer.clone()),
            authorization_endpoint: Some(browser(&self.authorization)),
            token_endpoint: Some(self.token.to_string().into()),
            device_authorization_endpoint: uri(&self.device_authorization),
            jwks_uri: uri(&self.jwks),
            userinfo_endpoint: uri(&self.userinfo),
            revocation_endpoint: uri(&self.revocation),
            end_session_endpoint: self.end_session.as_deref().map(browser),
            scope: Some(self.scope.as_str().into()),
            advertises_iss: self.advertises_iss,
        };
        form.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        stored::read(deserializer)
    }
}
