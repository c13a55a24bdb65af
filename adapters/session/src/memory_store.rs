//! A store that ends with the process.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_lite::future;
use workos_login::BoxFuture;

use crate::clock::Clock;
use crate::error::StoreError;
use crate::record::{Expected, StoredSession};
use crate::store::{Store, StoreLock};

/// A store in memory: for tests, and for a session that ends with the process.
///
/// Clones share one record and one lock.
#[derive(Clone)]
pub struct MemoryStore {
    record: Arc<Mutex<Option<StoredSession>>>,
    lock: Arc<async_lock::Mutex<()>>,
    clock: Arc<dyn Clock>,
}

impl MemoryStore {
    /// Makes an empty store.
    #[cfg(not(target_arch = "wasm32"))]
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(crate::clock::SystemClock))
    }

    /// Makes an empty store whose lock times out by a clock of its own.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self {
            record: Arc::default(),
            lock: Arc::default(),
            clock,
        }
    }

    fn record(&self) -> MutexGuard<'_, Option<StoredSession>> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self, record: Option<StoredSession>, expected: Expected) -> Result<(), StoreError> {
        let mut stored = self.record();
        expected.check(stored.as_ref())?;
        *stored = record;
        Ok(())
    }
}

impl Store for MemoryStore {
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>, StoreError>> {
        Box::pin(async { Ok(self.record().clone()) })
    }

    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.replace(Some(record.clone()), expected) })
    }

    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            if self.record().is_none() {
                return Ok(());
            }
            self.replace(None, expected)
        })
    }

    fn lock(
        &self,
        wait: Duration,
        _lease: Duration,
    ) -> BoxFuture<'_, Result<Option<StoreLock>, StoreError>> {
        Box::pin(async move {
            let lock = async { Some(StoreLock::new(self.lock.lock_arc().await)) };
            let timeout = async {
                self.clock.sleep(wait).await;
                None
            };
            Ok(future::or(lock, timeout).await)
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod blocking {
    use super::{Duration, Expected, MemoryStore, Store, StoreError, StoreLock, StoredSession};
    use crate::block_on::block_on;
    use crate::store::BlockingStore;

    impl Default for MemoryStore {
        fn default() -> Self {
            Self::new()
        }
    }

    impl BlockingStore for MemoryStore {
        fn load(&self) -> Result<Option<StoredSession>, StoreError> {
            block_on(Store::load(self))
        }

        fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
            block_on(Store::save(self, record, expected))
        }

        fn clear(&self, expected: Expected) -> Result<(), StoreError> {
            block_on(Store::clear(self, expected))
        }

        fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, StoreError> {
            block_on(Store::lock(self, wait, lease))
        }

        fn check(&self) -> Result<(), StoreError> {
            block_on(Store::check(self))
        }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
