//! A native application: its client, its name, and where its session is stored.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use workos_login::{Authenticated, Outcome, RedirectUri};
use workos_login_session::{BlockingSessionManager, Machine, SessionPolicy, SessionWarning};
use workos_login_ureq::{Agent, agent};

use crate::error::NativeError;
use crate::login;
use crate::login::context::Context;
use crate::login::options::Login;
use crate::native_client::NativeClient;
use crate::session::{LoggedOut, NativeSession};
use crate::storage::{Location, NativeStore, Storage};

/// A native application that logs a user in and keeps the session.
///
/// Clones share the session. All processes with the same client, name and account share it, too, if the store outlives the process.
#[derive(Clone)]
pub struct NativeApp {
    pub(crate) client: NativeClient,
    pub(crate) name: Arc<str>,
    account: Arc<str>,
    pub(crate) agent: Agent,
    pub(crate) redirect_uri: Option<RedirectUri>,
    storage: Storage,
    /// The store, after its first use.
    opened: Arc<Mutex<Option<Opened>>>,
}

/// The session of an application, in its store.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) manager: BlockingSessionManager,
    pub(crate) store: Arc<dyn NativeStore>,
    pub(crate) location: Location,
}

impl NativeApp {
    /// Makes an application whose session is stored in the keyring of the operating system.
    ///
    /// The user sees the name in the browser and in the keyring. Do not change it: the session is stored under it.
    pub fn new(client: impl Into<NativeClient>, name: impl Into<String>) -> Self {
        Self {
            client: client.into(),
            name: name.into().into(),
            account: "default".into(),
            agent: agent(),
            redirect_uri: None,
            storage: Storage::default(),
            opened: Arc::default(),
        }
    }

    /// Sets the account, for an application with several sessions. The default is `default`.
    #[must_use]
    pub fn account(self, name: impl Into<String>) -> Self {
        Self {
            account: name.into().into(),
            ..self.closed()
        }
    }

    /// Sets another client, for example with endpoints that were discovered since.
    #[must_use]
    pub fn with_client(self, client: impl Into<NativeClient>) -> Self {
        Self {
            client: client.into(),
            ..self.closed()
        }
    }

    /// Sets the HTTP agent.
    #[must_use]
    pub fn agent(self, agent: impl Into<Agent>) -> Self {
        Self {
            agent: agent.into(),
            ..self.closed()
        }
    }

    /// Sets the redirect URI, as it is registered.
    ///
    /// The one of [`login`](Self::login) is on the loopback interface, by default `http://127.0.0.1:PORT/callback` with a free port. That of
    /// [`begin`](Self::begin) has a private-use scheme, such as `com.example.app:/callback`, or is an https link that the
    /// operating system opens in the application (RFC 8252 sections 7.1 and 7.2).
    #[must_use]
    pub fn redirect_uri(mut self, redirect_uri: RedirectUri) -> Self {
        self.redirect_uri = Some(redirect_uri);
        self
    }

    /// Sets where the session is stored.
    #[must_use]
    pub fn storage(self, storage: Storage) -> Self {
        Self {
            storage,
            ..self.closed()
        }
    }

    fn closed(self) -> Self {
        Self {
            opened: Arc::default(),
            ..self
        }
    }

    /// Returns the client.
    #[must_use]
    pub fn client(&self) -> &NativeClient {
        &self.client
    }

    /// Returns the account.
    #[must_use]
    pub fn account_name(&self) -> &str {
        &self.account
    }

    /// Returns where the session is stored, as it was set.
    #[must_use]
    pub fn selected_storage(&self) -> &Storage {
        &self.storage
    }

    /// Logs the user in with the system browser, and stores the session.
    ///
    /// It blocks until the login is complete. If no browser can be opened, it uses the device authorization grant, whose user code only
    /// the [events](Login::progress) of [`login_with`](Self::login_with) show.
    ///
    /// # Errors
    ///
    /// [`NativeError`]; there is no new session.
    pub fn login(&self) -> Result<NativeSession, NativeError> {
        self.login_with(|login| login)
    }

    /// Logs the user in with options, and stores the session in place of any other.
    ///
    /// # Errors
    ///
    /// [`NativeError`]; there is no new session.
    pub fn login_with<'a>(
        &self,
        options: impl FnOnce(Login<'a>) -> Login<'a>,
    ) -> Result<NativeSession, NativeError> {
        let login = options(Login::new());
        login.check(&self.client)?;
        let app = self.clone();
        // A keyring that asks the user to unlock it blocks.
        let opened = login.canceller.run(move || app.writable())??;
        let mut context = Context::new(self.agent.clone(), login);
        let session = login::log_in(self, &mut context)?;
        let stored = self.store(&opened, session.clone());
        if let Some(page) = context.page {
            page.respond(
                &stored
                    .as_ref()
                    .map(|_| Outcome::Authenticated(Box::new(session))),
            );
        }
        stored
    }

    /// Returns the session of an earlier login, in this process or in another; `None` without one. It sends nothing.
    ///
    /// # Errors
    ///
    /// [`NativeError::NoStore`] or [`NativeError::Session`] if the store cannot be read.
    pub fn session(&self) -> Result<Option<NativeSession>, NativeError> {
        let opened = self.opened()?;
        let session = opened.manager.session()?;
        Ok(session.map(|_| NativeSession::new(self.clone(), opened)))
    }

    /// Ends the session, if there is one: see [`NativeSession::log_out`]. It also removes a session that cannot be read.
    ///
    /// # Errors
    ///
    /// [`NativeError::StillStored`] if the store could not be cleared.
    pub fn log_out(&self) -> Result<LoggedOut, NativeError> {
        NativeSession::new(self.clone(), self.opened()?).log_out()
    }

    /// Returns the store, and the manager of the session in it.
    pub(crate) fn opened(&self) -> Result<Opened, NativeError> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = &*opened {
            return Ok(opened.clone());
        }
        let client = self.client.any();
        let (store, location) = self
            .storage
            .open(&self.name, &client, &self.account)
            .map_err(NativeError::NoStore)?;
        let machine = Machine::new(client, SessionPolicy::default());
        let manager = BlockingSessionManager::new(machine, store.clone(), self.agent.clone());
        Ok(opened
            .insert(Opened {
                manager,
                store,
                location,
            })
            .clone())
    }

    /// Returns the store, after a check that a session can be stored there.
    pub(crate) fn writable(&self) -> Result<Opened, NativeError> {
        let opened = self.opened()?;
        match opened.store.check() {
            Ok(()) => Ok(opened),
            Err(error) => Err(NativeError::NotWritable(error)),
        }
    }

    /// Stores a new session in place of any other.
    pub(crate) fn store(
        &self,
        opened: &Opened,
        session: Authenticated,
    ) -> Result<NativeSession, NativeError> {
        let token = opened.manager.log_in(session)?;
        match token.warning() {
            Some(SessionWarning::NotStored(cause)) => Err(NativeError::NotStored(cause.clone())),
            // The session is in the store; the warning comes again with the next access token.
            _ => Ok(NativeSession::new(self.clone(), opened.clone())),
        }
    }
}

impl fmt::Debug for NativeApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeApp")
            .field("client", &self.client)
            .field("name", &self.name)
            .field("account", &self.account)
            .field("storage", &self.storage)
            .finish_non_exhaustive()
    }
}
