//! The options of a login.

use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use workos_login::limits::PENDING_LOGIN_TTL;
use workos_login::url::Url;
use workos_login::{
    AuthenticationChallenge, AwaitingCallback, ClientKind, ConnectionSelector, OrganizationId,
    RedirectUri, Scope, Screen, Start,
};

use crate::browser;
use crate::canceller::Canceller;
use crate::error::NativeError;
use crate::login::event::LoginEvent;
use crate::native_client::NativeClient;

/// The options of a login: see [`NativeApp::login_with`](crate::NativeApp::login_with).
#[must_use = "it is the argument and the result of a closure"]
pub struct Login<'a> {
    pub(crate) canceller: Canceller,
    pub(crate) challenge: Option<Box<AuthenticationChallenge>>,
    pub(crate) device: DeviceGrant,
    login_hint: Option<String>,
    pub(crate) opener: Option<Opener<'a>>,
    pub(crate) organization: Option<OrganizationId>,
    pub(crate) progress: Progress<'a>,
    pub(crate) scope: Option<Scope>,
    selector: Option<ConnectionSelector>,
    pub(crate) timeout: Duration,
}

type Opener<'a> = Box<dyn FnMut(&Url) -> io::Result<()> + Send + 'a>;
type Progress<'a> = Box<dyn FnMut(LoginEvent<'_>) + Send + 'a>;

/// The use of the device authorization grant (RFC 8628), in which the user enters a user code in a browser on any device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceGrant {
    /// Always. It cannot select an organization or a connection.
    Always,
    /// If no browser can be opened, the login selects neither an organization nor a connection, and the service has the grant enabled.
    #[default]
    IfNoBrowser,
    /// Never. If no browser can be opened, the user has to open the authorization URL on this machine.
    Never,
}

impl<'a> Login<'a> {
    pub(crate) fn new() -> Self {
        Self {
            canceller: Canceller::new(),
            challenge: None,
            device: DeviceGrant::default(),
            login_hint: None,
            opener: Some(Box::new(|url| browser::open(url.as_str()))),
            organization: None,
            progress: Box::new(|_| {}),
            scope: None,
            selector: None,
            timeout: PENDING_LOGIN_TTL,
        }
    }

    /// Sets the canceller of the login. It cancels one login at a time.
    pub fn canceller(mut self, canceller: &Canceller) -> Self {
        self.canceller = canceller.clone();
        self
    }

    /// Continues an authentication challenge: the login page presents it. Only clients of WorkOS have challenges.
    pub fn challenge(mut self, challenge: AuthenticationChallenge) -> Self {
        self.challenge = Some(Box::new(challenge));
        self
    }

    /// Sets the connection or the identity provider, in place of the hosted login page. Only clients of WorkOS have them.
    pub fn connection_selector(mut self, selector: ConnectionSelector) -> Self {
        self.selector = Some(selector);
        self
    }

    /// Sets when the device authorization grant is used.
    pub fn device(mut self, device: DeviceGrant) -> Self {
        self.device = device;
        self
    }

    /// Sets the user whose login the page suggests.
    pub fn login_hint(mut self, hint: impl Into<String>) -> Self {
        self.login_hint = Some(hint.into());
        self
    }

    /// Opens no browser. The page is reported as an [event](LoginEvent::Page), and the device authorization grant is used only if
    /// it is set.
    pub fn no_browser(mut self) -> Self {
        self.opener = None;
        self
    }

    /// Sets what opens a page, in place of the system browser.
    ///
    /// Do not embed a browser: the user cannot see there to which site a password goes (RFC 8252 section 8.12).
    pub fn open_with(mut self, open: impl FnMut(&Url) -> io::Result<()> + Send + 'a) -> Self {
        self.opener = Some(Box::new(open));
        self
    }

    /// Sets the organization to log in to. Only clients of WorkOS have organizations.
    pub fn organization(mut self, organization: &OrganizationId) -> Self {
        self.organization = Some(organization.clone());
        self
    }

    /// Sets the callback for the events of the login.
    ///
    /// No connection of the listener is served while it runs, so it must be short, except for a [challenge](LoginEvent::Challenge).
    pub fn progress(mut self, progress: impl FnMut(LoginEvent<'_>) + Send + 'a) -> Self {
        self.progress = Box::new(progress);
        self
    }

    /// Sets the scope to request. The default is [that of the server](workos_login::Server::scope). Clients of WorkOS have none.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Sets the time limit of the whole login, with all requests and retries. The default is [`PENDING_LOGIN_TTL`].
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Checks that the client has the options.
    pub(crate) fn check(&self, client: &NativeClient) -> Result<(), NativeError> {
        let (service, options): (_, &[_]) = match client {
            NativeClient::OAuth(_) => (
                "an OAuth authorization server",
                &[
                    ("organization", self.organization.is_some()),
                    ("provider", self.selector.is_some()),
                    ("challenge", self.challenge.is_some()),
                ],
            ),
            NativeClient::UserManagement(_) => ("WorkOS", &[("scope", self.scope.is_some())]),
        };
        match options.iter().find(|(_, is_set)| *is_set) {
            Some(&(option, _)) => Err(NativeError::UnsupportedOption { option, service }),
            None => Ok(()),
        }
    }

    /// Returns whether the device authorization grant could take the place of a login in a browser on this machine.
    pub(crate) fn can_use_device_grant(&self) -> bool {
        self.organization.is_none() && self.selector.is_none() && self.challenge.is_none()
    }

    /// Begins a login with these options.
    pub(crate) fn begin(
        &self,
        client: &NativeClient,
        redirect_uri: RedirectUri,
        lifetime: Duration,
    ) -> (Url, AwaitingCallback) {
        match client {
            NativeClient::OAuth(client) => {
                let scope = self.scope.as_ref();
                let scope = scope.unwrap_or_else(|| client.server().scope()).clone();
                self.finish(client.login(scope, redirect_uri), lifetime)
            }
            NativeClient::UserManagement(client) => {
                let start = match &self.challenge {
                    Some(challenge) => challenge.login(client, redirect_uri),
                    None => {
                        let selector = self.selector.clone();
                        let selector =
                            selector.unwrap_or(ConnectionSelector::AuthKit(Screen::Default));
                        client.login(selector, redirect_uri)
                    }
                };
                let start = match &self.organization {
                    Some(organization) => start.organization(organization),
                    None => start,
                };
                self.finish(start, lifetime)
            }
        }
    }

    fn finish<K: ClientKind>(
        &self,
        mut start: Start<'_, K>,
        lifetime: Duration,
    ) -> (Url, AwaitingCallback) {
        if let Some(hint) = &self.login_hint {
            start = start.login_hint(hint);
        }
        let start = start.expires_after(lifetime);
        let (url, pending) = start.begin(SystemTime::now(), &mut rand::rng());
        (url.into(), pending)
    }
}

impl fmt::Debug for Login<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("device", &self.device)
            .field("organization", &self.organization)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
