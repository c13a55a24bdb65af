//! The login and the session of a page.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wasm_bindgen_futures::spawn_local;
use workos_login::url::Url;
use workos_login::{
    Callback, Client, ConnectionSelector, HttpClient as _, OrganizationId, Public, RedirectUri,
    SendError, Start,
};
use workos_login_session::{
    Expected, Machine, SessionError, SessionManager, SessionPolicy, Store as _, StoredSession,
    Token,
};

use crate::error::LoginError;
use crate::fetch::{FetchClient, FetchError};
use crate::js::{self, BrowserClock, BrowserRng};
use crate::page;
use crate::store::{OnLogout, TabStore};

/// The time that a tab waits for the refresh of another one.
const LEASE: Duration = Duration::from_secs(60);

/// The place of the refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefreshTokenStorage {
    /// In an `HttpOnly` cookie of the service. A reload restores the session.
    Cookie,
    /// In the `localStorage` of a loopback origin, for development where the service sets no cookie. A reload restores the session.
    ///
    /// Every script of the origin can read it there. Other origins are rejected.
    LocalStorage,
    /// In the memory of the tabs. The session ends with the last of them, and a reload of the only tab ends it, too.
    Memory,
}

/// The login and the session of a single-page application. All tabs of an origin share one session.
#[derive(Clone)]
pub struct BrowserSession(Rc<Page>);

struct Page {
    client: Client<Public>,
    redirect_uri: RedirectUri,
    storage: RefreshTokenStorage,
    http: FetchClient,
    store: TabStore,
    manager: SessionManager,
    on_logout: Rc<RefCell<Option<OnLogout>>>,
}

impl BrowserSession {
    /// Makes the session of a page. It sends nothing.
    ///
    /// # Errors
    ///
    /// [`LoginError::Store`] if the browser lacks what a session needs, or [`RefreshTokenStorage::LocalStorage`] is used on an origin
    /// other than a loopback origin.
    pub fn new(
        client: Client<Public>,
        redirect_uri: RedirectUri,
        storage: RefreshTokenStorage,
    ) -> Result<Self, LoginError> {
        let (client, http) = match storage {
            RefreshTokenStorage::Cookie => (client.refresh_cookie(), FetchClient::with_cookies()),
            RefreshTokenStorage::LocalStorage | RefreshTokenStorage::Memory => {
                (client, FetchClient::new())
            }
        };
        let store = TabStore::new(client.clone()).map_err(LoginError::Store)?;
        let store = match storage {
            RefreshTokenStorage::LocalStorage => {
                store.local_storage().map_err(LoginError::Store)?
            }
            RefreshTokenStorage::Cookie | RefreshTokenStorage::Memory => store,
        };
        #[expect(
            clippy::arc_with_non_send_sync,
            reason = "the session manager takes an Arc on every target"
        )]
        let shared = Arc::new(store.clone());
        let machine = Machine::new(client.clone(), SessionPolicy::default());
        let manager =
            SessionManager::with_clock(machine, shared, http, Arc::new(BrowserClock::default()));
        // The machine returns a fresh token without a look at the store, so it is told about a logout in another tab.
        let other = manager.clone();
        let on_logout: Rc<RefCell<Option<OnLogout>>> = Rc::default();
        let logged_out = Rc::clone(&on_logout);
        store.on_clear(move || {
            let manager = other.clone();
            let logged_out = Rc::clone(&logged_out);
            spawn_local(async move {
                // This tab's store is empty already, so nothing can fail.
                let _ = manager.log_out().await;
                if let Some(on_logout) = &*logged_out.borrow() {
                    on_logout();
                }
            });
        });
        Ok(Self(Rc::new(Page {
            client,
            redirect_uri,
            storage,
            http,
            store,
            manager,
            on_logout,
        })))
    }

    /// Calls `on_logout` when the user has logged out in another tab.
    pub fn on_logout(&self, on_logout: impl Fn() + 'static) {
        self.0.on_logout.replace(Some(Box::new(on_logout)));
    }

    /// Begins a login and leaves the page for the authorization URL. `options` sets the options of the login.
    ///
    /// # Errors
    ///
    /// [`LoginError::Page`] if the pending login cannot be stored; [`LoginError::Store`] if no session can be stored.
    pub async fn login_redirect(
        &self,
        selector: ConnectionSelector,
        options: impl for<'a> FnOnce(Start<'a, Public>) -> Start<'a, Public>,
    ) -> Result<(), LoginError> {
        let page = &self.0;
        page.store.check().await.map_err(LoginError::Store)?;
        let start = options(page.client.login(selector, page.redirect_uri.clone()));
        let (url, pending) = start.begin(js::now(), &mut BrowserRng::default());
        let url = Url::from(url);
        let state = url.query_pairs().find(|(name, _)| name == "state");
        let (_, state) = state.ok_or(LoginError::Page)?;
        // Stored before the page is left: the callback is another page.
        page::store_pending(&state, &pending)?;
        page::navigate(url.as_str())
    }

    /// Finishes the login if the address of the page is a callback; otherwise the result is `None`.
    ///
    /// The authorization response is removed from the address bar before anything else is done, whether it is accepted or not.
    ///
    /// # Errors
    ///
    /// [`LoginError::Rejected`] with [`NoPendingLogin`](workos_login::Error::NoPendingLogin) if this tab began no login with the
    /// `state` of the callback; any other [`LoginError`] if the login failed.
    pub async fn handle_callback(&self) -> Result<Option<Token>, LoginError> {
        let page = &self.0;
        let address = page::address()?;
        let url = Url::parse(&address).map_err(|_| LoginError::Page)?;
        if !url
            .query_pairs()
            .any(|(name, _)| name == "code" || name == "error")
        {
            return Ok(None);
        }
        page::clean_address(&address)?;
        let callback = Callback::parse(&address)?;
        let pending = match callback.state() {
            Some(state) => page::take_pending(state)?,
            None => None,
        };
        let pending = pending.ok_or(workos_login::Error::NoPendingLogin)?;
        pending
            .bound_to(&page.client)
            .map_err(workos_login::Error::from)?;
        let exchanging = pending
            .accept(&page.client, callback, js::now())
            .map_err(workos_login::Error::from)?;
        let outcome = page.http.send(exchanging).await.map_err(failed)?;
        let session = outcome.authenticated()?;
        let token = page.manager.log_in(session).await;
        token.map(Some).map_err(LoginError::Session)
    }

    /// Restores the session at the start of a page: from another tab, by the refresh token in `localStorage`, or by the cookie of the
    /// service if its hint cookie names this client. Without a session, the result is `None`.
    ///
    /// # Errors
    ///
    /// [`LoginError`] if there may be a session, but it could not be restored: the service is unavailable, or no response was received.
    pub async fn restore(&self) -> Result<Option<Token>, LoginError> {
        let page = &self.0;
        let lock = page.store.lock(LEASE, LEASE).await;
        let lock = lock.map_err(LoginError::Store)?;
        let lock = lock.ok_or(LoginError::Session(SessionError::Unavailable {
            retry_in: Duration::from_secs(1),
            cause: None,
        }))?;
        // Another tab may have a session, or may have restored it while this one waited for the lock.
        let shared = page.store.load().await.map_err(LoginError::Store)?;
        if shared.is_some() {
            drop(lock);
            let token = page.manager.access_token().await;
            return token.map(Some).map_err(LoginError::Session);
        }
        let restoring = match page.storage {
            RefreshTokenStorage::Cookie => {
                page::has_hint(page.client.id().as_str()).then(|| page.client.restore(None))
            }
            RefreshTokenStorage::LocalStorage => {
                let token = page.store.local_token();
                token.map(|token| page.client.restore_by_token(token, None))
            }
            RefreshTokenStorage::Memory => None,
        };
        let Some(restoring) = restoring else {
            return Ok(None);
        };
        page::visible().await;
        match page.http.send(restoring).await {
            Ok(session) => {
                // Handed to the other tabs before one of them acquires the lock and restores it once more.
                let record = StoredSession::new(session);
                let saved = page.store.save(&record, Expected::Anything).await;
                saved.map_err(LoginError::Store)?;
                drop(lock);
                let token = page.manager.access_token().await;
                token.map(Some).map_err(LoginError::Session)
            }
            Err(error) => match failed(error) {
                LoginError::Rejected(workos_login::Error::InvalidGrant(_)) => {
                    let cleared = page.store.clear(Expected::Nothing).await;
                    cleared.map(|()| None).map_err(LoginError::Store)
                }
                error => Err(error),
            },
        }
    }

    /// Returns an access token that has not expired, and refreshes the session if it is due.
    ///
    /// While the page is hidden, nothing is refreshed. A token that is not due is returned; otherwise the future waits until the page is
    /// visible.
    ///
    /// # Errors
    ///
    /// There is no such token; the [`SessionError`] says what to do.
    pub async fn access_token(&self) -> Result<Token, SessionError> {
        if let Some(token) = self.0.manager.fresh_access_token() {
            return Ok(token);
        }
        page::visible().await;
        self.0.manager.access_token().await
    }

    /// Refreshes the session whenever the page becomes visible and it is due. The future never ends.
    pub async fn refresh_when_visible(&self) {
        loop {
            page::becomes_visible().await;
            // The next call of `access_token` reports the error.
            let _ = self.access_token().await;
        }
    }

    /// Switches the session to another organization, and returns the access token for it.
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        self.0.manager.switch_organization(organization).await
    }

    /// Logs out in all tabs, and then leaves the page for the session logout URL, which ends the session at the service.
    ///
    /// # Errors
    ///
    /// [`LoginError::Page`] if the page cannot be left; [`LoginError::Session`] if the session was not cleared.
    pub async fn log_out(&self, return_to: Option<&str>) -> Result<(), LoginError> {
        let logged_out = self.0.manager.log_out().await;
        if let Some(error) = logged_out.error() {
            return Err(LoginError::Session(error.clone()));
        }
        let session = logged_out.session();
        if let Some(url) = session.and_then(|s| s.logout_url(&self.0.client, return_to)) {
            page::navigate(url.as_str())?;
        }
        Ok(())
    }

    /// Returns the session manager, for calls with an access token.
    #[must_use]
    pub fn manager(&self) -> &SessionManager {
        &self.0.manager
    }
}

fn failed<S>(error: SendError<S, FetchError>) -> LoginError {
    match error {
        SendError::Refused(refused) => LoginError::Rejected(refused.into()),
        SendError::Transport(error) => LoginError::Transport(error.into_source()),
    }
}

impl fmt::Debug for BrowserSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserSession")
            .field("client", &self.0.client)
            .finish_non_exhaustive()
    }
}
