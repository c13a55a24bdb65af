//! A client: a client ID, the service that it belongs to, and the API key of a confidential client.
//!
//! A client has two parts. [`Configuration`] is what every kind has and what an in-flight state needs; it is shared. The kind is a
//! type, and holds the endpoints that only this kind has: a method that needs one cannot be called on another kind.
//!
//! Persistent states do not hold a client. They hold its [`ClientBinding`], and check it before a transition.

use std::fmt;
use std::sync::Arc;

use http::Request;
use url::Url;
use url::form_urlencoded::byte_serialize;

use crate::client_binding::ClientBinding;
use crate::end_user::EndUser;
use crate::endpoint::InvalidEndpoint;
use crate::error::{ClientError, ClientErrorKind};
use crate::ids::{ApiKey, ClientId};
use crate::server::Server;
use crate::service::{Service, UserManagementEndpoints};
use crate::wire::grant::{ConfidentialFields, Grant, token_request};
use crate::wire::request::post;

/// An OAuth client.
///
/// The kind of client is a type parameter of `Client` only; no state repeats it.
///
/// * [`Client::public`] makes a public client of WorkOS, for programs that are distributed to their users. It has no secret, and no
///   place for one.
/// * [`Client::confidential`] makes a confidential client of WorkOS, for servers. It sends its API key beside the code verifier.
/// * [`Client::oauth`] makes a public client of another authorization server, or of WorkOS Connect. Confidential clients of
///   other authorization servers are out of scope.
/// * [`Client<Any>`](Any) is converted from each of them, for code that refreshes the sessions of all kinds.
///
/// ```
/// use workos_login::Client;
///
/// let client = Client::public("client_123".parse()?);
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
///
/// A client holds no login state and is cheap to clone.
#[derive(Clone)]
pub struct Client<K = Public> {
    configuration: Arc<Configuration>,
    kind: K,
}

impl Client<Public> {
    /// Makes a public client.
    #[must_use]
    pub fn public(id: ClientId) -> Self {
        Self::user_management(id, None, UserManagementEndpoints::production())
    }

    /// Returns this client with its refresh token in an `HttpOnly` cookie of the service, for an application in a browser.
    ///
    /// Sessions of this client are [`RefreshCredential::Cookie`](crate::RefreshCredential::Cookie): a refresh token of a response is
    /// dropped, and a refresh sends none. Every token request must be sent with cookies. States that are made with and without the
    /// cookie are bound to the same client.
    ///
    /// ```
    /// use workos_login::{Client, Exchange};
    ///
    /// let client = Client::public("client_123".parse()?).refresh_cookie();
    /// let request = client.restore(None).request();
    /// assert_eq!(request.body(), br#"{"grant_type":"refresh_token","client_id":"client_123"}"#);
    /// # Ok::<(), workos_login::InvalidClientId>(())
    /// ```
    #[must_use]
    pub fn refresh_cookie(mut self) -> Self {
        Arc::make_mut(&mut self.configuration).refresh_cookie = true;
        self
    }
}

impl Client<Confidential> {
    /// Makes a confidential client, which sends `key` with every token request that takes it.
    #[must_use]
    pub fn confidential(id: ClientId, key: ApiKey) -> Self {
        let fields = ConfidentialFields {
            key,
            end_user: EndUser::new(),
        };
        Self::user_management(id, Some(fields), UserManagementEndpoints::production())
    }

    /// Returns this client for an end user, who is sent with every grant.
    ///
    /// A server makes one for each request that it handles. The states that are made with this client and with the returned one are bound
    /// to the same client. A public client has no such method, because its requests come from the end user:
    ///
    /// ```compile_fail,E0599
    /// # use workos_login::*;
    /// fn for_end_user(client: &Client<Public>) -> Client<Public> {
    ///     client.for_end_user(EndUser::new())
    /// }
    /// ```
    #[must_use]
    pub fn for_end_user(&self, end_user: EndUser) -> Self {
        let mut client = self.clone();
        // The binding stays the same: a state of one request is valid in the next, for any end user.
        let configuration = Arc::make_mut(&mut client.configuration);
        if let Some(fields) = &mut configuration.confidential {
            fields.end_user = end_user;
        }
        client
    }
}

impl Client<OAuth> {
    /// Makes a public client of an authorization server.
    #[must_use]
    pub fn oauth(id: ClientId, server: Server) -> Self {
        let server = Arc::new(server);
        Self::new(id, Service::OAuth(server.clone()), None, OAuth(server))
    }

    /// Returns the authorization server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.kind.0
    }
}

impl Client<Any> {
    /// Returns this client as one of an authorization server; `None` if it is a client of WorkOS User Management.
    ///
    /// Code for sessions of all kinds needs it for what only an authorization server has, such as
    /// [revocation](crate::Authenticated::revoke).
    #[must_use]
    pub fn to_oauth(&self) -> Option<Client<OAuth>> {
        match self.service() {
            Service::OAuth(server) => Some(Client {
                configuration: Arc::clone(&self.configuration),
                kind: OAuth(Arc::clone(server)),
            }),
            Service::UserManagement(_) => None,
        }
    }
}

impl<K: UserManagement> Client<K> {
    /// Sets the base URL, which is `https://api.workos.com` by default.
    ///
    /// A path is kept as a prefix, with or without a slash at its end.
    ///
    /// # Errors
    ///
    /// [`InvalidEndpoint`] unless the URL is https (or http with a loopback host) and has no user, query and fragment.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers have a fresh Url and no further use for it"
    )]
    pub fn base_url(self, url: Url) -> Result<Self, InvalidEndpoint> {
        // The base URL is the issuer of the binding: states of another base URL are rejected from here on.
        let endpoints = UserManagementEndpoints::new(&url)?;
        let fields = self.configuration.confidential.clone();
        let mut client = Self::user_management(self.id().clone(), fields, endpoints);
        let configuration = Arc::make_mut(&mut client.configuration);
        configuration.refresh_cookie = self.configuration.refresh_cookie;
        Ok(client)
    }

    pub(crate) fn endpoints(&self) -> &UserManagementEndpoints {
        self.kind.endpoints()
    }

    fn user_management(
        id: ClientId,
        confidential: Option<ConfidentialFields>,
        endpoints: UserManagementEndpoints,
    ) -> Self {
        let endpoints = Arc::new(endpoints);
        let service = Service::UserManagement(endpoints.clone());
        Self::new(id, service, confidential, K::from_endpoints(endpoints))
    }
}

impl<K: ClientKind> Client<K> {
    fn new(
        client_id: ClientId,
        service: Service,
        confidential: Option<ConfidentialFields>,
        kind: K,
    ) -> Self {
        let issuer = service.issuer().into();
        let form_encoded_id = byte_serialize(client_id.as_str().as_bytes()).collect::<String>();
        let binding = Arc::new(ClientBinding { client_id, issuer });
        let configuration = Arc::new(Configuration {
            binding,
            form_encoded_id: form_encoded_id.into(),
            service,
            confidential,
            refresh_cookie: false,
        });
        Self {
            configuration,
            kind,
        }
    }

    /// Returns the client ID.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.configuration.binding.client_id
    }

    /// Returns the issuer: the issuer identifier of an authorization server, or the base URL without a slash at its end.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.configuration.binding.issuer
    }

    /// The client ID as a value of a query.
    pub(crate) fn form_encoded_id(&self) -> &str {
        &self.configuration.form_encoded_id
    }

    /// The part of a client that an in-flight state keeps.
    pub(crate) fn configuration(&self) -> &Arc<Configuration> {
        &self.configuration
    }

    pub(crate) fn service(&self) -> &Service {
        &self.configuration.service
    }

    /// The part of a client that a persistent state keeps.
    pub(crate) fn binding(&self) -> &Arc<ClientBinding> {
        &self.configuration.binding
    }

    /// Checks the binding of a persistent state.
    pub(crate) fn check(&self, binding: &Arc<ClientBinding>) -> Result<(), ClientError> {
        // Both members count: a client ID alone can exist at two servers, and a token must not be sent to the other one. A state that
        // was not stored in between shares the binding of its client.
        if Arc::ptr_eq(binding, self.binding()) || binding == self.binding() {
            return Ok(());
        }
        Err(ClientError(ClientErrorKind::Binding {
            state: binding.to_string().into(),
            client: self.binding().to_string().into(),
        }))
    }
}

impl<K> fmt::Debug for Client<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("id", &self.configuration.binding.client_id)
            .field("issuer", &self.configuration.binding.issuer)
            .finish_non_exhaustive()
    }
}

/// The kind of a public client: it has no secret.
#[derive(Clone, Debug)]
pub struct Public(Arc<UserManagementEndpoints>);

/// The kind of a confidential client: it has an API key.
#[derive(Clone, Debug)]
pub struct Confidential(Arc<UserManagementEndpoints>);

/// The kind of a public client of an authorization server other than User Management.
#[derive(Clone, Debug)]
pub struct OAuth(Arc<Server>);

/// Any kind of client.
///
/// A [`Client<Any>`](Client) is converted from a client of another kind. It refreshes sessions and checks what a stored state is
/// bound to. It does not log in, because what a login needs depends on the kind.
///
/// ```
/// use workos_login::{Any, Client};
///
/// let client: Client<Any> = Client::public("client_123".parse()?).into();
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Any;

/// A kind of client. The trait is sealed.
pub trait ClientKind: sealed::Kind {}

/// A kind of client whose sessions can have an organization. The trait is sealed.
pub trait Organizations: ClientKind {}

/// A kind of client of WorkOS User Management. The trait is sealed.
pub trait UserManagement: Organizations + sealed::Endpoints {}

impl ClientKind for Public {}
impl ClientKind for Confidential {}
impl ClientKind for OAuth {}
impl ClientKind for Any {}

impl Organizations for Public {}
impl Organizations for Confidential {}
impl Organizations for Any {}

impl UserManagement for Public {}
impl UserManagement for Confidential {}

macro_rules! any_from {
    ($($kind:ty),+) => {
        $(
            impl From<Client<$kind>> for Client<Any> {
                fn from(client: Client<$kind>) -> Self {
                    Self { configuration: client.configuration, kind: Any }
                }
            }
        )+
    };
}

any_from!(Public, Confidential, OAuth);

mod sealed {
    use std::sync::Arc;

    use crate::service::UserManagementEndpoints;

    #[expect(unnameable_types, reason = "the trait is sealed")]
    pub trait Kind: Clone {}

    impl Kind for super::Public {}
    impl Kind for super::Confidential {}
    impl Kind for super::OAuth {}
    impl Kind for super::Any {}

    #[expect(unnameable_types, reason = "the trait is sealed")]
    pub trait Endpoints {
        #[expect(private_interfaces, reason = "only the crate calls it")]
        fn from_endpoints(endpoints: Arc<UserManagementEndpoints>) -> Self;

        #[expect(private_interfaces, reason = "only the crate calls it")]
        fn endpoints(&self) -> &UserManagementEndpoints;
    }

    macro_rules! endpoints {
        ($($kind:ident),+) => {
            $(
                impl Endpoints for super::$kind {
                    #[expect(private_interfaces, reason = "only the crate calls it")]
                    fn from_endpoints(endpoints: Arc<UserManagementEndpoints>) -> Self {
                        Self(endpoints)
                    }

                    #[expect(private_interfaces, reason = "only the crate calls it")]
                    fn endpoints(&self) -> &UserManagementEndpoints {
                        &self.0
                    }
                }
            )+
        };
    }

    endpoints!(Public, Confidential);
}

/// A client without its kind: what an in-flight state needs to write its request.
#[derive(Clone)]
pub(crate) struct Configuration {
    pub(crate) binding: Arc<ClientBinding>,
    /// The client ID as a value of a query. It is encoded once and not for each login.
    form_encoded_id: Arc<str>,
    pub(crate) service: Service,
    /// Only a confidential client has one.
    confidential: Option<ConfidentialFields>,
    /// Only a public client in a browser has it.
    pub(crate) refresh_cookie: bool,
}

impl Configuration {
    /// Writes the token request of a grant in the encoding of the service.
    pub(crate) fn token_request(&self, grant: &Grant) -> Request<Vec<u8>> {
        post(
            self.service.token_endpoint(),
            self.service.encoding(),
            // Borrows every secret. The body is the only copy, and belongs to the caller.
            &token_request(
                grant,
                self.binding.client_id.as_str(),
                self.confidential.as_ref(),
            ),
        )
    }
}

impl fmt::Debug for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Configuration")
            .field("binding", &self.binding)
            .finish_non_exhaustive()
    }
}
