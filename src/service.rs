//! The service that a client belongs to: its endpoints, its encoding and its issuer.
//!
//! There are two services. User Management has a base URL, takes JSON and returns a user; an authorization server has an issuer and
//! endpoints, takes form-encoded requests and returns an ID token. What differs between them is decided by [`Service`]; the states
//! are the same.

use std::sync::Arc;

use http::Uri;
use url::Url;
#[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
use url::form_urlencoded;

use crate::endpoint::{InvalidEndpoint, Reason, check_endpoint, uri};
#[cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
use crate::ids::ClientId;
use crate::server::Server;
use crate::wire::request::Encoding;

/// The service that a client belongs to.
#[derive(Clone, Debug)]
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
            // User Management documents no issuer identifier. The base URL stands for it.
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
            // RFC 6749 defines form-encoded requests. User Management takes both encodings, and the official SDKs send JSON.
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
        // Paths are appended to the base URL, and would become a part of its query.
        if base.query().is_some() {
            return Err(InvalidEndpoint(Reason::Query));
        }
        // States are bound to this text, so both spellings of a base URL are one issuer.
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
        // Form encoding differs from percent-encoding in the space only, and a client ID has none.
        let id: String = form_urlencoded::byte_serialize(client_id.as_str().as_bytes()).collect();
        uri(&format!("{}/sso/jwks/{id}", self.base))
            .expect("the base URL and the client ID have limits, and the result is percent-encoded")
    }
}
