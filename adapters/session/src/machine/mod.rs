//! The session machine.

mod driver;
mod policy;

use std::sync::Arc;
use std::time::SystemTime;

use workos_login::{Any, Authenticated, Client, OrganizationId};

pub use self::driver::{Driver, Lock};
pub use self::policy::SessionPolicy;
use crate::error::SessionError;
use crate::token::{LoggedOut, Token};

/// Keeps one session fresh. It performs no I/O: each operation is given a [`Driver`].
pub struct Machine {
    client: Client<Any>,
    policy: SessionPolicy,
}

impl Machine {
    /// Makes a machine that knows no session yet: its first operation loads the stored one.
    #[must_use]
    pub fn new(client: impl Into<Client<Any>>, policy: SessionPolicy) -> Self {
        Self {
            client: client.into(),
            policy,
        }
    }

    /// Returns the access token if it is not due for refresh (K1).
    #[must_use]
    pub fn fresh(&self, now: SystemTime) -> Option<Token> {
        todo!()
    }

    /// Returns the session that callers may see, due for refresh or not.
    #[must_use]
    pub fn session(&self) -> Option<Arc<Authenticated>> {
        todo!()
    }

    /// Returns whether there is a session that could not be stored yet.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        todo!()
    }

    /// Returns a usable access token, and refreshes the session if it is due.
    pub async fn access_token(&self, driver: &mut impl Driver) -> Result<Token, SessionError> {
        todo!()
    }

    /// Returns another access token than the current one.
    pub async fn refresh_now(&self, driver: &mut impl Driver) -> Result<Token, SessionError> {
        todo!()
    }

    /// Returns another access token than `rejected`, which a resource server has rejected with 401 `invalid_token` (K12).
    pub async fn refresh_rejected(
        &self,
        rejected: &Token,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        todo!()
    }

    /// Switches the session to another organization.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        todo!()
    }

    /// Stores a new session in place of any other.
    pub async fn log_in(
        &self,
        session: Authenticated,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        todo!()
    }

    /// Clears the session here and in the store (K13).
    pub async fn log_out(&self, driver: &mut impl Driver) -> LoggedOut {
        todo!()
    }

    /// Saves the session if that was not possible before.
    pub async fn flush(&self, driver: &mut impl Driver) -> Result<(), SessionError> {
        todo!()
    }
}
