//! Who asks: a client id, the service it belongs to, and for a server its API key.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use http::Request;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::connect::{Scope, Server};
use crate::device::RequestingDevice;
use crate::error::{ClientError, Problem};
use crate::exchange::Refused;
use crate::ids::{ApiKey, ClientId, OrganizationId};
use crate::login::authenticated::Authenticated;
use crate::login::connection_selector::{ConnectionSelector, Target};
use crate::login::redirect_uri::RedirectUri;
use crate::login::refreshing::Refreshing;
use crate::login::start::Start;
use crate::request::post;
use crate::service::{Endpoints, InvalidEndpoint};
use crate::wire::grant::{Grant, token_request};

/// An application that logs people in.
///
/// The kind of client is its type, and only its type: no state that follows carries it.
///
/// * [`Client::public`], for a program that is given to its users: it has no secret, and no place for one.
/// * [`Client::confidential`], for a server: it sends its API key beside the code verifier.
/// * [`Client::oauth`], for a program that logs in to a standard OAuth server, WorkOS Connect or another: no secret either.
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
    identity: Arc<Identity>,
    kind: PhantomData<A>,
}

impl Client<Public> {
    /// Makes the client of a program that cannot keep a secret.
    #[must_use]
    pub fn public(id: ClientId) -> Self {
        Self::new(id, Endpoints::production(), None)
    }
}

impl Client<Confidential> {
    /// Makes the client of a server, which sends `key` with every exchange that asks for it.
    #[must_use]
    pub fn confidential(id: ClientId, key: ApiKey) -> Self {
        Self::new(id, Endpoints::production(), Some(key))
    }
}

impl Client<OAuth> {
    /// Makes the client of a program that logs in to a standard OAuth server.
    #[must_use]
    pub fn oauth(id: ClientId, server: Server) -> Self {
        Self::new(id, Endpoints::standard(server), None)
    }

    /// Begins a login that asks for `scope` and comes back to `redirect_uri`.
    pub fn login(&self, scope: Scope, redirect_uri: RedirectUri) -> Start<'_, OAuth> {
        Start::new(self, Target::Scope(scope), redirect_uri)
    }

    /// Begins a login on another device that asks for `scope`.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the server has [no device authorization endpoint](Server::device_authorization_endpoint).
    pub fn device(&self, scope: &Scope) -> Result<RequestingDevice, ClientError> {
        let endpoint = self.endpoints().device.as_ref();
        let endpoint = endpoint.ok_or(ClientError(Problem::NoDeviceEndpoint))?;
        Ok(RequestingDevice::new(self, endpoint, Some(scope.clone())))
    }
}

impl<A: UserManagement> Client<A> {
    /// Speaks to `url` instead of `https://api.workos.com`: a staging host, a proxy with a path, a local server.
    ///
    /// A path is kept as a prefix, with or without a slash at its end.
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] unless it is https (or http to a loopback address) without user, query and fragment.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "callers have a fresh Url and no further use for it"
    )]
    pub fn base_url(self, url: Url) -> Result<Self, InvalidEndpoint> {
        let endpoints = Endpoints::user_management(&url)?;
        Ok(Self::new(
            self.id().clone(),
            endpoints,
            self.identity.key.clone(),
        ))
    }

    /// Begins a login that comes back to `redirect_uri`.
    ///
    /// `selector` is an argument because the service needs to know where the login takes place.
    pub fn login(&self, selector: ConnectionSelector, redirect_uri: RedirectUri) -> Start<'_, A> {
        Start::new(self, Target::Selector(selector), redirect_uri)
    }

    /// Begins a login on another device.
    ///
    /// # Panics
    ///
    /// Never: the `expect` inside says why.
    pub fn device(&self) -> RequestingDevice {
        let endpoint = self.endpoints().device.as_ref();
        let endpoint = endpoint.expect("User Management has a device endpoint");
        RequestingDevice::new(self, endpoint, None)
    }
}

impl<A: ClientKind> Client<A> {
    fn new(client_id: ClientId, endpoints: Endpoints, key: Option<ApiKey>) -> Self {
        let issuer = endpoints.issuer.clone();
        Self {
            identity: Arc::new(Identity {
                binding: Arc::new(ClientBinding { client_id, issuer }),
                endpoints,
                key,
            }),
            kind: PhantomData,
        }
    }

    /// Returns the client id.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.identity.binding.client_id
    }

    /// The client without its type, for what keeps one and serves all kinds.
    pub(crate) fn erased(&self) -> AnyClient {
        A::erase(self.clone())
    }

    /// What a state that rests keeps of the client.
    pub(crate) fn binding(&self) -> &Arc<ClientBinding> {
        &self.identity.binding
    }

    /// What a state that talks keeps of the client.
    pub(crate) fn identity(&self) -> Arc<Identity> {
        self.identity.clone()
    }

    pub(crate) fn endpoints(&self) -> &Endpoints {
        &self.identity.endpoints
    }

    pub(crate) fn check_binding(&self, binding: &Arc<ClientBinding>) -> Result<(), ClientError> {
        if binding == self.binding() {
            return Ok(());
        }
        Err(ClientError(Problem::OtherClient {
            state: binding.to_string().into(),
            client: self.binding().to_string().into(),
        }))
    }
}

impl<A> fmt::Debug for Client<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.identity.binding.client_id)
            .field("issuer", &self.identity.binding.issuer)
            .finish_non_exhaustive()
    }
}

/// The kind of client that has no secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Public;

/// The kind of client that has a secret: a server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Confidential;

/// The kind of client that speaks standard OAuth, and has no secret.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OAuth;

/// A kind of client.
pub trait ClientKind: sealed::ClientKind {}

/// A kind of client that speaks to WorkOS User Management.
pub trait UserManagement: ClientKind {}

impl ClientKind for Public {}
impl ClientKind for Confidential {}
impl ClientKind for OAuth {}
impl UserManagement for Public {}
impl UserManagement for Confidential {}

/// A client of any kind.
#[derive(Clone, Debug)]
pub(crate) enum AnyClient {
    Confidential(Client<Confidential>),
    OAuth(Client<OAuth>),
    Public(Client<Public>),
}

impl AnyClient {
    pub(crate) fn refresh(
        &self,
        session: Authenticated,
    ) -> Result<Refreshing, Refused<Authenticated>> {
        match self {
            Self::Confidential(client) => session.refresh(client),
            Self::OAuth(client) => session.refresh(client),
            Self::Public(client) => session.refresh(client),
        }
    }

    pub(crate) fn switch_organization(
        &self,
        session: Authenticated,
        organization: &OrganizationId,
    ) -> Result<Refreshing, Refused<Authenticated>> {
        match self {
            Self::Confidential(client) => session.switch_organization(client, organization),
            Self::OAuth(_) => Err(Refused::new(session, ClientError(Problem::NoOrganizations))),
            Self::Public(client) => session.switch_organization(client, organization),
        }
    }
}

mod sealed {
    use super::{AnyClient, Client};

    #[expect(
        unnameable_types,
        reason = "nobody else can implement a kind of client"
    )]
    pub trait ClientKind: Clone {
        #[expect(private_interfaces, reason = "nobody else can call it, either")]
        fn erase(client: Client<Self>) -> AnyClient;
    }

    impl ClientKind for super::OAuth {
        #[expect(private_interfaces, reason = "nobody else can call it, either")]
        fn erase(client: Client<Self>) -> AnyClient {
            AnyClient::OAuth(client)
        }
    }

    impl ClientKind for super::Public {
        #[expect(private_interfaces, reason = "nobody else can call it, either")]
        fn erase(client: Client<Self>) -> AnyClient {
            AnyClient::Public(client)
        }
    }

    impl ClientKind for super::Confidential {
        #[expect(private_interfaces, reason = "nobody else can call it, either")]
        fn erase(client: Client<Self>) -> AnyClient {
            AnyClient::Confidential(client)
        }
    }
}

/// Who asks, and where: all of a client but its type.
pub(crate) struct Identity {
    pub(crate) binding: Arc<ClientBinding>,
    pub(crate) endpoints: Endpoints,
    /// Only a confidential client has one.
    key: Option<ApiKey>,
}

impl Identity {
    /// Writes a grant as the service wants it written.
    pub(crate) fn request(&self, grant: &Grant) -> Request<Vec<u8>> {
        let key = self.key.as_ref().map(ApiKey::expose);
        post(
            &self.endpoints.token,
            self.endpoints.protocol.encoding(),
            &token_request(grant, self.binding.client_id.as_str(), key),
        )
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}

/// The client that a state belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ClientBinding {
    pub(crate) client_id: ClientId,
    pub(crate) issuer: Box<str>,
}

impl fmt::Display for ClientBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.client_id, self.issuer)
    }
}
