//! The store of a pending login until its callback arrives, perhaps in another process.
//!
//! The callback can arrive in several processes at once, and more than once, and any program can send one. So the pending login is taken
//! under a lock of its own: the process that gets the callback removes it before the code exchange, and no other process exchanges
//! the same code. If the response is lost, it is put back, unless a new login was begun.

use std::error;
use std::fmt;
use std::io;
use std::time::{Duration, SystemTime};

use workos_login::{Any, AwaitingCallback, CallbackOutcome, Client, Error, Exchanging};

use crate::error::StoreError;
use crate::store::StoreLock;

/// The time to wait for another process, which holds the lock for milliseconds.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

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

    /// Saves a new login in place of any other.
    ///
    /// # Errors
    ///
    /// The store fails, or its lock is not released in time.
    fn begin_login(&self, login: &AwaitingCallback) -> Result<(), StoreError> {
        let _lock = acquire(self)?;
        self.save_login(login)
    }

    /// Accepts the callback of the pending login, and removes the login from the store; `None` if `url` is not its callback.
    ///
    /// The login is returned twice: its code exchange, and the pending login as it was, for [`put_back_login`](Self::put_back_login).
    ///
    /// # Errors
    ///
    /// [`TakeLoginError::Refused`] if the login is over: it is removed. [`TakeLoginError::Store`] if the store fails.
    fn take_login(
        &self,
        client: &Client<Any>,
        url: &str,
        now: SystemTime,
    ) -> Result<Option<(Exchanging, AwaitingCallback)>, TakeLoginError> {
        let _lock = acquire(self)?;
        let (Some(pending), Some(copy)) = (self.load_login()?, self.load_login()?) else {
            return Ok(None);
        };
        let taken = match pending.handle(client, url, now) {
            Ok(CallbackOutcome::Exchanging(exchanging)) => Ok(Some((exchanging, copy))),
            Ok(CallbackOutcome::Ignored { .. } | CallbackOutcome::NotACallback(_)) => {
                return Ok(None);
            }
            Err(refused) => Err(TakeLoginError::Refused(refused.into())),
        };
        self.clear_login()?;
        taken
    }

    /// Saves a login that was taken and whose code exchange can be repeated, unless another login was begun.
    ///
    /// # Errors
    ///
    /// The store fails, or its lock is not released in time.
    fn put_back_login(&self, login: &AwaitingCallback) -> Result<(), StoreError> {
        let _lock = acquire(self)?;
        if self.load_login()?.is_none() {
            self.save_login(login)?;
        }
        Ok(())
    }
}

fn acquire(store: &(impl PendingLoginStore + ?Sized)) -> Result<StoreLock, StoreError> {
    store.lock_login(LOCK_TIMEOUT)?.ok_or_else(|| {
        let message = "timed out waiting for another process that handles a login; try again";
        StoreError::new(io::Error::new(io::ErrorKind::TimedOut, message))
    })
}

/// The error of [`PendingLoginStore::take_login`].
#[derive(Debug)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the login was refused, or the store failed"
)]
pub enum TakeLoginError {
    /// The callback was refused, and the login is over.
    Refused(Error),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for TakeLoginError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for TakeLoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl error::Error for TakeLoginError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        // The text of both is this error's own.
        match self {
            Self::Refused(error) => error.source(),
            Self::Store(error) => error.source(),
        }
    }
}
