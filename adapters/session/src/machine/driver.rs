//! The interface of the machine to its driver.

use std::time::{Duration, SystemTime};

use workos_login::http::{Request, Response};

use crate::error::{Cause, StoreError};
use crate::record::{Expected, StoredSession};

/// Performs the I/O of a [`Machine`](crate::Machine).
///
/// One driver serves one operation. Dropping it releases the lock, if it holds it. A driver whose calls block makes futures that
/// are ready when they are polled once.
#[expect(
    async_fn_in_trait,
    reason = "whether the futures are `Send` depends on the driver"
)]
pub trait Driver {
    /// Returns the current time.
    fn now(&self) -> SystemTime;

    /// Acquires the lock of the store. It waits for at most `wait`; the store releases the lock of a dead process after `lease`.
    async fn lock(&mut self, wait: Duration, lease: Duration) -> Result<Lock, StoreError>;

    /// Releases the lock.
    async fn unlock(&mut self);

    /// Loads the record.
    async fn load(&mut self) -> Result<Option<StoredSession>, StoreError>;

    /// Saves a record in place of the expected one.
    async fn save(&mut self, record: &StoredSession, expected: Expected) -> Result<(), StoreError>;

    /// Clears the store, if it holds the expected record.
    async fn clear(&mut self, expected: Expected) -> Result<(), StoreError>;

    /// Sends a request and returns the response, whatever its status. Without one after `timeout`, the response is lost.
    async fn send(
        &mut self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, Cause>;

    /// Waits for `duration`.
    async fn sleep(&mut self, duration: Duration);
}

/// The outcome of acquiring the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a driver returns one of the two")]
pub enum Lock {
    /// The lock is held.
    Acquired,
    /// Another holder did not release it in time.
    TimedOut,
}
