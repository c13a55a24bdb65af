//! The verifier for tasks.
//!
//! There is no runtime to spawn a fetch on, so it is polled by a caller. The future of the fetch is not that caller's: it is in the lock
//! that the caller holds. If the caller is dropped, the next one that needs the keys polls the same fetch to its end. A client that
//! cancels its requests can thus neither delay a fetch nor cause more of them.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use async_lock::{Mutex, MutexGuard};
use workos_login::http::HeaderMap;
use workos_login::keys::{AccessClaims, BearerError, IdClaims, KeySet, Verified, VerifyError};
use workos_login::{BoxFuture, Exchange, HttpClient, SendError};

use crate::state::{FetchError, KeysRequired, State, fetch_error, limits};

/// Verifies tokens, for tasks on any runtime. Share it with a reference or an `Arc`.
///
/// Every future can be dropped at any point.
pub struct TokenVerifier<C> {
    http: Arc<C>,
    state: State,
    /// The fetch in flight. The lock is held by the task that polls it.
    in_flight: Mutex<Option<Fetch>>,
}

type Fetch = BoxFuture<'static, Result<KeySet, FetchError>>;

impl<C: HttpClient + Send + Sync + 'static> TokenVerifier<C> {
    /// Makes a verifier for the issuer of a key set, which needs no keys yet.
    #[must_use]
    pub fn new(keys: KeySet, http: C) -> Self {
        Self {
            http: Arc::new(http),
            state: State::new(keys),
            in_flight: Mutex::new(None),
        }
    }

    /// Verifies an access token: [`KeySet::verify_access_token`].
    ///
    /// # Errors
    ///
    /// [`VerifyError::KeysRequired`] means that the keys could not be fetched: see [`fetch_error`](Self::fetch_error).
    pub async fn verify_access_token(
        &self,
        token: &str,
    ) -> Result<Verified<AccessClaims>, VerifyError> {
        self.verify(|keys, now| keys.verify_access_token(token, now))
            .await
    }

    /// Verifies an ID token: [`KeySet::verify_id_token`].
    ///
    /// # Errors
    ///
    /// As for [`verify_access_token`](Self::verify_access_token).
    pub async fn verify_id_token(&self, token: &str) -> Result<Verified<IdClaims>, VerifyError> {
        self.verify(|keys, now| keys.verify_id_token(token, now))
            .await
    }

    /// Verifies the access token of a request: [`KeySet::authorize`].
    ///
    /// # Errors
    ///
    /// [`BearerError`], as the response to send.
    pub async fn authorize(
        &self,
        headers: &HeaderMap,
    ) -> Result<Verified<AccessClaims>, BearerError> {
        self.verify(|keys, now| keys.authorize(headers, now)).await
    }

    /// Fetches the keys if they are due, and returns the time until they are due again. A task in the background repeats it.
    pub async fn refresh(&self) -> Duration {
        let in_flight = self.in_flight.lock().await;
        if self.needs_fetch_in().is_zero() {
            self.fetch(in_flight).await;
        }
        self.needs_fetch_in()
    }

    /// Returns the error of the last fetch, if it failed.
    pub fn fetch_error(&self) -> Option<FetchError> {
        self.state.error()
    }

    async fn verify<T, E: KeysRequired>(
        &self,
        verify: impl Fn(&KeySet, SystemTime) -> Result<T, E>,
    ) -> Result<T, E> {
        let attempt = || verify(&self.state.keys(), self.http.now());
        if self.needs_fetch_in().is_zero()
            && let Some(in_flight) = self.in_flight.try_lock()
        {
            self.fetch(in_flight).await;
        }
        match attempt() {
            Err(error) if error.keys_required_in().is_some() => {}
            result => return result,
        }
        let in_flight = self.in_flight.lock().await;
        match attempt() {
            Err(error)
                if error
                    .keys_required_in()
                    .is_some_and(|fetch_in| fetch_in.is_zero() || in_flight.is_some()) =>
            {
                self.fetch(in_flight).await;
            }
            result => return result,
        }
        attempt()
    }

    fn needs_fetch_in(&self) -> Duration {
        self.state.needs_fetch_in(self.http.now())
    }

    /// Polls the fetch in flight to its end, or a new one.
    async fn fetch(&self, in_flight: MutexGuard<'_, Option<Fetch>>) {
        let mut polling = Polling(in_flight);
        let fetch = polling.0.get_or_insert_with(|| self.begin());
        let result = fetch.await;
        *polling.0 = None;
        self.state.finish(result);
    }

    fn begin(&self) -> Fetch {
        let http = Arc::clone(&self.http);
        let exchange = self.state.begin(http.now());
        Box::pin(async move {
            // `send` does the same, but its future is `Send` for some clients only.
            match http.execute(exchange.request(), limits()).await {
                Ok(response) => exchange
                    .response(response, http.now())
                    .map_err(|refused| fetch_error::<C::Error>(refused.into())),
                Err(source) => Err(fetch_error(SendError::transport(exchange, source))),
            }
        })
    }
}

/// Drops a fetch that has panicked, because it cannot be polled again.
struct Polling<'a>(MutexGuard<'a, Option<Fetch>>);

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            *self.0 = None;
        }
    }
}

impl<C> fmt::Debug for TokenVerifier<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenVerifier")
            .field("keys", &self.state)
            .finish_non_exhaustive()
    }
}
