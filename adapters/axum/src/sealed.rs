//! Sessions in sealed cookies.
//!
//! The seal holds the session record, a random handle and a sequence number, which counts the refreshes. A session that is due gets a manager
//! in this process, under its handle. Requests with the cookie of before the refresh have the same handle, so they find the manager
//! and never send the used refresh token. The manager is kept until [`RETAINED`] after a request came with the newest cookie: a response
//! that the browser never received loses nothing.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use workos_login::{Authenticated, Timestamp};
use workos_login_session::{
    Expected, Generation, MemoryStore, SealingKeys, SessionManager, Store, StoredSession,
};

use crate::kept::{Entry, Kept};
use crate::web_auth::WebAuth;

/// The time that a request with the cookie of before a refresh is served.
const RETAINED: Duration = Duration::from_secs(60);
/// The time that a refreshed session is kept whose new cookie the browser has not sent.
const UNCONFIRMED: Duration = Duration::from_secs(24 * 60 * 60);

/// Sessions in sealed cookies: nothing is stored on the server.
pub struct SealedCookies {
    pub(crate) keys: Arc<SealingKeys>,
    managers: Mutex<Kept<Managed>>,
}

struct Managed {
    manager: SessionManager,
    store: MemoryStore,
    generation: Generation,
    sequence: u64,
}

/// The content of a sealed cookie.
#[derive(Serialize, Deserialize)]
pub(crate) struct Seal {
    handle: String,
    sequence: u64,
    expires: Timestamp,
    record: StoredSession,
}

impl SealedCookies {
    /// Makes sessions that are sealed with these keys.
    #[must_use]
    pub fn new(keys: SealingKeys) -> Self {
        Self {
            keys: Arc::new(keys),
            managers: Mutex::default(),
        }
    }

    /// Opens the value of a session cookie.
    pub(crate) fn open(&self, auth: &WebAuth, value: &str) -> Option<Seal> {
        let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
        let name = &auth.cookies().session;
        let text = self.keys.open(&auth.context(name), &sealed)?;
        let seal: Seal = serde_json::from_slice(&text).ok()?;
        let is_valid = seal.expires.ahead_of(auth.now()) > Duration::ZERO
            && seal.record.session().bound_to(auth.client()).is_ok();
        is_valid.then_some(seal)
    }

    /// Returns the value of the cookie of a session, with a new handle.
    pub(crate) fn begin(&self, auth: &WebAuth, session: Authenticated) -> String {
        let seal = Seal {
            handle: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()),
            sequence: 0,
            expires: (auth.now() + auth.session_ttl()).into(),
            record: StoredSession::new(session),
        };
        self.seal(auth, &seal)
    }

    /// Returns the manager of a session if it has one: it was due, or was changed, a short time ago.
    pub(crate) fn known(&self, auth: &WebAuth, seal: &Seal) -> Option<SessionManager> {
        let now = auth.now();
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
    pub(crate) async fn manager(&self, auth: &WebAuth, seal: &Seal) -> SessionManager {
        if let Some(manager) = self.known(auth, seal) {
            return manager;
        }
        let store = MemoryStore::with_clock(auth.clock());
        // A store in memory does not fail, and this one is empty.
        let _ = Store::save(&store, &seal.record, Expected::Anything).await;
        let manager = auth.manager(Arc::new(store.clone()));
        let now = auth.now();
        let new = Entry {
            value: Managed {
                manager,
                store,
                generation: seal.record.generation(),
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
    pub(crate) async fn newer(&self, auth: &WebAuth, seal: &Seal) -> Option<String> {
        let now = auth.now();
        let store = self.managers().get(&seal.handle, now)?.value.store.clone();
        let record = Store::load(&store).await.ok()??;
        let sequence = {
            let mut managers = self.managers();
            let entry = managers.get(&seal.handle, now)?;
            if record.generation() != entry.value.generation {
                entry.value.generation = record.generation();
                entry.value.sequence += 1;
                entry.until = now + UNCONFIRMED;
            }
            entry.value.sequence
        };
        (sequence > seal.sequence).then(|| {
            let newer = Seal {
                handle: seal.handle.clone(),
                sequence,
                expires: (auth.now() + auth.session_ttl()).into(),
                record,
            };
            self.seal(auth, &newer)
        })
    }

    fn seal(&self, auth: &WebAuth, seal: &Seal) -> String {
        let text = serde_json::to_vec(seal).expect("a session record is an object of texts");
        let context = auth.context(&auth.cookies().session);
        URL_SAFE_NO_PAD.encode(self.keys.seal(&context, &text, &mut rand::rng()))
    }

    fn managers(&self) -> MutexGuard<'_, Kept<Managed>> {
        self.managers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seal {
    pub(crate) fn handle(&self) -> &str {
        &self.handle
    }

    pub(crate) fn record(&self) -> &StoredSession {
        &self.record
    }
}

impl fmt::Debug for SealedCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedCookies").finish_non_exhaustive()
    }
}
