//! The blocking session manager: the async one, polled on the calling thread.

use std::fmt;
use std::future;
use std::sync::Arc;

use workos_login::http::{Request, Response};
use workos_login::{Authenticated, BlockingHttpClient, BoxFuture, ExchangeLimits, OrganizationId};

use crate::block_on::block_on;
use crate::blocking_store::Inline;
use crate::clock::{Clock, SystemClock};
use crate::error::{CallError, Cause, SessionError};
use crate::io::Http;
use crate::machine::Machine;
use crate::manager::SessionManager;
use crate::store::BlockingStore;
use crate::token::{LoggedOut, Token};

/// Keeps one session fresh, for threads.
///
/// Clones share everything. It is a [`SessionManager`] whose store and HTTP client block, and whose futures are polled on the
/// calling thread; each method is documented there.
#[derive(Clone)]
pub struct BlockingSessionManager(SessionManager);

impl BlockingSessionManager {
    /// Makes a manager with the clock of the system.
    pub fn new(
        machine: Machine,
        store: impl BlockingStore + 'static,
        http: impl BlockingHttpClient + Send + Sync + 'static,
    ) -> Self {
        Self::with_clock(machine, store, http, Arc::new(SystemClock))
    }

    /// Makes a manager with another clock, which dates the sessions and does all waiting.
    pub fn with_clock(
        machine: Machine,
        store: impl BlockingStore + 'static,
        http: impl BlockingHttpClient + Send + Sync + 'static,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (store, http) = (Arc::new(Inline(store)), Arc::new(Inline(http)));
        Self(SessionManager::from_parts(machine, store, http, clock))
    }

    /// Returns the access token if it is not due for refresh. See [`SessionManager::fresh_access_token`].
    #[must_use]
    pub fn fresh_access_token(&self) -> Option<Token> {
        self.0.fresh_access_token()
    }

    /// Returns an access token that has not expired. See [`SessionManager::access_token`].
    ///
    /// # Errors
    ///
    /// There is no such token; the [`SessionError`] says what to do.
    pub fn access_token(&self) -> Result<Token, SessionError> {
        match self.fresh_access_token() {
            Some(token) => Ok(token),
            None => block_on(self.0.access_token()),
        }
    }

    /// Refreshes the session, due or not. See [`SessionManager::refresh_now`].
    ///
    /// # Errors
    ///
    /// The session was not refreshed; the [`SessionError`] says what to do.
    pub fn refresh_now(&self) -> Result<Token, SessionError> {
        block_on(self.0.refresh_now())
    }

    /// Returns another access token than a rejected one. See [`SessionManager::refresh_rejected`].
    ///
    /// # Errors
    ///
    /// There is no other access token; the [`SessionError`] says what to do.
    pub fn refresh_rejected(&self, rejected: &Token) -> Result<Token, SessionError> {
        block_on(self.0.refresh_rejected(rejected))
    }

    /// Makes a call with the access token in its `Authorization` header. See [`SessionManager::call`].
    ///
    /// # Errors
    ///
    /// [`CallError`]: there is no access token, the URL is not https, or `send` failed.
    pub fn call<B: Clone, R, E>(
        &self,
        request: Request<B>,
        mut send: impl FnMut(Request<B>) -> Result<Response<R>, E>,
    ) -> Result<Response<R>, CallError<E>> {
        block_on(self.0.call(request, |request| future::ready(send(request))))
    }

    /// Stores a new session. See [`SessionManager::log_in`].
    ///
    /// # Errors
    ///
    /// [`SessionError::Failed`] if the session is bound to another client; [`SessionError::Ended`] if the user logs out at the same time.
    pub fn log_in(&self, session: Authenticated) -> Result<Token, SessionError> {
        block_on(self.0.log_in(session))
    }

    /// Clears the session, here and in the store, and revokes it at an authorization server. See [`SessionManager::log_out`].
    pub fn log_out(&self) -> LoggedOut {
        block_on(self.0.log_out())
    }

    /// Switches the session to another organization. See [`SessionManager::switch_organization`].
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do.
    pub fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        block_on(self.0.switch_organization(organization))
    }

    /// Saves the session if that was not possible before. See [`SessionManager::flush`].
    ///
    /// # Errors
    ///
    /// It is still not possible; the [`SessionError`] says what to do.
    pub fn flush(&self) -> Result<(), SessionError> {
        block_on(self.0.flush())
    }

    /// Returns the session, due for refresh or not. See [`SessionManager::session`].
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds a session of another client.
    pub fn session(&self) -> Result<Option<Arc<Authenticated>>, SessionError> {
        block_on(self.0.session())
    }

    /// Checks that a session can be stored. See [`SessionManager::check`].
    ///
    /// # Errors
    ///
    /// [`SessionError::Store`] if no session can be stored.
    pub fn check(&self) -> Result<(), SessionError> {
        block_on(self.0.check())
    }
}

impl fmt::Debug for BlockingSessionManager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BlockingSessionManager")
            .field(&self.0)
            .finish()
    }
}

impl<H: BlockingHttpClient + Send + Sync> Http for Inline<H> {
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Cause>> {
        Box::pin(async move {
            let response = self.0.execute(request, limits);
            response.map_err(|error| Arc::new(error) as Cause)
        })
    }
}
