//! The settings of an application: its client, its cookies, its limits. Logins and sessions share them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::url::Url;
use workos_login::{Client, Confidential, RedirectUri, RefreshPolicy};
use workos_login_session::{Clock, Machine, SealingKeys, SessionManager, SessionPolicy, Store};

use crate::cookies::Cookies;
use crate::http::Http;
use crate::login_parameter::LoginParameter;

/// The settings of an application, which do not change while it runs.
pub(crate) struct Settings {
    pub(crate) client: Client<Confidential>,
    pub(crate) http: Http,
    pub(crate) redirect_uri: RedirectUri,
    /// The redirect URI as a URL, whose origin is that of the application.
    pub(crate) origin: Url,
    pub(crate) keys: Arc<SealingKeys>,
    pub(crate) cookies: Cookies,
    /// The parameters of `/login` that are allowed.
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
