//! The stores of a session between operations and processes.

use std::fmt;
use std::time::Duration;

use workos_login::BoxFuture;

use crate::error::StoreError;
use crate::marker::MaybeSend;
use crate::record::{Expected, StoredSession};

/// Stores one session: a record or none, and a lock.
///
/// All that share the store, in this process or in another, share the record and the lock. The record is a secret: neither the
/// errors nor the `Debug` of a store show it. A record of another client is a record like any other; the
/// [`Machine`](crate::Machine) rejects it.
///
/// The feature `conformance` has a test of all this.
///
/// # Cancel safety
///
/// If the future of `save` or `clear` is dropped, the record is the old one or the new one. An implementation that goes on in the
/// background keeps the lock, if it is held, until it has finished.
pub trait Store: MaybeSend {
    /// Loads the record that was saved last, by any process. It needs no lock and caches nothing.
    ///
    /// Without a record, the result is `None`. It is an error if the store cannot be read, or holds something else.
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>, StoreError>>;

    /// Saves a record in place of the expected one, atomically: after a crash, the store holds the old record or the new one.
    ///
    /// If the store does not hold the expected record, the result is [`StoreError::conflict`], and nothing changes. A store whose
    /// lock can expire compares and saves in one atomic step. Only
    /// [`Expected::Anything`] matches an unreadable record.
    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Clears the store if it holds the expected record, as [`save`](Self::save) does. Without a record, there is nothing to do.
    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Acquires the lock, which has one holder at a time over all tasks, threads and processes; `None` after `wait`.
    ///
    /// If the process of the holder dies, the lock is released at once or after `lease`.
    fn lock(
        &self,
        wait: Duration,
        lease: Duration,
    ) -> BoxFuture<'_, Result<Option<StoreLock>, StoreError>>;

    /// Checks that a session can be stored, without a change of the record.
    ///
    /// It is called before a login starts, so that no session is created that cannot be stored.
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Stores one session, with calls that block. See [`Store`] for what each method does.
///
/// [`BlockingSessionManager`](crate::BlockingSessionManager) calls it directly, [`SessionManager`](crate::SessionManager) on other threads, through
/// [`OnThreads`](crate::OnThreads).
#[cfg(not(target_arch = "wasm32"))]
pub trait BlockingStore: Send + Sync {
    /// Loads the record. See [`Store::load`].
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds something else than a record.
    fn load(&self) -> Result<Option<StoredSession>, StoreError>;

    /// Saves a record in place of the expected one. See [`Store::save`].
    ///
    /// # Errors
    ///
    /// The store cannot be written, and still holds the old record.
    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError>;

    /// Clears the store. See [`Store::clear`].
    ///
    /// # Errors
    ///
    /// The store cannot be written, and still holds the record.
    fn clear(&self, expected: Expected) -> Result<(), StoreError>;

    /// Acquires the lock. See [`Store::lock`].
    ///
    /// # Errors
    ///
    /// The store has no lock to acquire.
    fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, StoreError>;

    /// Checks that a session can be stored. See [`Store::check`].
    ///
    /// # Errors
    ///
    /// No session can be stored.
    fn check(&self) -> Result<(), StoreError>;
}

/// The lock of a store, held. Dropping it releases the lock, without waiting.
#[must_use = "dropping it releases the lock"]
pub struct StoreLock {
    _guard: Box<dyn MaybeSend>,
}

impl StoreLock {
    /// Makes a lock that is released when `guard` is dropped.
    pub fn new(guard: impl MaybeSend + 'static) -> Self {
        Self {
            _guard: Box::new(guard),
        }
    }
}

impl fmt::Debug for StoreLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreLock").finish_non_exhaustive()
    }
}
