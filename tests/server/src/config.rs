//! [`Config`]: the behaviour of a server.
//!
//! The server reads the configuration at each request, so that a test can change it while the
//! server runs. What was issued before a change keeps its expiry.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value};

use crate::clock::Clock;
use crate::user::{Challenge, User};

/// The behaviour of a [`Server`](crate::Server).
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use workos_login_mock_server::{Config, LoginPage, Server};
///
/// let server = Server::start(Config::with(|config| {
///     config.login_page = LoginPage::ApproveAs("alice@example.com".into());
///     config.access_token_lifetime = Duration::from_secs(10);
/// }))?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The address to listen on. Default: `127.0.0.1:0`, a free port.
    pub address: SocketAddr,
    /// The client IDs. [`Server::client_id`](crate::Server::client_id) returns the first.
    /// Default: [`CLIENT_ID`](Self::CLIENT_ID).
    pub client_ids: Vec<String>,
    /// The `client_secret` of confidential clients. `None` makes every client public.
    /// Default: [`API_KEY`](Self::API_KEY).
    pub api_key: Option<String>,
    /// The registered redirect URIs, compared exactly. `None` allows every absolute URI whose
    /// scheme executes no script and reads no file. Default: `None`.
    pub redirect_uris: Option<Vec<String>>,
    /// The registered URIs for `return_to` of the session logout URL, as for
    /// [`redirect_uris`](Self::redirect_uris). Default: `None`.
    pub logout_redirect_uris: Option<Vec<String>>,
    /// The origins whose pages may read responses of the token endpoint (CORS), such as
    /// `http://127.0.0.1:8080`. Default: none.
    pub allowed_origins: Vec<String>,
    /// If `true`, pages of these origins have their refresh token in an `HttpOnly` cookie instead of
    /// the token response. Default: `false`.
    pub refresh_cookie: bool,
    /// A directory with the page of an application, such as the example of `workos-login-browser`.
    /// `/` and `/callback` are its `index.html`, and `/NAME` is its file of this name. Default: none.
    pub site: Option<PathBuf>,
    /// The users. Default: Alice, Bob and Carol.
    pub users: Vec<User>,
    /// The behaviour of the login page and of the device page. Default: interactive.
    pub login_page: LoginPage,

    /// The lifetime of an authorization code. Default: 10 minutes.
    pub code_lifetime: Duration,
    /// The lifetime of an access token. Default: 5 minutes.
    pub access_token_lifetime: Duration,
    /// The lifetime of a session and of its refresh tokens. Default: 30 days.
    pub session_lifetime: Duration,
    /// If `true`, each refresh issues a new refresh token (refresh token rotation). Default: `true`.
    pub rotate_refresh_tokens: bool,
    /// The replay window. Within it a repeated refresh gets the response of the first one, if it
    /// has the same refresh token and the same `organization_id`. Default: zero.
    pub replay_window: Duration,
    /// If `true`, the reuse of a refresh token ends the session (reuse detection). Every use is reuse
    /// except the first one and an identical request within the replay window. Default: `false`.
    pub reuse_ends_session: bool,

    /// The claim `iss`. Default: `https://api.workos.com`.
    pub issuer: String,
    /// The difference between `iat` and the server's clock, in seconds. Default: 0.
    pub token_skew: i64,
    /// Claims to set, or to remove with `None`. Default: empty.
    pub claims: BTreeMap<String, Option<Value>>,
    /// A value that replaces every access token. Default: `None`.
    pub access_token: Option<String>,
    /// Top-level fields of a token response to set, or to remove with `None`. Default: empty.
    pub token_response_fields: BTreeMap<String, Option<Value>>,

    /// The lifetime of a device code. Default: 5 minutes.
    pub device_code_lifetime: Duration,
    /// The polling interval in seconds. `None` leaves the field out, which means 5 (RFC 8628
    /// section 3.2). Default: 5.
    pub polling_interval: Option<u64>,
    /// If `true`, the response to a poll before the end of the interval is `slow_down`.
    /// Default: `true`.
    pub enforce_polling_interval: bool,

    pub(crate) clock: Clock,
}

impl Config {
    /// Returns the default configuration after a change.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut config = Self::default();
        change(&mut config);
        config
    }

    /// Sets the clock of the server. Default: the system clock.
    ///
    /// With a manual clock, one call advances the server and the program under test:
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use workos_login_mock_server::{Config, Server};
    /// use workos_login_session::{Clock, ManualClock};
    ///
    /// let clock = ManualClock::new(SystemTime::now());
    /// let time = clock.clone();
    /// let server = Server::start(Config::with(|config| config.set_clock(move || time.now())))?;
    ///
    /// clock.advance(Duration::from_secs(300));
    /// assert_eq!(server.now(), clock.now());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_clock(&mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) {
        self.clock = Clock::new(now);
    }

    /// The default client ID.
    pub const CLIENT_ID: &'static str = "client_01K1TESTC11ENT000000000000";
    /// The default API key. It is not valid at WorkOS.
    pub const API_KEY: &'static str = "sk_test_this_opens_nothing";

    pub(crate) fn has_client(&self, id: &str) -> bool {
        self.client_ids.iter().any(|known| known == id)
    }

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email == email)
    }

    /// Returns the challenges of a user, or none if the user was deleted.
    pub(crate) fn challenges_of(&self, user_id: &str) -> Vec<Challenge> {
        let user = self.user(user_id);
        user.map(|user| user.challenges.clone()).unwrap_or_default()
    }

    pub(crate) fn has_organization(&self, id: &str) -> bool {
        self.users.iter().any(|user| user.membership(id).is_some())
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            client_ids: vec![Self::CLIENT_ID.to_owned()],
            api_key: Some(Self::API_KEY.to_owned()),
            redirect_uris: None,
            logout_redirect_uris: None,
            allowed_origins: Vec::new(),
            refresh_cookie: false,
            site: None,
            users: vec![User::alice(), User::bob(), User::carol()],
            login_page: LoginPage::default(),
            code_lifetime: Duration::from_secs(600),
            access_token_lifetime: Duration::from_secs(300),
            session_lifetime: Duration::from_secs(30 * 86_400),
            rotate_refresh_tokens: true,
            replay_window: Duration::ZERO,
            reuse_ends_session: false,
            issuer: "https://api.workos.com".to_owned(),
            token_skew: 0,
            claims: BTreeMap::new(),
            access_token: None,
            token_response_fields: BTreeMap::new(),
            device_code_lifetime: Duration::from_secs(300),
            polling_interval: Some(5),
            enforce_polling_interval: true,
            clock: Clock::new(SystemTime::now),
        }
    }
}

/// The behaviour of the login page and of the device page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginPage {
    /// Approves every request at once, as the user with this e-mail address.
    ApproveAs(String),
    /// Denies every request at once.
    Deny,
    /// Shows a page on which the user decides.
    #[default]
    Interactive,
}

/// Sets the fields that have a value and removes the others.
pub(crate) fn set_fields(
    object: &mut Map<String, Value>,
    fields: &BTreeMap<String, Option<Value>>,
) {
    for (name, value) in fields {
        match value {
            Some(value) => object.insert(name.clone(), value.clone()),
            None => object.remove(name),
        };
    }
}
