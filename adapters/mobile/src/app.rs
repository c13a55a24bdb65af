//! An application: its login and its session.
//!
//! The callback can arrive in another process than the one that began the login: the pending login is in the storage, from which one
//! process takes it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use blocking::unblock;
use workos_login::{Client, Exchanging, HttpClient as _, RedirectUri, SendError};
use workos_login_session::{
    Machine, OnThreads, PendingLoginStore as _, SessionManager, SessionPolicy,
};

use crate::configuration::{Configuration, ConnectionSelector, LoginOptions};
use crate::error::{MobileError, configuration, text};
use crate::http::{HttpClient, HttpError, Platform};
use crate::storage::{MobileStore, Storage};
use crate::token::{Session, Token};

/// An application that logs a user in and keeps the session. One object is enough; its methods can be called from any thread.
///
/// Every call can be cancelled. A cancelled refresh is repeated by the next call; a login that is cancelled during
/// [`finish`](Self::finish) has to begin again.
#[derive(uniffi::Object)]
pub struct MobileApp {
    login: LoginContext,
    http: Platform,
    manager: SessionManager,
}

/// The parts of a login beside the network.
#[derive(Clone)]
struct LoginContext {
    client: Client,
    redirect_uri: RedirectUri,
    store: MobileStore,
}

#[uniffi::export]
impl MobileApp {
    /// Makes an application. It reads nothing and sends nothing.
    ///
    /// # Errors
    ///
    /// [`MobileError::Configuration`] if the client ID, the redirect URI or the base URL is invalid.
    #[uniffi::constructor]
    pub fn new(
        configuration: Configuration,
        http: Arc<dyn HttpClient>,
        storage: Arc<dyn Storage>,
    ) -> Result<Self, MobileError> {
        let client = configuration.client()?;
        let redirect_uri = configuration
            .redirect_uri
            .parse()
            .map_err(self::configuration)?;
        let store = MobileStore {
            storage,
            lock_directory: configuration.lock_directory.into(),
        };
        let http = Platform(http);
        let machine = Machine::new(client.clone(), SessionPolicy::default());
        let on_threads = Arc::new(OnThreads::new(store.clone()));
        let manager = SessionManager::new(machine, on_threads, http.clone());
        let login = LoginContext {
            client,
            redirect_uri,
            store,
        };
        Ok(Self {
            login,
            http,
            manager,
        })
    }

    /// Begins a login, stores it in place of any other pending one, and returns the authorization URL to open in the browser.
    ///
    /// The storage is checked first, so that no session is created that cannot be stored.
    ///
    /// # Errors
    ///
    /// The storage cannot be written, or an option is invalid.
    #[uniffi::method(default(options = None))]
    pub async fn begin(&self, options: Option<LoginOptions>) -> Result<String, MobileError> {
        let LoginOptions {
            selector,
            login_hint,
        } = options.unwrap_or_default();
        let selector = selector.unwrap_or(ConnectionSelector::SignIn).into_core()?;
        self.manager.check().await?;
        let login = self.login.clone();
        unblock(move || {
            let mut start = login.client.login(selector, login.redirect_uri.clone());
            if let Some(hint) = login_hint {
                start = start.login_hint(hint);
            }
            let (url, pending) = start.begin(SystemTime::now(), &mut rand::rng());
            login.store.begin_login(&pending)?;
            Ok(url.as_str().to_owned())
        })
        .await
    }

    /// Finishes the login with its callback: exchanges the code and stores the session.
    ///
    /// The result is nothing if the URL is not the callback of the pending login. Pass every URL that the application receives: any program
    /// can send one, and only the callback with the `state` of the pending login has an effect, and only once.
    ///
    /// # Errors
    ///
    /// The login is over, except after [`MobileError::Unavailable`]: call it again with the same URL.
    pub async fn finish(&self, callback: String) -> Result<Option<Arc<Token>>, MobileError> {
        let login = self.login.clone();
        let taken = unblock(move || {
            let client = login.client.into();
            login
                .store
                .take_login(&client, &callback, SystemTime::now())
        });
        let Some((exchanging, pending)) = taken.await? else {
            return Ok(None);
        };
        let error = match self.http.send(exchanging).await {
            Ok(outcome) => {
                let session = outcome.authenticated()?;
                return Ok(Some(token(self.manager.log_in(session).await?)));
            }
            Err(error) => exchange_error(error),
        };
        if matches!(error, MobileError::Unavailable { .. }) {
            let store = self.login.store.clone();
            unblock(move || store.put_back_login(&pending)).await?;
        }
        Err(error)
    }

    /// Returns the session of an earlier login, also after a restart; nothing without one. It sends nothing.
    ///
    /// # Errors
    ///
    /// The storage cannot be read, or holds the session of another client.
    pub async fn session(&self) -> Result<Option<Session>, MobileError> {
        let session = self.manager.session().await?;
        Ok(session.map(|session| Session::of(&session)))
    }

    /// Returns an access token that has not expired, and refreshes the session if it is due. Call it before each request.
    ///
    /// # Errors
    ///
    /// There is no such token; the case says what to do.
    pub async fn access_token(&self) -> Result<Arc<Token>, MobileError> {
        Ok(token(self.manager.access_token().await?))
    }

    /// Refreshes the session, due or not, for a change at the service that the access token shows, such as a new role.
    ///
    /// With the token that a resource server has rejected with 401, the result is another one: a newer one that is stored already, or
    /// that of a refresh.
    ///
    /// # Errors
    ///
    /// The session was not refreshed; the case says what to do.
    #[uniffi::method(default(rejected = None))]
    pub async fn refresh(&self, rejected: Option<Arc<Token>>) -> Result<Arc<Token>, MobileError> {
        let refreshed = match rejected {
            Some(rejected) => self.manager.refresh_rejected(&rejected.0).await?,
            None => self.manager.refresh_now().await?,
        };
        Ok(token(refreshed))
    }

    /// Removes the session from the storage, and returns the URL that ends it at the service when the browser opens it.
    ///
    /// The browser then goes to `return_to`, which must be registered. The result is nothing if no user was logged in.
    ///
    /// # Errors
    ///
    /// The storage still holds the session: log out again.
    #[uniffi::method(default(return_to = None))]
    pub async fn log_out(&self, return_to: Option<String>) -> Result<Option<String>, MobileError> {
        let logged_out = self.manager.log_out().await;
        if let Some(error) = logged_out.error() {
            return Err(error.clone().into());
        }
        let session = logged_out.session();
        let url = session
            .and_then(|session| session.logout_url(&self.login.client, return_to.as_deref()));
        Ok(url.map(String::from))
    }
}

fn token(token: workos_login_session::Token) -> Arc<Token> {
    Arc::new(Token(token))
}

fn exchange_error(error: SendError<Exchanging, HttpError>) -> MobileError {
    match error {
        SendError::Refused(refused) => workos_login::Error::from(refused).into(),
        SendError::Transport(error) => MobileError::Unavailable {
            text: text(error.source()),
            retry_in: Duration::from_secs(1),
        },
    }
}
