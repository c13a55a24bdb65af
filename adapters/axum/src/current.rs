//! The session of a request, and the change of its cookie.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use workos_login::Authenticated;

use crate::sessions::Handle;
use crate::web_auth::WebAuth;

/// An extension of each request below the layer.
#[derive(Clone)]
pub(crate) struct Current(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) auth: WebAuth,
    pub(crate) user: UserState,
    change: Mutex<Option<Change>>,
}

pub(crate) enum UserState {
    LoggedOut,
    /// The session is stored, and waits for a login or a logout.
    Challenged(Handle),
    LoggedIn(Handle, Arc<Authenticated>),
    Unavailable(Handle, Duration),
}

/// A change of the session cookie.
pub(crate) enum Change {
    Set(String),
    Delete,
}

impl Current {
    pub(crate) fn new(auth: WebAuth, user: UserState, change: Option<Change>) -> Self {
        Self(Arc::new(Inner {
            auth,
            user,
            change: Mutex::new(change),
        }))
    }
}

impl Inner {
    /// Returns the handle of the session, which may have no usable access token.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        match &self.user {
            UserState::LoggedOut => None,
            UserState::Challenged(handle)
            | UserState::LoggedIn(handle, _)
            | UserState::Unavailable(handle, _) => Some(handle),
        }
    }

    /// The last change counts, so that a response has one set of cookies.
    pub(crate) fn change(&self, change: Change) {
        *self.change.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }

    pub(crate) fn take_change(&self) -> Option<Change> {
        self.change
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}
