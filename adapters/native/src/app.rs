//! A native application: its client, its name, and where its session is stored.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use workos_login::RedirectUri;
use workos_login_session::{BlockingSessionManager, Machine, SessionPolicy};
use workos_login_ureq::{Agent, agent};

use crate::error::NativeError;
use crate::native_client::NativeClient;
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
