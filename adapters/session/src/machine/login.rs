//! Logging in and out. Neither depends on a lock that a process holds for too long (K10, K13).

use std::sync::Arc;
use std::time::Duration;

use workos_login::limits::EXCHANGE_TIMEOUT;
use workos_login::{Authenticated, Error, Exchange as _, Revoking};

use crate::error::{SessionEnded, SessionError, StoreError};
use crate::machine::driver::Driver;
use crate::machine::state::State;
use crate::machine::stop::Stop;
use crate::machine::{Machine, SAVES};
use crate::record::{Expected, Generation, StoredSession};
use crate::token::{LoggedOut, Revocation, Token};

/// The maximum number of attempts to clear the store while other processes replace the record.
const CLEARS: u8 = 3;

impl Machine {
    /// Stores a new session in place of any other session of this client.
    ///
    /// If it cannot be saved, the result has a [warning](Token::warning), and each operation tries again.
    ///
    /// # Errors
    ///
    /// [`SessionError::Failed`] if the session is bound to another client than the machine; nothing changes then.
    /// [`SessionEnded::LoggedOut`] if the user logs out at the same time.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the machine has the session, and its next operation saves it.
    pub async fn log_in(
        &self,
        session: Authenticated,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        let session = self.take_login(session)?;
        self.store_login(session, driver).await
    }

    /// Takes over a new session. From here on, no future that is dropped loses it.
    pub(crate) fn take_login(
        &self,
        session: Authenticated,
    ) -> Result<Arc<Authenticated>, SessionError> {
        if let Err(error) = session.bound_to(&self.client) {
            return Err(SessionError::Failed(Arc::new(error.into())));
        }
        let session = Arc::new(session);
        self.update(|state| state.log_in(Arc::clone(&session), Expected::Anything));
        Ok(session)
    }

    pub(crate) async fn store_login(
        &self,
        session: Arc<Authenticated>,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        let lease = self.policy.lease;
        // Without the lock, the store decides: it compares, or the last one to write wins.
        let _ = driver.lock(lease, lease).await;
        let mut saved = Ok(());
        for attempt in 0..SAVES {
            saved = self.save_login(&session, driver).await;
            match saved {
                Err(Stop::Store(_) | Stop::Later(_)) if attempt + 1 < SAVES => {
                    driver
                        .sleep(self.policy.backoff_after(attempt.into()))
                        .await;
                }
                _ => break,
            }
        }
        driver.unlock().await;
        self.update(|state| {
            if let Err(stop) = saved {
                state.save_failed(stop.into_cause());
            }
            state.token()
        })
        .ok_or_else(|| SessionError::Ended(Arc::new(SessionEnded::LoggedOut)))
    }

    async fn save_login(
        &self,
        session: &Arc<Authenticated>,
        driver: &mut impl Driver,
    ) -> Result<(), Stop> {
        let replaces = match self.load(driver).await {
            Ok(Some(record)) => Some(Expected::Generation(record.generation())),
            Ok(None) => Some(Expected::Nothing),
            // A record that cannot be read is replaced: logging in is the remedy. What is known of it is kept for later operations.
            Err(Stop::Store(_)) => None,
            Err(stop) => return Err(stop),
        };
        let is_current = self.update(|state| {
            let is_current = state.generation() == Some(Generation::of(session));
            if let (true, Some(replaces)) = (is_current, replaces) {
                state.log_in(Arc::clone(session), replaces);
            }
            is_current
        });
        // Another login or a logout of this process came first.
        if !is_current {
            return Ok(());
        }
        let record = StoredSession::new(Arc::clone(session));
        let expected = replaces.unwrap_or(Expected::Anything);
        driver.save(&record, expected).await?;
        self.update(|state| state.saved(&record));
        Ok(())
    }

    /// Clears the session, here and in the store, and then revokes it at an authorization server that has a revocation endpoint.
    ///
    /// It takes precedence over a refresh in flight, here or in another process, and waits for it for at most one lease.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the session is cleared or not, and revoked or not; call it again.
    pub async fn log_out(&self, driver: &mut impl Driver) -> LoggedOut {
        let logged_out = self.end_session(driver).await;
        self.revoke(logged_out, driver).await
    }

    /// Clears the session, here and in the store.
    pub(crate) async fn end_session(&self, driver: &mut impl Driver) -> LoggedOut {
        let lease = self.policy.lease;
        let _ = driver.lock(lease, lease).await;
        let cleared = self.clear(driver).await;
        driver.unlock().await;
        // Not earlier: as long as the store holds the session, another operation would load it again.
        LoggedOut::new(self.update(State::forget), cleared)
    }

    /// Revokes the session at the authorization server. It needs neither the lock nor the store, which no longer holds the session.
    pub(crate) async fn revoke(
        &self,
        logged_out: LoggedOut,
        driver: &mut impl Driver,
    ) -> LoggedOut {
        let Some(session) = logged_out.session() else {
            return logged_out;
        };
        let session = Authenticated::clone(session);
        let exchange = self
            .client
            .to_oauth()
            .and_then(|client| session.revoke(&client).ok());
        let revocation = match exchange {
            Some(exchange) => send_revocation(exchange, driver).await,
            None => Revocation::Unsupported,
        };
        logged_out.with_revocation(revocation)
    }

    /// Clears the store, unless it holds a session of another client. Returns why the record could not be read, if so.
    async fn clear(&self, driver: &mut impl Driver) -> Result<Option<StoreError>, SessionError> {
        let mut unreadable = None;
        for _ in 0..CLEARS {
            let expected = match self.load(driver).await {
                Ok(None) => return Ok(None),
                Ok(Some(record)) => {
                    // The newer one of the two sessions is returned.
                    self.update(|state| state.compare(Some(&record)));
                    Expected::Generation(record.generation())
                }
                Err(Stop::Store(error)) => {
                    unreadable = Some(error);
                    Expected::Anything
                }
                Err(stop) => return Err(stop.into_error(Duration::ZERO)),
            };
            match driver.clear(expected).await {
                Ok(()) => return Ok(unreadable),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(SessionError::Store(error)),
            }
        }
        Err(SessionError::Store(StoreError::conflict()))
    }
}

/// Sends a revocation once, because a logout does not wait for a server that is unavailable.
async fn send_revocation(exchange: Revoking, driver: &mut impl Driver) -> Revocation {
    let response = driver.send(exchange.request(), EXCHANGE_TIMEOUT).await;
    let now = driver.now();
    match response.map(|response| exchange.response(response, now)) {
        Ok(Ok(())) => Revocation::Revoked,
        Ok(Err(refused)) => Revocation::Failed(Arc::new(Error::from(refused))),
        Err(cause) => Revocation::Failed(cause),
    }
}
