//! The session of an application.

use std::fmt;
use std::sync::Arc;

use workos_login::url::Url;
use workos_login::{Authenticated, OrganizationId};
use workos_login_session::{
    BlockingSessionManager, LoggedOut as Removed, Revocation, SessionError, SessionWarning,
    StoreError, Token,
};

use crate::app::{NativeApp, Opened};
use crate::error::NativeError;
use crate::native_client::NativeClient;
use crate::storage::Location;

/// The session of a logged-in user, for any number of threads. Clones share everything.
///
/// All processes that share the store share the session: one of them refreshes it, and the others use the result.
#[derive(Clone)]
pub struct NativeSession {
    pub(crate) app: NativeApp,
    opened: Opened,
}

impl NativeSession {
    pub(crate) fn new(app: NativeApp, opened: Opened) -> Self {
        Self { app, opened }
    }

    /// Returns an access token that has not expired, and refreshes the session if it is due.
    ///
    /// If the refresh fails, the result is the old access token with a [warning](Token::warning) until it expires.
    ///
    /// # Errors
    ///
    /// There is no such token; the [`SessionError`] says what to do.
    pub fn access_token(&self) -> Result<Token, SessionError> {
        self.opened.manager.access_token()
    }

    /// Refreshes the session, due or not, and returns the new access token.
    ///
    /// # Errors
    ///
    /// The session was not refreshed; the [`SessionError`] says what to do.
    pub fn refresh_now(&self) -> Result<Token, SessionError> {
        self.opened.manager.refresh_now()
    }

    /// Switches the session to another organization, and returns the access token for it.
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do.
    pub fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        self.opened.manager.switch_organization(organization)
    }

    /// Returns the session as it is stored, with its user; `None` if the user logged out. It sends nothing.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn authenticated(&self) -> Result<Option<Arc<Authenticated>>, SessionError> {
        self.opened.manager.session()
    }

    /// Ends the session: removes it from the store, and revokes it at an authorization server that has a revocation endpoint.
    ///
    /// The session in the browser ends when the user opens [`LoggedOut::url`].
    ///
    /// # Errors
    ///
    /// [`NativeError::StillStored`] if the store could not be cleared.
    pub fn log_out(&self) -> Result<LoggedOut, NativeError> {
        let removed = self.opened.manager.log_out();
        match removed.error() {
            None => {}
            Some(SessionError::Store(error)) => {
                return Err(NativeError::StillStored(error.clone()));
            }
            Some(error) => return Err(NativeError::Session(error.clone())),
        }
        let session = removed.session();
        let url = session.and_then(|session| match &self.app.client {
            NativeClient::OAuth(client) => session.end_session_url(client, None, None),
            NativeClient::UserManagement(client) => session.logout_url(client, None),
        });
        Ok(LoggedOut { removed, url })
    }

    /// Returns where the session is stored.
    #[must_use]
    pub fn location(&self) -> Location {
        self.opened.location
    }

    /// Returns the session manager, for everything else: calls with an access token, and tokens that a resource server rejected.
    #[must_use]
    pub fn manager(&self) -> &BlockingSessionManager {
        &self.opened.manager
    }
}

impl fmt::Debug for NativeSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeSession")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl NativeApp {
    /// Returns the session of an earlier login, in this process or in another; `None` without one. It sends nothing.
    ///
    /// # Errors
    ///
    /// [`NativeError::NoStore`] or [`NativeError::Session`] if the store cannot be read.
    pub fn session(&self) -> Result<Option<NativeSession>, NativeError> {
        let opened = self.opened()?;
        let session = opened.manager.session()?;
        Ok(session.map(|_| NativeSession::new(self.clone(), opened)))
    }

    /// Ends the session, if there is one: see [`NativeSession::log_out`]. It also removes a session that cannot be read.
    ///
    /// # Errors
    ///
    /// [`NativeError::StillStored`] if the store could not be cleared.
    pub fn log_out(&self) -> Result<LoggedOut, NativeError> {
        NativeSession::new(self.clone(), self.opened()?).log_out()
    }

    /// Stores a new session in place of any other.
    pub(crate) fn store(
        &self,
        opened: &Opened,
        session: Authenticated,
    ) -> Result<NativeSession, NativeError> {
        let token = opened.manager.log_in(session)?;
        match token.warning() {
            Some(SessionWarning::NotStored(cause)) => Err(NativeError::NotStored(cause.clone())),
            // The session is in the store; the warning comes again with the next access token.
            _ => Ok(NativeSession::new(self.clone(), opened.clone())),
        }
    }
}

/// The outcome of a logout. The store no longer holds the session.
#[derive(Debug)]
pub struct LoggedOut {
    removed: Removed,
    url: Option<Url>,
}

impl LoggedOut {
    /// Returns the session as it was; `None` if no user was logged in, or the stored session was [unreadable](Self::unreadable).
    #[must_use]
    pub fn session(&self) -> Option<&Arc<Authenticated>> {
        self.removed.session()
    }

    /// Returns the URL that ends the session in the browser, if the service has one. Open it there.
    ///
    /// The URL of an authorization server contains the ID token: do not log it.
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        self.url.as_ref()
    }

    /// Returns whether the refresh token was revoked at the authorization server.
    #[must_use]
    pub fn revocation(&self) -> &Revocation {
        self.removed.revocation()
    }

    /// Returns why the stored session could not be read before it was removed. At the service, it goes on until it expires.
    #[must_use]
    pub fn unreadable(&self) -> Option<&StoreError> {
        self.removed.unreadable()
    }
}
