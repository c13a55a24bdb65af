//! Sessions in stores, under random keys that the cookies hold.
//!
//! Each request loads the record, so that a logout or another change by another process counts at once. Besides, a process keeps the manager
//! of each session for a while. While the store cannot be reached, the manager hands out its token as long as it is usable, and it holds a
//! refreshed session that could not be saved: without it, the refresh token in the store would be a used one.

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use workos_login::secrecy::SecretString;
use workos_login::{Any, Authenticated, Client};
use workos_login_session::{Generation, SessionManager, Store, StoreError, StoreFactory};

use crate::kept::{Entry, Kept};
use crate::settings::Settings;

/// The time that a manager is kept after the last request.
const RETAINED: Duration = Duration::from_secs(60 * 60);

/// The reason a new session is not stored.
pub(crate) type NotStored = Box<dyn Error + Send + Sync>;

pub(crate) struct StoredSessions {
    factory: Box<dyn StoreFactory>,
    managers: Mutex<Kept<SessionManager>>,
}

impl StoredSessions {
    pub(crate) fn new(factory: impl StoreFactory) -> Self {
        Self {
            factory: Box::new(factory),
            managers: Mutex::default(),
        }
    }

    /// Returns the manager of the session with this key, or `None` if there is no session.
    pub(crate) async fn find(&self, settings: &Settings, key: &str) -> Option<SessionManager> {
        if !is_key(key) {
            return None;
        }
        match self.store(settings, key).load().await {
            Ok(Some(record)) => Some(self.current(settings, key, record.generation()).await),
            Ok(None) => {
                self.managers().remove(key);
                None
            }
            // It reports the error, unless it has a usable token.
            Err(_) => Some(self.manager(settings, key)),
        }
    }

    /// Stores a new session, and returns its key.
    pub(crate) async fn log_in(
        &self,
        settings: &Settings,
        session: Authenticated,
    ) -> Result<String, NotStored> {
        // A new key for each login: one that was known before it is worth nothing after it (session fixation).
        let key = new_key();
        let token = self.manager(settings, &key).log_in(session).await?;
        if let Some(warning) = token.warning() {
            // Other processes would not find the session, and would delete its cookie.
            self.managers().remove(&key);
            return Err(warning.clone().into());
        }
        Ok(key)
    }

    /// Checks that a session can be stored.
    pub(crate) async fn check(&self, settings: &Settings) -> Result<(), StoreError> {
        self.store(settings, &new_key()).check().await
    }

    /// Returns the manager that is kept, or a new one.
    pub(crate) fn manager(&self, settings: &Settings, key: &str) -> SessionManager {
        let now = settings.now();
        let mut managers = self.managers();
        if let Some(entry) = managers.get(key, now) {
            entry.until = now + RETAINED;
            return entry.value.clone();
        }
        self.replace(&mut managers, settings, key)
    }

    /// Returns a manager that knows no older session than the stored one.
    async fn current(&self, settings: &Settings, key: &str, stored: Generation) -> SessionManager {
        let manager = self.manager(settings, key);
        let session = manager.session().await;
        let is_other = |session: &Authenticated| Generation::of(session) != stored;
        if !matches!(&session, Ok(Some(session)) if is_other(session)) {
            return manager;
        }
        // Either another process has changed the session, or this one could not save its change and has to keep it.
        if manager.flush().await.is_err() {
            return manager;
        }
        self.replace(&mut self.managers(), settings, key)
    }

    fn replace(
        &self,
        managers: &mut Kept<SessionManager>,
        settings: &Settings,
        key: &str,
    ) -> SessionManager {
        let manager = settings.manager(self.store(settings, key));
        let now = settings.now();
        let new = Entry {
            value: manager.clone(),
            until: now + RETAINED,
        };
        managers.insert(key, new, now);
        manager
    }

    fn store(&self, settings: &Settings, key: &str) -> Arc<dyn Store> {
        let client = Client::<Any>::from(settings.client.clone());
        self.factory.store(&client, &SecretString::from(key))
    }

    fn managers(&self) -> MutexGuard<'_, Kept<SessionManager>> {
        self.managers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_key() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

fn is_key(value: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(value)
        .is_ok_and(|key| key.len() == 32)
}
