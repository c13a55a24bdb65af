//! The configuration of logins and sessions, and what is shared by all requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use workos_login::url::{Host, Url};
use workos_login::{Client, Confidential, HttpClient, RedirectUri, RefreshPolicy};
use workos_login_session::{Clock, SystemClock};
use workos_login_verify::TokenVerifier;

use crate::cookies::Cookies;
use crate::error::BuildError;
use crate::http::Http;
use crate::login_parameter::LoginParameter;
use crate::sessions::{Backend, Sessions};
use crate::settings::Settings;

/// Logins and sessions of a web server. Clones share everything.
#[derive(Clone)]
pub struct WebAuth(Arc<Inner>);

struct Inner {
    settings: Settings,
    sessions: Backend,
    verifier: TokenVerifier<Http>,
    verifies_each_request: bool,
}

impl WebAuth {
    /// Begins the configuration.
    pub fn builder(
        client: Client<Confidential>,
        http: impl HttpClient + Send + Sync + 'static,
    ) -> WebAuthBuilder {
        let clock = Arc::new(SystemClock);
        WebAuthBuilder {
            client,
            http: Http::new(http, clock.clone()),
            redirect_uri: None,
            sessions: None,
            cookie_name: "workos".to_owned(),
            parameters: Vec::new(),
            logged_out_url: None,
            session_ttl: Duration::from_secs(30 * 24 * 60 * 60),
            refresh: RefreshPolicy::default(),
            clock,
            verifies_each_request: false,
        }
    }

    pub(crate) fn verifies_each_request(&self) -> bool {
        self.0.verifies_each_request
    }

    /// Returns the verifier of access tokens.
    pub(crate) fn verifier(&self) -> &TokenVerifier<Http> {
        &self.0.verifier
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn sessions(&self) -> &Backend {
        &self.0.sessions
    }
}

impl fmt::Debug for WebAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebAuth")
            .field("client", &self.0.settings.client)
            .field("redirect_uri", &self.0.settings.redirect_uri)
            .finish_non_exhaustive()
    }
}

/// The configuration of a [`WebAuth`].
#[must_use = "call `build`"]
pub struct WebAuthBuilder {
    client: Client<Confidential>,
    http: Http,
    redirect_uri: Option<RedirectUri>,
    sessions: Option<Backend>,
    cookie_name: String,
    parameters: Vec<LoginParameter>,
    logged_out_url: Option<String>,
    session_ttl: Duration,
    refresh: RefreshPolicy,
    clock: Arc<dyn Clock>,
    verifies_each_request: bool,
}

impl WebAuthBuilder {
    /// Sets the redirect URI. Its origin is that of the application.
    pub fn redirect_uri(mut self, uri: RedirectUri) -> Self {
        self.redirect_uri = Some(uri);
        self
    }

    /// Sets where the sessions are.
    pub fn sessions(mut self, sessions: impl Sessions) -> Self {
        self.sessions = Some(sessions.into_backend());
        self
    }

    /// Sets the parameters of `/login` that are allowed beside `return_to`; none by default.
    pub fn allow(mut self, parameters: impl IntoIterator<Item = LoginParameter>) -> Self {
        self.parameters = parameters.into_iter().collect();
        self
    }

    /// Sets where the service redirects to after a logout. It must be a logout redirect of the environment.
    pub fn logged_out_url(mut self, url: &Url) -> Self {
        self.logged_out_url = Some(url.as_str().to_owned());
        self
    }

    /// Sets the lifetime of a session cookie after the last refresh; 30 days by default.
    pub fn session_ttl(mut self, ttl: Duration) -> Self {
        self.session_ttl = ttl;
        self
    }

    /// Sets how early an access token is refreshed.
    pub fn refresh(mut self, policy: RefreshPolicy) -> Self {
        self.refresh = policy;
        self
    }

    /// Verifies the access token of the session at each request, as the SDKs of WorkOS do: the signature, by the keys of the environment, the expiry,
    /// and that the subject is the user of the session.
    ///
    /// By default, the seal of a cookie is trusted: this server has received the token from the service and has sealed it. With the verification, a
    /// leaked sealing key alone makes no session, and a cookie that is shared with Node is one of this client. It costs some 25 µs for
    /// each request, and a fetch of the keys every few minutes.
    ///
    /// The organization, the impersonator and the rest of the user are those of the seal; they are not compared with the token.
    ///
    /// A session whose token is not valid is refreshed, because the key may have been withdrawn. While the keys cannot be fetched, or if the clock of
    /// this server is wrong, a request that needs the session gets 503.
    pub fn verify_each_request(mut self) -> Self {
        self.verifies_each_request = true;
        self
    }

    /// Sets the clock, for tests.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Completes the configuration.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if it is incomplete, or if the redirect URI would show the cookies to the network.
    pub fn build(self) -> Result<WebAuth, BuildError> {
        let redirect_uri = self.redirect_uri.ok_or(BuildError::NoRedirectUri)?;
        let sessions = self.sessions.ok_or(BuildError::NoSessions)?;
        let origin = Url::parse(redirect_uri.as_str()).map_err(|_| BuildError::Insecure)?;
        sessions.check_configuration()?;
        let is_secure = origin.scheme() == "https";
        if !is_secure && !is_loopback(&origin) {
            return Err(BuildError::Insecure);
        }
        if !is_secure {
            tracing::warn!(
                "the redirect URI is http: cookies have no Secure attribute; for development only"
            );
        }
        let http = self.http.with_clock(self.clock.clone());
        let verifier = TokenVerifier::new(self.client.key_set(), http.clone());
        let settings = Settings {
            keys: sessions.keys(),
            cookies: Cookies::new(
                &self.cookie_name,
                is_secure,
                sessions.shared_cookie().cloned(),
            ),
            client: self.client,
            http,
            redirect_uri,
            origin,
            parameters: self.parameters,
            logged_out_url: self.logged_out_url,
            session_ttl: self.session_ttl,
            refresh: self.refresh,
            clock: self.clock,
        };
        Ok(WebAuth(Arc::new(Inner {
            settings,
            sessions,
            verifier,
            verifies_each_request: self.verifies_each_request,
        })))
    }
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
}

impl fmt::Debug for WebAuthBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebAuthBuilder")
            .field("client", &self.client)
            .field("redirect_uri", &self.redirect_uri)
            .finish_non_exhaustive()
    }
}
