//! How the server behaves; everything a test may want otherwise than usual.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;

use crate::user::User;

/// The behaviour of a [`Server`](crate::Server).
///
/// ```
/// use std::time::Duration;
/// use workos_login_mock_server::{Config, Server, LoginPage};
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
    /// Where to listen; `127.0.0.1:0`, a free port, unless told otherwise.
    pub address: SocketAddr,
    /// The client ids that are known, the first being the one that
    /// [`Server::client_id`](crate::Server::client_id) names. One: [`CLIENT_ID`](Self::CLIENT_ID).
    pub client_ids: Vec<String>,
    /// What confidential clients send as `client_secret`: [`API_KEY`](Self::API_KEY).
    /// Without one every client is public.
    pub api_key: Option<String>,
    /// The registered redirect addresses, compared as they are. `None` allows every absolute
    /// address whose scheme does no harm.
    pub redirect_uris: Option<Vec<String>>,
    /// Where a logout may lead, in the same way.
    pub logout_redirect_uris: Option<Vec<String>>,
    /// The people: Alice, Bob and Carol.
    pub users: Vec<User>,
    /// Who sits at the browser.
    pub login_page: LoginPage,

    /// How long an authorization code is good: ten minutes.
    pub code_lifetime: Duration,
    /// How long an access token is good: five minutes.
    pub access_token_lifetime: Duration,
    /// How long a session can be refreshed: thirty days.
    pub session_lifetime: Duration,
    /// Whether a refresh spends the refresh token and gives a new one. It does.
    pub rotate_refresh_tokens: bool,
    /// For how long a refresh with a spent token is answered by the same new pair. Zero: never.
    pub replay_window: Duration,
    /// Whether a spent token that comes back after the window ends the session. It does not.
    pub reuse_ends_session: bool,

    /// The claim `iss`.
    pub issuer: String,
    /// Seconds that `iat` and `exp` are ahead of the server's clock; behind it when negative.
    pub token_skew: i64,
    /// Claims to set, whatever they would have been; `None` leaves the claim out.
    pub claims: BTreeMap<String, Option<Value>>,
    /// Handed out in place of every access token, whether it is a token or not.
    pub access_token: Option<String>,
    /// Top-level fields of a successful answer to set; `None` leaves the field out.
    pub token_response_fields: BTreeMap<String, Option<Value>>,

    /// How long a device code is good: five minutes.
    pub device_code_lifetime: Duration,
    /// Seconds between two polls, and whether the answer says so. `None` leaves the field out,
    /// which means five.
    pub polling_interval: Option<u64>,
    /// Whether polling faster than the interval is answered by `slow_down`. It is.
    pub enforce_polling_interval: bool,
}

impl Config {
    /// The usual behaviour with some changes.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut config = Self::default();
        change(&mut config);
        config
    }

    /// The client id that is known unless another is configured.
    pub const CLIENT_ID: &'static str = "client_01K1TESTC11ENT000000000000";
    /// The API key that is good unless another is configured. It opens nothing anywhere.
    pub const API_KEY: &'static str = "sk_test_this_opens_nothing";

    pub(crate) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users.iter().find(|user| user.email == email)
    }

    pub(crate) fn knows_organization(&self, id: &str) -> bool {
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
        }
    }
}

/// Who is at the browser when the login page is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginPage {
    /// A person: the page is shown and waits.
    #[default]
    Interactive,
    /// Somebody who refuses at once, without a page.
    Deny,
    /// The user with this e-mail address, signed in at once, without a page.
    ApproveAs(String),
}
