//! The settings of an application: its client, its cookies, its limits. Logins and sessions share them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::url::Url;
use workos_login::{Client, Confidential, RedirectUri, RefreshPolicy};
use workos_login_session::{Clock, Machine, SealingKeys, SessionManager, SessionPolicy, Store};

use crate::cookies::Cookies;
use crate::http::Http;

/// The settings of an application, which do not change while it runs.
pub(crate) struct Settings {
    pub(crate) client: Client<Confidential>,
    pub(crate) http: Http,
    pub(crate) redirect_uri: RedirectUri,
    /// The redirect URI as a URL, whose origin is that of the application.
    pub(crate) origin: Url,
    pub(crate) keys: Arc<SealingKeys>,
    pub(crate) cookies: Cookies,
    pub(crate) parameters: Vec<LoginParameter>,
    pub(crate) logged_out_url: Option<String>,
    pub(crate) session_ttl: Duration,
    pub(crate) refresh: RefreshPolicy,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Settings {
    /// Returns the context of a sealed cookie: a value of another name, client or issuer does not open.
    pub(crate) fn context<'a>(&'a self, cookie_name: &'a str) -> [&'a str; 3] {
        let client = &self.client;
        [cookie_name, client.id().as_str(), client.issuer()]
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.clock.now()
    }

    pub(crate) fn manager(&self, store: Arc<dyn Store>) -> SessionManager {
        let policy = SessionPolicy::default().refresh(self.refresh.clone());
        let machine = Machine::new(self.client.clone(), policy);
        SessionManager::with_clock(machine, store, self.http.clone(), self.clock.clone())
    }
}

/// A parameter of `/login` that an application can allow. `return_to` is always allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginParameter {
    /// `login_hint`, usually the e-mail address of the user.
    LoginHint,
    /// `max_age`: the user authenticates again if the last authentication is older (step-up authentication).
    MaxAge,
    /// `organization_id`: the session is for this organization.
    Organization,
    /// `prompt`.
    Prompt,
    /// `screen_hint`, which is `sign-in` or `sign-up`.
    Screen,
}

impl LoginParameter {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "login_hint" => Self::LoginHint,
            "max_age" => Self::MaxAge,
            "organization_id" => Self::Organization,
            "prompt" => Self::Prompt,
            "screen_hint" => Self::Screen,
            _ => return None,
        })
    }
}
