//! Who asks: a client id, the service it belongs to, and for a server its API key.

use std::fmt;
use std::sync::Arc;

use http::Uri;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::error::{ClientProblem, Problem};
use crate::ids::{ApiKey, ClientId};
use crate::prepared::{Encoding, Prepared};
use crate::redirect_uri::RedirectUri;
use crate::start::{Start, Via};
use crate::wire::grant::{Grant, TokenRequest};

/// An application that logs people in.
///
/// The kind of client is its type, and only its type: no state that follows carries it.
///
/// * [`Client::public`], for a program that is given to its users: it has no secret, and no place for one.
/// * [`Client::confidential`], for a server: it sends its API key beside the code verifier.
///
/// ```
/// use workos_login::Client;
///
/// let client = Client::public("client_123".parse()?);
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
///
/// Cloning is cheap. A client holds no state: make it where it is needed, or once.
#[derive(Clone)]
pub struct Client<A = Public> {
    id: ClientId,
    endpoints: Arc<Endpoints>,
    auth: A,
}

impl Client<Public> {
    /// Makes the client of a program that cannot keep a secret.
    #[must_use]
    pub fn public(id: ClientId) -> Self {
        Self {
            id,
            endpoints: Arc::new(Endpoints::production()),
            auth: Public,
        }
    }
}

impl Client<Confidential> {
    /// Makes the client of a server, which sends `key` with every exchange that asks for it.
    #[must_use]
    pub fn confidential(id: ClientId, key: ApiKey) -> Self {
        Self {
            id,
            endpoints: Arc::new(Endpoints::production()),
            auth: Confidential { key },
        }
    }
}

impl<A: UserManagement> Client<A> {
    /// Speaks to `url` instead of `https://api.workos.com`: a staging host, a proxy with a path, a local server.
    ///
    /// A path is kept as a prefix, with or without a slash at its end.
    ///
    /// # Errors
    ///
    /// [`InvalidBaseUrl`] unless it is https (or http to a loopback address) without user, query and fragment.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "callers have a fresh Url and no further use for it"
    )]
    pub fn base_url(self, url: Url) -> Result<Self, InvalidBaseUrl> {
        Ok(Self {
            endpoints: Arc::new(Endpoints::user_management(&url)?),
            ..self
        })
    }

    /// Begins a login that comes back to `redirect_uri`.
    ///
    /// `via` is an argument because the service needs to know where the login takes place.
    pub fn login(&self, via: Via, redirect_uri: RedirectUri) -> Start<'_, A> {
        Start::new(self, via, redirect_uri)
    }
}

impl<A: Auth> Client<A> {
    /// Returns the client id.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.id
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// What a state keeps of the client, to be recognised by it later.
    pub(crate) fn owner(&self) -> Owner {
        Owner {
            client_id: self.id.clone(),
            issuer: self.endpoints.issuer.clone(),
        }
    }

    pub(crate) fn check_owner(&self, owner: &Owner) -> Result<(), ClientProblem> {
        if owner.client_id == self.id && owner.issuer == self.endpoints.issuer {
            return Ok(());
        }
        Err(ClientProblem(Problem::OtherClient {
            state: owner.to_string().into(),
            client: self.owner().to_string().into(),
        }))
    }

    /// Prepares a grant: in JSON, without what is absent.
    pub(crate) fn prepare(&self, grant: Grant<'_>) -> Prepared {
        let request = TokenRequest {
            grant,
            client_id: self.id.as_str(),
            client_secret: self.auth.secret(),
        };
        Prepared::new(
            &self.endpoints.token,
            Encoding::Json,
            &request,
            request.size_hint(),
        )
    }
}

impl<A> fmt::Debug for Client<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.id)
            .field("issuer", &self.endpoints.issuer)
            .finish_non_exhaustive()
    }
}

/// The kind of client that has no secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Public;

/// The kind of client that has a secret: a server.
#[derive(Clone, Debug)]
pub struct Confidential {
    key: ApiKey,
}

/// A kind of client.
pub trait Auth: sealed::Auth {}

/// A kind of client that speaks to WorkOS User Management.
pub trait UserManagement: Auth {}

impl Auth for Public {}
impl Auth for Confidential {}
impl UserManagement for Public {}
impl UserManagement for Confidential {}

mod sealed {
    #[expect(unnameable_types, reason = "nobody else can implement a kind of client")]
    pub trait Auth {
        /// The value of `client_secret`, where there is one.
        fn secret(&self) -> Option<&str> {
            None
        }
    }

    impl Auth for super::Public {}

    impl Auth for super::Confidential {
        fn secret(&self) -> Option<&str> {
            Some(self.key.expose())
        }
    }
}

/// Where the service is.
#[derive(Debug)]
pub(crate) struct Endpoints {
    /// What tells one service from another: the base URL without a slash at its end.
    pub(crate) issuer: Arc<str>,
    /// The authorization endpoint, up to and with its `?`.
    pub(crate) authorize: Box<str>,
    pub(crate) token: Uri,
    /// The logout endpoint, up to and with its `?`.
    pub(crate) logout: Box<str>,
}

impl Endpoints {
    fn production() -> Self {
        Url::parse("https://api.workos.com")
            .map_err(|_| InvalidBaseUrl(Flaw::Uri))
            .and_then(|url| Self::user_management(&url))
            .expect("the address of the service is a valid base URL")
    }

    fn user_management(base: &Url) -> Result<Self, InvalidBaseUrl> {
        check_endpoint(base)?;
        if base.query().is_some() {
            return Err(InvalidBaseUrl(Flaw::Query));
        }
        let base = base.as_str().trim_end_matches('/');
        Ok(Self {
            issuer: base.into(),
            authorize: format!("{base}/user_management/authorize?").into(),
            token: uri(&format!("{base}/user_management/authenticate"))?,
            logout: format!("{base}/user_management/sessions/logout?").into(),
        })
    }
}

fn check_endpoint(url: &Url) -> Result<(), InvalidBaseUrl> {
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
        } else {
            None
        }
    });
    flaw.map_or(Ok(()), |flaw| Err(InvalidBaseUrl(flaw)))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn uri(text: &str) -> Result<Uri, InvalidBaseUrl> {
    text.parse().map_err(|_| InvalidBaseUrl(Flaw::Uri))
}

/// An address that the service cannot be spoken to at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidBaseUrl(Flaw);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    Fragment,
    Insecure,
    Query,
    Scheme,
    Uri,
    User,
}

impl fmt::Display for InvalidBaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Flaw::Fragment => "the address of the service has a fragment (#…): remove it",
            Flaw::Insecure => {
                "the address of the service is http, which would show tokens to the network: use https \
                 (http is for 127.0.0.1, [::1] and localhost only)"
            }
            Flaw::Query => "the base URL has a query (?…): remove it",
            Flaw::Scheme => "the address of the service is neither https nor http",
            Flaw::Uri => "the address of the service is too long or has characters that HTTP does not allow",
            Flaw::User => "the address of the service has a user or a password in it: remove them",
        })
    }
}

impl std::error::Error for InvalidBaseUrl {}

/// The client that a state belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) client_id: ClientId,
    pub(crate) issuer: Arc<str>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.client_id, self.issuer)
    }
}
