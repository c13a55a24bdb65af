//! The results of operations: an access token with its session, or the remains of an ended session.

use std::fmt;
use std::sync::Arc;

use workos_login::Authenticated;
use workos_login::secrecy::SecretString;

use crate::error::{Cause, SessionError, SessionWarning, StoreError};

/// A usable access token, with the session that it belongs to.
///
/// Clones share both. The secrets of the session are wiped from memory when its last holder is dropped.
#[derive(Clone)]
pub struct Token(Arc<Parts>);

struct Parts {
    session: Arc<Authenticated>,
    warning: Option<SessionWarning>,
}

impl Token {
    pub(crate) fn new(session: Arc<Authenticated>, warning: Option<SessionWarning>) -> Self {
        Self(Arc::new(Parts { session, warning }))
    }

    /// Returns the access token.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        self.0.session.access_token()
    }

    /// Returns the session.
    #[must_use]
    pub fn session(&self) -> &Arc<Authenticated> {
        &self.0.session
    }

    /// Returns what went wrong although the access token is usable. Show it to the user.
    #[must_use]
    pub fn warning(&self) -> Option<&SessionWarning> {
        self.0.warning.as_ref()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("session", &self.0.session)
            .field("warning", &self.0.warning)
            .finish()
    }
}

/// The outcome of [`log_out`](crate::SessionManager::log_out).
///
/// At WorkOS, the session goes on until the user opens [`Authenticated::logout_url`]. At another authorization server, the
/// [revocation](Self::revocation) ends it; the user's session in the browser goes on until the user opens
/// [`Authenticated::end_session_url`].
#[derive(Debug)]
#[must_use = "the store may still hold the session"]
pub struct LoggedOut {
    session: Option<Arc<Authenticated>>,
    cleared: Result<Option<StoreError>, SessionError>,
    revocation: Revocation,
}

impl LoggedOut {
    pub(crate) fn new(
        session: Option<Arc<Authenticated>>,
        cleared: Result<Option<StoreError>, SessionError>,
    ) -> Self {
        Self {
            session,
            cleared,
            revocation: Revocation::NoSession,
        }
    }

    pub(crate) fn with_revocation(self, revocation: Revocation) -> Self {
        Self { revocation, ..self }
    }

    /// Returns the session as it was, for [`Authenticated::logout_url`] and [`Authenticated::end_session_url`].
    ///
    /// `None` means that no user was logged in, unless the stored session was [unreadable](Self::unreadable) or of another client.
    #[must_use]
    pub fn session(&self) -> Option<&Arc<Authenticated>> {
        self.session.as_ref()
    }

    /// Returns why the store was not cleared. It may still hold the session: log out again.
    #[must_use]
    pub fn error(&self) -> Option<&SessionError> {
        self.cleared.as_ref().err()
    }

    /// Returns why the stored session could not be read before it was cleared. At the service, it goes on until it expires.
    #[must_use]
    pub fn unreadable(&self) -> Option<&StoreError> {
        self.cleared.as_ref().ok()?.as_ref()
    }

    /// Returns whether the refresh token was revoked at the authorization server.
    #[must_use]
    pub fn revocation(&self) -> &Revocation {
        &self.revocation
    }
}

/// The result of the revocation at the authorization server (RFC 7009).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Revocation {
    /// The refresh token could not be revoked and may still be valid: the server rejected the request, or sent no response.
    ///
    /// The request was sent once. [`Authenticated::revoke`] makes another one from [`LoggedOut::session`].
    Failed(Cause),
    /// There was no session to revoke, or it could not be read.
    NoSession,
    /// The authorization server has accepted the revocation.
    Revoked,
    /// Nothing was sent: the client is one of WorkOS, or the server has no revocation endpoint. The refresh token remains valid.
    Unsupported,
}
