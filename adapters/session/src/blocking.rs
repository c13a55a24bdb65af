//! The blocking session manager, and the adapters of a blocking store.

use std::sync::Arc;

use workos_login::http::{Request, Response};
use workos_login::{Authenticated, BlockingHttpClient, OrganizationId};

use crate::clock::Clock;
use crate::error::{CallError, SessionError};
use crate::machine::Machine;
use crate::manager::SessionManager;
use crate::store::BlockingStore;
use crate::token::{LoggedOut, Token};

/// Runs a blocking store on other threads, for [`SessionManager`].
pub struct OnThreads<S>(Arc<S>);

impl<S: BlockingStore + 'static> OnThreads<S> {
    /// Makes a [`Store`](crate::Store) of a blocking store.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self(Arc::new(store))
    }
}

/// Keeps one session fresh, for threads. Clones share everything.
#[derive(Clone)]
pub struct BlockingSessionManager(SessionManager);

impl BlockingSessionManager {
    /// Makes a manager of a machine, a store and an HTTP client.
    pub fn new(
        machine: Machine,
        store: impl BlockingStore + 'static,
        http: impl BlockingHttpClient + Send + Sync + 'static,
    ) -> Self {
        todo!()
    }
    /// Makes a manager with a clock of its own.
    pub fn with_clock(
        machine: Machine,
        store: impl BlockingStore + 'static,
        http: impl BlockingHttpClient + Send + Sync + 'static,
        clock: Arc<dyn Clock>,
    ) -> Self {
        todo!()
    }
    /// Returns the access token if it is not due for refresh.
    #[must_use]
    pub fn fresh_access_token(&self) -> Option<Token> {
        todo!()
    }
    /// Returns a usable access token.
    pub fn access_token(&self) -> Result<Token, SessionError> {
        todo!()
    }
    /// Forces a refresh.
    pub fn refresh_now(&self) -> Result<Token, SessionError> {
        todo!()
    }
    /// Returns another access token than `rejected`.
    pub fn refresh_rejected(&self, rejected: &Token) -> Result<Token, SessionError> {
        todo!()
    }
    /// Makes a call.
    pub fn call<B: Clone, R, E>(
        &self,
        request: Request<B>,
        send: impl FnMut(Request<B>) -> Result<Response<R>, E>,
    ) -> Result<Response<R>, CallError<E>> {
        todo!()
    }
    /// Stores a new session.
    pub fn log_in(&self, session: Authenticated) -> Result<Token, SessionError> {
        todo!()
    }
    /// Clears the session.
    pub fn log_out(&self) -> LoggedOut {
        todo!()
    }
    /// Switches the organization.
    pub fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        todo!()
    }
    /// Saves what was not saved.
    pub fn flush(&self) -> Result<(), SessionError> {
        todo!()
    }
    /// Returns the session.
    pub fn session(&self) -> Result<Option<Arc<Authenticated>>, SessionError> {
        todo!()
    }
    /// Checks the store.
    pub fn check(&self) -> Result<(), SessionError> {
        todo!()
    }
}
