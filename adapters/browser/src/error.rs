//! The errors of a login and of its start.

use std::error;
use std::fmt;

use workos_login_session::{SessionError, StoreError};

use crate::fetch::FetchError;

/// The error of a login. The variant says what to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum LoginError {
    /// The page cannot read its address or its storage, or cannot be left.
    Page,
    /// The callback, the code exchange or its response was rejected.
    Rejected(workos_login::Error),
    /// The session could not be stored.
    Session(SessionError),
    /// The browser lacks what a session needs.
    Store(StoreError),
    /// No complete response was received.
    Transport(FetchError),
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Page => {
                "the page has no address, session storage or history; allow storage for this site"
            }
            Self::Rejected(_) => "the login was rejected; start a new login",
            Self::Session(_) => "the session could not be stored; log in again",
            Self::Store(_) => "no session can be stored; use a current browser",
            Self::Transport(_) => "no response was received; check the network and log in again",
        })
    }
}

impl error::Error for LoginError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Page => None,
            Self::Rejected(error) => Some(error),
            Self::Session(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Transport(error) => Some(error),
        }
    }
}

impl From<workos_login::Error> for LoginError {
    fn from(error: workos_login::Error) -> Self {
        Self::Rejected(error)
    }
}
