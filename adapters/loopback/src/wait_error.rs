//! Why a wait ended without a login.

use std::error::Error;
use std::fmt;
use std::io;

use workos_login::{AwaitingCallback, RedirectUri, Refused};

/// Why a wait ended without a code to exchange. Each gives the pending login back.
#[derive(Debug)]
#[non_exhaustive]
pub enum WaitError {
    /// [`Canceller::cancel`](crate::Canceller::cancel) was called. The login is intact.
    Cancelled(Box<AwaitingCallback>),
    /// The operating system no longer lets the listener wait. The login is intact.
    #[non_exhaustive]
    Io {
        /// The login.
        pending: Box<AwaitingCallback>,
        /// What the operating system says.
        source: io::Error,
    },
    /// The login was begun with another redirect address: its callback would never arrive here. The login is intact.
    #[non_exhaustive]
    OtherAddress {
        /// The login.
        pending: Box<AwaitingCallback>,
        /// The redirect address of the listener.
        served: RedirectUri,
    },
    /// The callback arrived, and the login is over: denied, expired, or begun by another client.
    ///
    /// It is never [`Error::CallbackMismatch`](workos_login::Error::CallbackMismatch): forged callbacks do not end the wait.
    Refused(Refused<AwaitingCallback>),
    /// No callback came in time. The login is intact, and lives as long as it still
    /// [can be finished](AwaitingCallback::expires_in).
    TimedOut(Box<AwaitingCallback>),
}

impl WaitError {
    /// Returns the pending login as it was.
    ///
    /// After [`Refused`](Self::Refused) it is of no more use. Else it can be waited for again, with a listener on
    /// the same address: [`Listener::bind_for`](crate::Listener::bind_for) its
    /// [`redirect_uri`](AwaitingCallback::redirect_uri).
    #[must_use]
    pub fn into_pending(self) -> AwaitingCallback {
        match self {
            Self::Cancelled(pending)
            | Self::Io { pending, .. }
            | Self::OtherAddress { pending, .. }
            | Self::TimedOut(pending) => *pending,
            Self::Refused(refused) => refused.into_parts().0,
        }
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled(_) => f.write_str("the wait for the browser was cancelled"),
            Self::Io { .. } => {
                f.write_str("the operating system no longer lets the listener wait for the browser")
            }
            Self::OtherAddress { pending, served } => write!(
                f,
                "the login comes back to {}, and the listener is at {served}: begin the login with the listener's address",
                pending.redirect_uri()
            ),
            Self::Refused(refused) => refused.fmt(f),
            Self::TimedOut(_) => {
                f.write_str("the browser did not come back in time: begin the login again")
            }
        }
    }
}

impl Error for WaitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // The text of a refusal is this error's own.
            Self::Cancelled(_)
            | Self::OtherAddress { .. }
            | Self::Refused(_)
            | Self::TimedOut(_) => None,
        }
    }
}
