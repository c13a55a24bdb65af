//! Sessions in cookies, of any form.
//!
//! A seal is an opened cookie: the session record, a handle and a sequence number, which grows with each refresh. A session that is due gets a
//! manager in this process, under its handle. Requests with the cookie of before the refresh have the same handle, so they find the manager
//! and never send the used refresh token. The manager is kept until [`RETAINED`] after a request came with the newest cookie: a response
//! that the browser never received loses nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use workos_login::{Authenticated, Timestamp};
use workos_login_session::{
    Expected, Generation, MemoryStore, SessionManager, Store, StoredSession,
};

use crate::kept::{Entry, Kept};
use crate::settings::Settings;

/// The time that a request with the cookie of before a refresh is served.
const RETAINED: Duration = Duration::from_secs(60);
/// The time that a refreshed session is kept whose new cookie the browser has not sent.
const UNCONFIRMED: Duration = Duration::from_secs(24 * 60 * 60);

/// The form of a session in a cookie.
pub(crate) trait Form: Send + Sync {
    /// Returns the handle and the sequence number of a new session.
    fn begin(&self, session: &Authenticated) -> (String, u64);

    /// Returns the sequence number of a session that replaces another one.
    fn next(&self, sequence: u64, session: &Authenticated) -> u64;

    /// Seals a session, and returns the value of its cookie.
    fn seal(&self, settings: &Settings, seal: &Seal) -> String;

    /// Opens the value of a session cookie.
    fn open(&self, settings: &Settings, value: &str) -> Option<Seal>;
}

/// Sessions in cookies: nothing is stored on the server.
pub(crate) struct InCookies {
    form: Box<dyn Form>,
    managers: Mutex<Kept<Managed>>,
}

struct Managed {
    manager: SessionManager,
    store: MemoryStore,
    generation: Generation,
    /// The generation before the last change, which can have the same sequence number.
    previous: Option<Generation>,
    sequence: u64,
}

/// An opened cookie.
#[derive(Serialize, Deserialize)]
pub(crate) struct Seal {
    pub(crate) handle: String,
    pub(crate) sequence: u64,
    pub(crate) expires: Timestamp,
    pub(crate) record: StoredSession,
}

impl InCookies {
    pub(crate) fn new(form: impl Form + 'static) -> Self {
        Self {
            form: Box::new(form),
            managers: Mutex::default(),
        }
    }

    /// Opens the value of a session cookie that is valid and of this client.
    pub(crate) fn open(&self, settings: &Settings, value: &str) -> Option<Seal> {
        let seal = self.form.open(settings, value)?;
        let is_valid = seal.expires.ahead_of(settings.now()) > Duration::ZERO
            && seal.record.session().bound_to(&settings.client).is_ok();
        is_valid.then_some(seal)
    }

    /// Returns the value of the cookie of a new session.
    pub(crate) fn begin(&self, settings: &Settings, session: Authenticated) -> String {
        let (handle, sequence) = self.form.begin(&session);
        let seal = Seal {
            handle,
            sequence,
            expires: (settings.now() + settings.session_ttl).into(),
            record: StoredSession::new(session),
        };
        self.form.seal(settings, &seal)
    }

    /// Returns the manager of a session if it has one: it was due, or was changed, a short time ago.
    pub(crate) fn known(&self, settings: &Settings, seal: &Seal) -> Option<SessionManager> {
        let now = settings.now();
        let mut managers = self.managers();
        let entry = managers.get(&seal.handle, now)?;
        let sequence = entry.value.sequence;
        if seal.sequence > sequence {
            // Another process has refreshed the session since.
            managers.remove(&seal.handle);
            return None;
        }
        if seal.sequence == sequence && sequence > 0 {
            entry.until = entry.until.min(now + RETAINED);
        }
        Some(entry.value.manager.clone())
    }

    /// Returns the manager of a session, and makes one if there is none.
    pub(crate) async fn manager(&self, settings: &Settings, seal: &Seal) -> SessionManager {
        if let Some(manager) = self.known(settings, seal) {
            return manager;
        }
        let store = MemoryStore::with_clock(settings.clock.clone());
        // A store in memory does not fail, and this one is empty.
        let _ = Store::save(&store, &seal.record, Expected::Anything).await;
        let manager = settings.manager(Arc::new(store.clone()));
        let now = settings.now();
        let new = Entry {
            value: Managed {
                manager,
                store,
                generation: seal.record.generation(),
                previous: None,
                sequence: seal.sequence,
            },
            until: now + UNCONFIRMED,
        };
        // Another request may have been faster.
        let mut managers = self.managers();
        managers
            .get_or_insert(&seal.handle, new, now)
            .manager
            .clone()
    }

    /// Returns the cookie of a session that is newer than the one of the seal, if its manager has one.
    pub(crate) async fn newer(&self, settings: &Settings, seal: &Seal) -> Option<String> {
        let now = settings.now();
        let store = self.managers().get(&seal.handle, now)?.value.store.clone();
        let record = Store::load(&store).await.ok()??;
        let (sequence, is_newer) = {
            let mut managers = self.managers();
            let entry = managers.get(&seal.handle, now)?;
            let managed = &mut entry.value;
            if record.generation() != managed.generation {
                managed.previous = Some(managed.generation);
                managed.generation = record.generation();
                managed.sequence = self.form.next(managed.sequence, record.session());
                entry.until = now + UNCONFIRMED;
            }
            let is_previous = managed.previous == Some(seal.record.generation());
            (
                managed.sequence,
                managed.sequence > seal.sequence || is_previous,
            )
        };
        is_newer.then(|| {
            let newer = Seal {
                handle: seal.handle.clone(),
                sequence,
                expires: (settings.now() + settings.session_ttl).into(),
                record,
            };
            self.form.seal(settings, &newer)
        })
    }

    fn managers(&self) -> MutexGuard<'_, Kept<Managed>> {
        self.managers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
