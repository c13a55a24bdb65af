//! The error of a wait.

use std::error::Error;
use std::fmt;
use std::io;

use workos_login::{AwaitingCallback, RedirectUri, Refused};

/// An error of [`Listener::wait`](crate::Listener::wait) and its variants. Each variant returns the pending login.
#[derive(Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// [`Canceller::cancel`](crate::Canceller::cancel) was called. The pending login is intact.
    Cancelled(Box<AwaitingCallback>),
    /// The operating system cannot wait for events. The pending login is intact.
    #[non_exhaustive]
    Io {
        /// The pending login.
        pending: Box<AwaitingCallback>,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The pending login has a different redirect URI, so its callback cannot arrive here. The pending login is intact.
    #[non_exhaustive]
    RedirectUriMismatch {
        /// The pending login.
        pending: Box<AwaitingCallback>,
        /// The redirect URI of the listener.
        listener: RedirectUri,
    },
    /// The callback arrived and was refused: the login was denied, has expired, or was begun by another client, or the
    /// callback is from another issuer.
    ///
    /// The wait ignores callbacks with a different `state`, so they are never the cause.
    Refused(Refused<AwaitingCallback>),
    /// No callback arrived before the timeout. The pending login is intact and can be completed until it
    /// [expires](AwaitingCallback::expires_in).
    TimedOut(Box<AwaitingCallback>),
}

impl WaitError {
    /// Returns the pending login.
    ///
    /// After [`Refused`](Self::Refused) it usually cannot be completed. Otherwise, to wait for it again, call
    /// [`Listener::bind_for`](crate::Listener::bind_for) with its [`redirect_uri`](AwaitingCallback::redirect_uri).
    #[must_use]
    pub fn into_pending(self) -> AwaitingCallback {
        match self {
            Self::Cancelled(pending)
            | Self::Io { pending, .. }
            | Self::RedirectUriMismatch { pending, .. }
            | Self::TimedOut(pending) => *pending,
            Self::Refused(refused) => refused.into_parts().0,
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled(_) => f.write_str("the wait for the callback was cancelled"),
            Self::Io { .. } => f.write_str("cannot wait for the callback"),
            Self::RedirectUriMismatch { pending, listener } => write!(
                f,
                "the login has the redirect URI {}, but the listener has {listener}; \
                 begin the login with the listener's redirect URI",
                pending.redirect_uri()
            ),
            Self::Refused(refused) => refused.fmt(f),
            Self::TimedOut(_) => {
                f.write_str("timed out waiting for the callback; begin the login again")
            }
        }
    }
}

impl Error for WaitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // `Display` already includes the message of the refused transition.
            Self::Cancelled(_)
            | Self::RedirectUriMismatch { .. }
            | Self::Refused(_)
            | Self::TimedOut(_) => None,
        }
    }
}
