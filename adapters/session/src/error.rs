//! Why there is no token, and why a call was not made.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use workos_login::session::SessionEnded;

/// The error below another: of the store, of the HTTP client, or of the core.
pub type Cause = Arc<dyn error::Error + Send + Sync>;

/// Why there is no access token. The variant says what to do next.
///
/// It can be cloned, because everybody who waited for one refresh gets the same answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The service refused for a reason on this side: configuration, or an organization that the user may not enter.
    /// The session stays as it is.
    Failed(Arc<workos_login::Error>),
    /// There is no session: sign in.
    SessionEnded(Arc<SessionEnded>),
    /// The store could not be read or written. Nothing was sent, nothing is lost; its own error is the [source](error::Error::source).
    Store(Cause),
    /// Not now, and the session is not lost: try again.
    TryAgain {
        /// After this time.
        after: Duration,
        /// Why: the service's answer, the HTTP client's error, or that another process holds the lock.
        cause: Option<Cause>,
    },
}

impl Error {
    /// Returns the error of the store, when it is the store that failed and its error is an `E`.
    #[must_use]
    pub fn store_error<E: error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Store(cause) => cause.downcast_ref(),
            Self::Failed(_) | Self::SessionEnded(_) | Self::TryAgain { .. } => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(_) => f.write_str("the service refused, and the session stays as it is"),
            Self::SessionEnded(reason) => write!(f, "{reason}: sign in"),
            Self::Store(_) => {
                f.write_str("the stored session could not be read or written; nothing is lost")
            }
            Self::TryAgain { after, .. } => write!(
                f,
                "the session cannot be refreshed now, and is not lost: try again in {} s",
                after.as_millis().div_ceil(1000).max(1)
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed(error) => Some(&**error),
            Self::SessionEnded(_) => None,
            Self::Store(cause) => Some(&**cause),
            Self::TryAgain { cause, .. } => cause.as_ref().map(|cause| &**cause as _),
        }
    }
}

/// That the lock of the store was not to be had in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Locked;

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another process holds the lock of the session")
    }
}

impl error::Error for Locked {}

/// Why a call has no response. `E` is the error of what sends it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The address is neither https nor http to this machine: the token would be shown to the network. Nothing was sent.
    Insecure,
    /// There is no token. When a token was refused before, that call was answered, and this is why there is no other.
    NoToken(Error),
    /// The call itself failed.
    Send(E),
    /// The token has characters that a header cannot hold. Nothing was sent.
    Unfit,
}

impl<E> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insecure => f.write_str(
                "the address of the call is not https, which would show the token to the network: use https \
                 (http is for 127.0.0.1, [::1] and localhost only)",
            ),
            Self::NoToken(error) => error.fmt(f),
            Self::Send(_) => f.write_str("the call failed"),
            Self::Unfit => f.write_str("the access token does not fit into a header: sign in again"),
        }
    }
}

impl<E: error::Error + 'static> error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            // Its text is this error's own.
            Self::NoToken(error) => error.source(),
            Self::Send(error) => Some(error),
            Self::Insecure | Self::Unfit => None,
        }
    }
}

impl<E> From<Error> for CallError<E> {
    fn from(error: Error) -> Self {
        Self::NoToken(error)
    }
}
