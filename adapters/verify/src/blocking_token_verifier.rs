//! The verifier for threads.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, SystemTime};

use workos_login::BlockingHttpClient;
use workos_login::http::HeaderMap;
use workos_login::keys::{AccessClaims, BearerError, IdClaims, KeySet, Verified, VerifyError};

use crate::state::{FetchError, KeysRequired, State, fetch_error, limits};

/// Verifies tokens, for threads. Share it with a reference or an `Arc`.
pub struct BlockingTokenVerifier<C> {
    http: C,
    state: State,
    /// Held by the thread that fetches.
    in_flight: Mutex<()>,
}

impl<C: BlockingHttpClient> BlockingTokenVerifier<C> {
    /// Makes a verifier for the issuer of a key set, which needs no keys yet.
    #[must_use]
    pub fn new(keys: KeySet, http: C) -> Self {
        Self {
            http,
            state: State::new(keys),
            in_flight: Mutex::new(()),
        }
    }

    /// Verifies an access token: [`KeySet::verify_access_token`].
    ///
    /// # Errors
    ///
    /// [`VerifyError::KeysRequired`] means that the keys could not be fetched: see [`fetch_error`](Self::fetch_error).
    pub fn verify_access_token(&self, token: &str) -> Result<Verified<AccessClaims>, VerifyError> {
        self.verify(|keys, now| keys.verify_access_token(token, now))
    }

    /// Verifies an ID token: [`KeySet::verify_id_token`].
    ///
    /// # Errors
    ///
    /// As for [`verify_access_token`](Self::verify_access_token).
    pub fn verify_id_token(&self, token: &str) -> Result<Verified<IdClaims>, VerifyError> {
        self.verify(|keys, now| keys.verify_id_token(token, now))
    }

    /// Verifies the access token of a request: [`KeySet::authorize`].
    ///
    /// # Errors
    ///
    /// [`BearerError`], as the response to send.
    pub fn authorize(&self, headers: &HeaderMap) -> Result<Verified<AccessClaims>, BearerError> {
        self.verify(|keys, now| keys.authorize(headers, now))
    }

    /// Fetches the keys if they are due, and returns the time until they are due again. A thread in the background repeats it.
    pub fn refresh(&self) -> Duration {
        let in_flight = self.in_flight.lock();
        let in_flight = in_flight.unwrap_or_else(PoisonError::into_inner);
        if self.needs_fetch_in().is_zero() {
            self.fetch(&in_flight);
        }
        self.needs_fetch_in()
    }

    /// Returns the error of the last fetch, if it failed.
    pub fn fetch_error(&self) -> Option<FetchError> {
        self.state.error()
    }

    fn verify<T, E: KeysRequired>(
        &self,
        verify: impl Fn(&KeySet, SystemTime) -> Result<T, E>,
    ) -> Result<T, E> {
        let attempt = || verify(&self.state.keys(), self.http.now());
        if self.needs_fetch_in().is_zero() {
            match self.in_flight.try_lock() {
                Ok(in_flight) => self.fetch(&in_flight),
                Err(TryLockError::Poisoned(poisoned)) => self.fetch(&poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        match attempt() {
            Err(error) if error.keys_required_in().is_some() => {}
            result => return result,
        }
        let in_flight = self.in_flight.lock();
        let in_flight = in_flight.unwrap_or_else(PoisonError::into_inner);
        match attempt() {
            Err(error) if error.keys_required_in() == Some(Duration::ZERO) => {
                self.fetch(&in_flight);
            }
            result => return result,
        }
        drop(in_flight);
        attempt()
    }

    fn needs_fetch_in(&self) -> Duration {
        self.state.needs_fetch_in(self.http.now())
    }

    fn fetch(&self, _: &MutexGuard<'_, ()>) {
        let exchange = self.state.begin(self.http.now());
        let result = self.http.send_within(exchange, limits());
        self.state.finish(result.map_err(fetch_error));
    }
}

impl<C> fmt::Debug for BlockingTokenVerifier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingTokenVerifier")
            .field("keys", &self.state)
            .finish_non_exhaustive()
    }
}
