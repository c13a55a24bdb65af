//! The errors of a session and of a call.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use workos_login::{AuthenticationChallenge, ClientError, ErrorResponse};

/// The error below another: of the store, of the HTTP client, or of the core.
pub type Cause = Arc<dyn error::Error + Send + Sync>;

/// The error of a request for an access token. The variant says what to do next.
///
/// It can be cloned, because all callers that waited for one refresh receive the same result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The service demands an authentication challenge before it refreshes the session: log in again.
    ///
    /// The session stays stored; [`log_out`](crate::SessionManager::log_out) can still end it at the service.
    AuthenticationChallenge(Arc<AuthenticationChallenge>),
    /// The session has ended: log in.
    Ended(Arc<SessionEnded>),
    /// The service rejected the request. The session is unchanged.
    Failed(Arc<workos_login::Error>),
    /// The store holds a session of another client or issuer: use a store of its own for each client.
    OtherClient(Arc<ClientError>),
    /// The store failed. No refresh was sent, and nothing is lost.
    Store(StoreError),
    /// The session cannot be refreshed now: try again. It has not ended.
    Unavailable {
        /// The time after which to try again.
        retry_in: Duration,
        /// The service's response, the HTTP client's error, or [`LockTimeout`].
        cause: Option<Cause>,
    },
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthenticationChallenge(challenge) => write!(
                f,
                "the service demands an authentication challenge ({}) before it refreshes the session; log in again",
                challenge.code()
            ),
            Self::Ended(reason) => write!(f, "{reason}; log in"),
            Self::Failed(_) => f.write_str("the service rejected the request; the session is unchanged"),
            Self::OtherClient(_) => f.write_str(
                "the store holds a session of another client; use a store of its own for each client",
            ),
            Self::Store(_) => f.write_str("the session store failed; nothing is lost"),
            Self::Unavailable { retry_in, .. } => write!(
                f,
                "the session cannot be refreshed now and has not ended; try again in {} s",
                retry_in.as_millis().div_ceil(1000).max(1)
            ),
        }
    }
}

impl error::Error for SessionError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::AuthenticationChallenge(_) | Self::Ended(_) => None,
            Self::Failed(error) => Some(&**error),
            Self::OtherClient(error) => Some(&**error),
            Self::Store(error) => Some(error),
            Self::Unavailable { cause, .. } => cause.as_ref().map(|cause| &**cause as _),
        }
    }
}

/// The reason there is no session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionEnded {
    /// The access token has expired, and there is no refresh token.
    Expired,
    /// The user logged out, in this process or in another.
    LoggedOut,
    /// The store is empty.
    NotLoggedIn,
    /// A response was lost, and the service no longer accepts the refresh token.
    ResponseLost(ErrorResponse),
    /// The service ended the session.
    Service(ErrorResponse),
}

impl fmt::Display for SessionEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Expired => "the access token has expired, and the session has no refresh token",
            Self::LoggedOut => "the user logged out",
            Self::NotLoggedIn => "no user is logged in",
            Self::ResponseLost(_) => {
                "a response of the service was lost, and the refresh token can no longer be used"
            }
            Self::Service(_) => "the service ended the session",
        })
    }
}

/// A failure that leaves a usable access token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SessionWarning {
    /// The service demands an authentication challenge: log in again before the access token expires.
    AuthenticationChallenge(Arc<AuthenticationChallenge>),
    /// The access token is due for refresh, and the refresh failed.
    NotRefreshed(Option<Cause>),
    /// The session is newer than the stored one, and could not be saved.
    ///
    /// Each operation and `flush` try again. If the process ends before that, the session is lost.
    NotStored(Cause),
    /// The store holds a session of another client or issuer, which was left alone.
    OtherClient(Arc<ClientError>),
    /// The access token is due for refresh, and was not refreshed because the store failed.
    Store(StoreError),
}

impl fmt::Display for SessionWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AuthenticationChallenge(challenge) => write!(
                f,
                "the service demands an authentication challenge ({}) before it refreshes the session; \
                 log in again before the access token expires",
                challenge.code()
            ),
            Self::NotRefreshed(_) => f.write_str("the session could not be refreshed; its access token has not expired yet"),
            Self::NotStored(_) => f.write_str("the session could not be stored; it is lost if this program ends before it can be"),
            Self::OtherClient(_) => f.write_str(
                "the store holds a session of another client; use a store of its own for each client",
            ),
            Self::Store(_) => f.write_str("the session was not refreshed because its store failed; its access token has not expired yet"),
        }
    }
}

impl error::Error for SessionWarning {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::AuthenticationChallenge(_) => None,
            Self::NotRefreshed(cause) => cause.as_ref().map(|cause| &**cause as _),
            Self::NotStored(cause) => Some(&**cause),
            Self::OtherClient(error) => Some(&**error),
            Self::Store(error) => Some(error),
        }
    }
}

/// A failure of a store.
#[derive(Clone, Debug)]
pub struct StoreError(Reason);

#[derive(Clone, Debug)]
enum Reason {
    Conflict,
    Failed(Cause),
}

impl StoreError {
    /// Makes the error of a store that failed. The text of `error` says what the user can do.
    pub fn new(error: impl error::Error + Send + Sync + 'static) -> Self {
        Self(Reason::Failed(Arc::new(error)))
    }

    /// Makes the error of a store that does not hold the expected record.
    #[must_use]
    pub fn conflict() -> Self {
        Self(Reason::Conflict)
    }

    /// Returns whether the store does not hold the expected record.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self.0, Reason::Conflict)
    }

    /// Returns the error of the store, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: error::Error + 'static>(&self) -> Option<&E> {
        match &self.0 {
            Reason::Conflict => None,
            Reason::Failed(cause) => cause.downcast_ref(),
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Conflict => f.write_str("the stored session was replaced meanwhile; try again"),
            Reason::Failed(cause) => cause.fmt(f),
        }
    }
}

impl error::Error for StoreError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Reason::Conflict => None,
            // Its text is this error's own.
            Reason::Failed(cause) => cause.source(),
        }
    }
}

/// The lock of the store was not released in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LockTimeout;

impl fmt::Display for LockTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("timed out acquiring the store lock; try again")
    }
}

impl error::Error for LockTimeout {}

/// No response arrived within the timeout of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExchangeTimeout;

impl fmt::Display for ExchangeTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the exchange timed out; check the network and try again")
    }
}

impl error::Error for ExchangeTimeout {}

/// The error of a call without a response. `E` is the error of what sends it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CallError<E> {
    /// The URL is neither https nor http with a loopback host: the token would be visible on the network. Nothing was sent.
    Insecure,
    /// The call itself failed.
    Send(E),
    /// There is no access token. If the first one was rejected, that call was made, and this is why there is no other.
    Session(SessionError),
}

impl<E> fmt::Display for CallError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Insecure => f.write_str(
                "the URL of the call is not https, which would show the access token to the network; use https \
                 (http is for 127.0.0.1, [::1] and localhost only)",
            ),
            Self::Send(_) => f.write_str("the call failed"),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl<E: error::Error + 'static> error::Error for CallError<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Insecure => None,
            Self::Send(error) => Some(error),
            // Its text is this error's own.
            Self::Session(error) => error.source(),
        }
    }
}

impl<E> From<SessionError> for CallError<E> {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}
