//! A store that ends with the process.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use workos_login::session::StoredSession;

use crate::store::Store;

/// A store in memory: for tests, and for a session that is to end with the process.
///
/// Clones share one record and one lock.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Default)]
struct Shared {
    record: Mutex<Option<StoredSession>>,
    locked: Mutex<bool>,
    unlocked: Condvar,
}

impl MemoryStore {
    /// Makes an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn record(&self) -> MutexGuard<'_, Option<StoredSession>> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    type Error = Infallible;
    type Guard = MemoryGuard;

    fn load(&self) -> Result<Option<StoredSession>, Infallible> {
        Ok(self.record().clone())
    }

    fn save(&self, record: &StoredSession) -> Result<(), Infallible> {
        *self.record() = Some(record.clone());
        Ok(())
    }

    fn clear(&self) -> Result<(), Infallible> {
        *self.record() = None;
        Ok(())
    }

    fn lock(&self, lease: Duration) -> Result<Option<MemoryGuard>, Infallible> {
        let locked = self.0.locked.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut locked, _) = self
            .0
            .unlocked
            .wait_timeout_while(locked, lease, |locked| *locked)
            .unwrap_or_else(PoisonError::into_inner);
        if *locked {
            return Ok(None);
        }
        *locked = true;
        Ok(Some(MemoryGuard(Arc::clone(&self.0))))
    }

    fn check(&self) -> Result<(), Infallible> {
        Ok(())
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

/// The lock of a [`MemoryStore`], held.
#[must_use = "the lock is given back when this is dropped"]
pub struct MemoryGuard(Arc<Shared>);

impl Drop for MemoryGuard {
    fn drop(&mut self) {
        *self.0.locked.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.unlocked.notify_one();
    }
}

impl fmt::Debug for MemoryGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryGuard").finish_non_exhaustive()
    }
}
