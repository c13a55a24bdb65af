//! The store of a pending login until its callback arrives, perhaps in another process.

use std::time::Duration;

use workos_login::AwaitingCallback;

use crate::error::StoreError;
use crate::store::StoreLock;

/// Stores one pending login, with calls that block.
///
/// It is for applications whose callback is a link that the operating system opens, perhaps in a new process. The pending login is a
/// secret: neither the errors nor the `Debug` of a store show it. A later login replaces it.
pub trait PendingLoginStore: Send + Sync {
    /// Loads the pending login that was saved last, by any process.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds something else than a pending login.
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError>;

    /// Saves a pending login in place of any other, atomically. The caller holds the lock.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    fn save_login(&self, login: &AwaitingCallback) -> Result<(), StoreError>;

    /// Removes the pending login, if there is one. The caller holds the lock.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    fn clear_login(&self) -> Result<(), StoreError>;

    /// Acquires the lock of the pending login; `None` after `wait`. It is not the lock of the session.
    ///
    /// # Errors
    ///
    /// The store has no lock to acquire.
    fn lock_login(&self, wait: Duration) -> Result<Option<StoreLock>, StoreError>;
}
