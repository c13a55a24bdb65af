//! The async session manager.

use std::sync::Arc;

use workos_login::http::{Request, Response};
use workos_login::{Authenticated, HttpClient, OrganizationId};

use crate::clock::Clock;
use crate::error::{CallError, SessionError};
use crate::machine::Machine;
use crate::marker::MaybeSend;
use crate::store::Store;
use crate::token::{LoggedOut, Token};

/// Keeps one session fresh, for tasks on any async runtime. Clones share everything.
#[derive(Clone)]
pub struct SessionManager {
    _store: Arc<dyn Store>,
}

impl SessionManager {
    /// Makes a manager of a machine, a store and an HTTP client.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn new(
        machine: Machine,
        store: Arc<dyn Store>,
        http: impl HttpClient + MaybeSend + 'static,
    ) -> Self {
        todo!()
    }
    /// Makes a manager with a clock of its own.
    pub fn with_clock(
        machine: Machine,
        store: Arc<dyn Store>,
        http: impl HttpClient + MaybeSend + 'static,
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
    pub async fn access_token(&self) -> Result<Token, SessionError> {
        todo!()
    }
    /// Forces a refresh.
    pub async fn refresh_now(&self) -> Result<Token, SessionError> {
        todo!()
    }
    /// Returns another access token than `rejected`.
    pub async fn refresh_rejected(&self, rejected: &Token) -> Result<Token, SessionError> {
        todo!()
    }
    /// Makes a call.
    pub async fn call<B: Clone, R, E, F>(
        &self,
        request: Request<B>,
        send: impl FnMut(Request<B>) -> F,
    ) -> Result<Response<R>, CallError<E>>
    where
        F: Future<Output = Result<Response<R>, E>>,
    {
        todo!()
    }
    /// Stores a new session.
    pub async fn log_in(&self, session: Authenticated) -> Result<Token, SessionError> {
        todo!()
    }
    /// Clears the session.
    pub async fn log_out(&self) -> LoggedOut {
        todo!()
    }
    /// Switches the organization.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        todo!()
    }
    /// Saves what was not saved.
    pub async fn flush(&self) -> Result<(), SessionError> {
        todo!()
    }
    /// Returns the session.
    pub async fn session(&self) -> Result<Option<Arc<Authenticated>>, SessionError> {
        todo!()
    }
    /// Checks the store.
    pub async fn check(&self) -> Result<(), SessionError> {
        todo!()
    }
}
