//! The state that the callers of a verifier share: the keys, and the error of the last fetch.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use workos_login::keys::{BearerError, FetchingKeys, KeySet, VerifyError};
use workos_login::limits::KEYS_TIMEOUT;
use workos_login::{ExchangeLimits, SendError};

/// The error of a fetch: a transport error, or the response that was refused.
pub type FetchError = Arc<dyn Error + Send + Sync>;

pub(crate) struct State(RwLock<Inner>);

struct Inner {
    keys: KeySet,
    error: Option<FetchError>,
}

impl State {
    pub(crate) fn new(keys: KeySet) -> Self {
        Self(RwLock::new(Inner { keys, error: None }))
    }

    /// Returns a snapshot of the keys.
    pub(crate) fn keys(&self) -> KeySet {
        self.read(|inner| inner.keys.clone())
    }

    pub(crate) fn error(&self) -> Option<FetchError> {
        self.read(|inner| inner.error.clone())
    }

    pub(crate) fn needs_fetch_in(&self, now: SystemTime) -> Duration {
        self.read(|inner| inner.keys.needs_fetch_in(now))
    }

    /// Begins a fetch, and with it the cooldown.
    pub(crate) fn begin(&self, now: SystemTime) -> FetchingKeys {
        self.write(|inner| inner.keys.fetch(now))
    }

    pub(crate) fn finish(&self, result: Result<KeySet, FetchError>) {
        self.write(|inner| match result {
            Ok(keys) => {
                inner.keys = keys;
                inner.error = None;
            }
            Err(error) => inner.error = Some(error),
        });
    }

    // Nothing in the lock panics, and each write is complete, so a poisoned lock is as good as another.
    fn read<T>(&self, read: impl FnOnce(&Inner) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, write: impl FnOnce(&mut Inner) -> T) -> T {
        write(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.keys().fmt(f)
    }
}

/// An error that can mean that keys are required.
pub(crate) trait KeysRequired {
    /// Returns the time until the keys can be fetched, if they are required.
    fn keys_required_in(&self) -> Option<Duration>;
}

impl KeysRequired for VerifyError {
    fn keys_required_in(&self) -> Option<Duration> {
        match self {
            Self::KeysRequired { fetch_in } => Some(*fetch_in),
            Self::Invalid(_) => None,
        }
    }
}

impl KeysRequired for BearerError {
    fn keys_required_in(&self) -> Option<Duration> {
        self.keys_required_in()
    }
}

pub(crate) fn limits() -> ExchangeLimits {
    ExchangeLimits::default().timeout(KEYS_TIMEOUT)
}

pub(crate) fn fetch_error<T: Error + Send + Sync + 'static>(
    error: SendError<FetchingKeys, T>,
) -> FetchError {
    Arc::new(error)
}
