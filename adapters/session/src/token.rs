//! What a caller gets: an access token, and what to know about it.

use std::error;
use std::fmt;

use workos_login::secrecy::{ExposeSecret, SecretString};

use crate::error::Cause;

/// A good access token.
#[derive(Clone)]
pub struct Token {
    secret: SecretString,
    warning: Option<Warning>,
}

impl Token {
    pub(crate) fn new(secret: SecretString, warning: Option<Warning>) -> Self {
        Self { secret, warning }
    }

    /// Whether it is the same access token.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.secret.expose_secret() == other.secret.expose_secret()
    }

    /// Returns the access token.
    #[must_use]
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// Returns what went wrong although the token is good. Say so to the user: it can become worse.
    #[must_use]
    pub fn warning(&self) -> Option<&Warning> {
        self.warning.as_ref()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("warning", &self.warning)
            .finish_non_exhaustive()
    }
}

/// What went wrong although there is a good access token. Its source, where there is one, says why.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// The token is due, and could not be refreshed; it is good for a while still.
    NotRefreshed(Option<Cause>),
    /// The session is newer than the stored one, and could not be stored. It is kept here, and storing is tried again
    /// with each operation and by `flush`; when the process ends before that, the session is lost.
    NotStored(Option<Cause>),
    /// The token is due, and the store could not be read or written, so nothing was sent; it is good for a while still.
    StoreFailed(Option<Cause>),
}

impl Warning {
    fn cause(&self) -> Option<&Cause> {
        match self {
            Self::NotRefreshed(cause) | Self::NotStored(cause) | Self::StoreFailed(cause) => {
                cause.as_ref()
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotRefreshed(_) => {
                "the session could not be refreshed; its token is good for a while still"
            }
            Self::NotStored(_) => {
                "the new session could not be stored: it is lost when this program ends before it can be"
            }
            Self::StoreFailed(_) => {
                "the stored session could not be read or written, so it was not refreshed; its token is good for a while still"
            }
        })
    }
}

impl error::Error for Warning {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.cause().map(|cause| &**cause as _)
    }
}
