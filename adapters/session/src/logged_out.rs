//! What is left of a session that was forgotten.

use std::fmt;

use workos_login::Authenticated;

use crate::error::Cause;

/// The session was forgotten.
///
/// At the service it goes on until the user opens [`Authenticated::logout_url`].
#[must_use = "the store may hold the session still"]
pub struct LoggedOut {
    session: Option<Box<Authenticated>>,
    store_error: Option<Cause>,
}

impl LoggedOut {
    pub(crate) fn new(session: Option<Box<Authenticated>>, store_error: Option<Cause>) -> Self {
        Self {
            session,
            store_error,
        }
    }

    /// Returns the session as it was, for its [logout address](Authenticated::logout_url); `None` when nobody was signed in.
    #[must_use]
    pub fn session(&self) -> Option<&Authenticated> {
        self.session.as_deref()
    }

    /// Returns why the store could not be cleared, when it could not. It may hold the session still: log out again.
    #[must_use]
    pub fn store_error(&self) -> Option<&Cause> {
        self.store_error.as_ref()
    }
}

impl fmt::Debug for LoggedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoggedOut")
            .field("session", &self.session)
            .field("store_error", &self.store_error)
            .finish()
    }
}
