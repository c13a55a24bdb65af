//! Where a session rests between operations and processes.

use std::error::Error;
use std::time::Duration;

use workos_login::session::StoredSession;

/// Where one session rests: a record or none, and a lock.
///
/// Everything here may block. What shares the store, in this process or in another, sees the same record and
/// the same lock.
///
/// The record is a secret. A store never shows it, neither in its errors nor in its `Debug`.
pub trait Store: Send + Sync {
    /// Why something could not be done. Its text says what the user can do about it.
    type Error: Error + Send + Sync + 'static;

    /// The lock, held. Dropping it gives the lock back, and takes no time.
    ///
    /// The system gives it back as well when the process dies: otherwise nobody could refresh until
    /// the lease is over.
    type Guard: Send + 'static;

    /// Reads the record.
    ///
    /// It is the one that was saved last, whoever saved it: a store caches nothing. Reading needs no lock.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or what it holds is not a record. "Nothing is there" is `None` and not an error.
    fn load(&self) -> Result<Option<StoredSession>, Self::Error>;

    /// Writes the record in place of any other.
    ///
    /// It is atomic: whoever reads, also after a crash in the middle, finds the old record or the new one.
    ///
    /// # Errors
    ///
    /// The store cannot be written; the old record is still there.
    fn save(&self, record: &StoredSession) -> Result<(), Self::Error>;

    /// Removes the record. That there is none is no error.
    ///
    /// # Errors
    ///
    /// The store cannot be written.
    fn clear(&self) -> Result<(), Self::Error>;

    /// Takes the lock, which is held by one guard at a time over all threads and processes; `None` when
    /// it was not to be had within `lease`.
    ///
    /// # Errors
    ///
    /// There is no lock to be had at all.
    fn lock(&self, lease: Duration) -> Result<Option<Self::Guard>, Self::Error>;

    /// Finds out whether the store can be written, without touching the record.
    ///
    /// It is asked before a login begins: a session that cannot be stored is better not made.
    ///
    /// # Errors
    ///
    /// It cannot, and why.
    fn check(&self) -> Result<(), Self::Error>;
}
