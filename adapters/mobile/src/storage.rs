//! The secure storage of the platform, with one session and one pending login.
//!
//! The session manager loads, saves and clears under a lock that lasts for a whole refresh. A second lock excludes other writers for
//! the milliseconds of a write, because a logout does not wait for the first one for longer than a lease. The pending login has a third.
//! Locks are files, which the operating system unlocks when their process dies: the storage has none.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use uniffi::UnexpectedUniFFICallbackError;
use workos_login::AwaitingCallback;
use workos_login_session::{
    BlockingStore, Expected, FileLock, PendingLoginStore, StoreError, StoreLock, StoredSession,
};

/// The time that a write waits for another one.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

const SESSION: &str = "session";
const PENDING_LOGIN: &str = "pending-login";
const CHECK: &str = "check";

/// The secure storage of the platform, over the Keychain or the Keystore. Values are secrets of some kilobytes.
///
/// It is called on threads of its own and can block. A value is not cached: another process may have replaced it.
#[uniffi::export(with_foreign)]
pub trait Storage: Send + Sync {
    /// Loads the value that was saved last under this key; nothing without one.
    ///
    /// # Errors
    ///
    /// The storage is locked or failed.
    fn load(&self, key: String) -> Result<Option<Vec<u8>>, StorageError>;

    /// Saves a value in place of any other, atomically: after a crash, the storage holds the old value or the new one.
    ///
    /// # Errors
    ///
    /// The storage is locked or failed, and still holds the old value.
    fn save(&self, key: String, value: Vec<u8>) -> Result<(), StorageError>;

    /// Removes a value, if there is one.
    ///
    /// # Errors
    ///
    /// The storage is locked or failed, and still holds the value.
    fn remove(&self, key: String) -> Result<(), StorageError>;
}

/// The error of the platform's secure storage.
#[derive(Clone, Debug, uniffi::Error)]
pub enum StorageError {
    /// The storage failed.
    Failed {
        /// The failure, without a secret.
        text: String,
    },
    /// The storage is locked, as before the first unlock of the device.
    Locked,
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { text } => write!(f, "the storage failed: {text}"),
            Self::Locked => f.write_str("the storage is locked; unlock the device and try again"),
        }
    }
}

impl Error for StorageError {}

impl From<UnexpectedUniFFICallbackError> for StorageError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        // The text of the foreign exception can contain the value.
        Self::failed("it threw an exception other than a StorageError")
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        Self::new(error)
    }
}

impl StorageError {
    fn failed(text: impl Into<String>) -> Self {
        Self::Failed { text: text.into() }
    }
}

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// The platform's storage as the store of the session and of the pending login.
#[derive(Clone)]
pub(crate) struct MobileStore {
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) lock_directory: PathBuf,
}

impl MobileStore {
    fn acquire(&self, name: &str, wait: Duration) -> Result<Option<StoreLock>> {
        let path = self.lock_directory.join(format!("{name}.lock"));
        let lock = FileLock::acquire(&path, wait).map_err(|error| {
            let path = path.display();
            StoreError::new(io::Error::new(
                error.kind(),
                format!(
                    "the lock file {path} cannot be used; make its directory writable: {error}"
                ),
            ))
        })?;
        Ok(lock.map(StoreLock::new))
    }

    /// Excludes other writers.
    fn exclusively<T>(&self, write: impl FnOnce(&dyn Storage) -> Result<T>) -> Result<T> {
        let lock = self.acquire("write", WRITE_TIMEOUT)?;
        let _lock = lock.ok_or_else(|| {
            StorageError::failed("timed out waiting for another process that writes; try again")
        })?;
        write(&*self.storage)
    }

    fn read<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let Some(value) = self.storage.load(key.to_owned())? else {
            return Ok(None);
        };
        // The error of serde could quote a token.
        let damaged =
            |_| StorageError::failed("it holds something other than was saved; log in again");
        Ok(Some(serde_json::from_slice(&value).map_err(damaged)?))
    }

    /// Checks that the storage holds what is expected. Another value than a record is of no generation.
    fn check_expected(&self, expected: Expected) -> Result<()> {
        if expected == Expected::Anything {
            return Ok(());
        }
        let stored = self.storage.load(SESSION.to_owned())?;
        match stored
            .map(|value| serde_json::from_slice(&value))
            .transpose()
        {
            Ok(record) => expected.check(record.as_ref()),
            Err(_) => Err(StoreError::conflict()),
        }
    }
}

fn serialize(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(StoreError::new)
}

impl BlockingStore for MobileStore {
    fn load(&self) -> Result<Option<StoredSession>> {
        self.read(SESSION)
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<()> {
        let value = serialize(record)?;
        self.exclusively(|storage| {
            self.check_expected(expected)?;
            Ok(storage.save(SESSION.to_owned(), value)?)
        })
    }

    fn clear(&self, expected: Expected) -> Result<()> {
        self.exclusively(|storage| {
            if storage.load(SESSION.to_owned())?.is_none() {
                return Ok(());
            }
            self.check_expected(expected)?;
            Ok(storage.remove(SESSION.to_owned())?)
        })
    }

    fn lock(&self, wait: Duration, _lease: Duration) -> Result<Option<StoreLock>> {
        self.acquire("refresh", wait)
    }

    fn check(&self) -> Result<()> {
        self.exclusively(|storage| {
            storage.save(CHECK.to_owned(), Vec::new())?;
            Ok(storage.remove(CHECK.to_owned())?)
        })
    }
}

impl PendingLoginStore for MobileStore {
    fn load_login(&self) -> Result<Option<AwaitingCallback>> {
        self.read(PENDING_LOGIN)
    }

    fn save_login(&self, login: &AwaitingCallback) -> Result<()> {
        Ok(self
            .storage
            .save(PENDING_LOGIN.to_owned(), serialize(login)?)?)
    }

    fn clear_login(&self) -> Result<()> {
        Ok(self.storage.remove(PENDING_LOGIN.to_owned())?)
    }

    fn lock_login(&self, wait: Duration) -> Result<Option<StoreLock>> {
        self.acquire("login", wait)
    }
}
