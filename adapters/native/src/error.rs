//! The errors of a login and of a stored session.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::SystemTime;

#[cfg(feature = "verify")]
use workos_login::keys::VerifyError;
use workos_login::{ClientError, Error, InvalidEndpoint, SendError};
use workos_login_loopback::{BindError, WaitError};
use workos_login_session::{Cause, SessionError, StoreError, TakeLoginError};
use workos_login_ureq::Error as HttpError;

use crate::challenge::UnansweredChallenge;

/// The error of a login, or of a stored session. The variant says what to do next.
#[derive(Debug)]
#[non_exhaustive]
pub enum NativeError {
    /// The redirect URI cannot be listened on.
    Bind(BindError),
    /// The login was cancelled.
    Cancelled,
    /// The service requires an authentication challenge that no further login was started for.
    Challenge(Box<UnansweredChallenge>),
    /// The authorization server has no device authorization endpoint.
    DeviceUnsupported(ClientError),
    /// No response was received.
    Http(HttpError),
    /// The issuer is not a valid URL.
    InvalidIssuer(InvalidEndpoint),
    /// The login failed.
    Login(Error),
    /// A login whose callback is a link needs the redirect URI of the application.
    MissingRedirectUri,
    /// There is no store, or it cannot be opened.
    NoStore(StoreError),
    /// The login succeeded, but its session could not be stored and is lost.
    NotStored(Cause),
    /// The store is not writable. No login was started.
    NotWritable(StoreError),
    /// The server issued no ID token, so there is none to verify.
    #[cfg(feature = "verify")]
    NoIdToken,
    /// The session manager failed.
    Session(SessionError),
    /// The session could not be removed from the store, which still holds it.
    StillStored(StoreError),
    /// The pending login cannot be stored or loaded.
    PendingLogin(StoreError),
    /// The login was not completed within its timeout.
    TimedOut,
    /// The client has no such option of a login. No login was started.
    UnsupportedOption {
        /// The option of [`Login`](crate::Login).
        option: &'static str,
        /// The service of the client.
        service: &'static str,
    },
    /// The token of the session could not be verified. Do not trust its claims.
    #[cfg(feature = "verify")]
    Unverified(VerifyError),
    /// The server has no keys to verify a token with.
    #[cfg(feature = "verify")]
    VerificationUnsupported(ClientError),
    /// The operating system cannot wait for the callback or start a thread.
    Wait(io::Error),
}

impl NativeError {
    /// Returns whether the same request may succeed later.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Http(_) => true,
            Self::Login(error) => error.retry_in(SystemTime::now()).is_some(),
            _ => false,
        }
    }

    /// Makes a challenge that no other login follows an error of its own.
    pub(crate) fn or_challenge(self) -> Self {
        match self {
            Self::Login(Error::AuthenticationChallenge(challenge)) => {
                Self::Challenge(Box::new(UnansweredChallenge {
                    challenge: *challenge,
                    logins: 1,
                    ignored: None,
                }))
            }
            error => error,
        }
    }
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bind(error) => error.fmt(f),
            Self::Cancelled => f.write_str("the login was cancelled"),
            Self::Challenge(unanswered) => write!(
                f,
                "the service requires an authentication challenge ({}): {}; log in again and complete it on the login page",
                unanswered.challenge.code(),
                unanswered.task()
            ),
            Self::DeviceUnsupported(error) => error.fmt(f),
            Self::Http(_) => f.write_str("no response was received; check the network and retry"),
            Self::InvalidIssuer(error) => error.fmt(f),
            Self::Login(error) => error.fmt(f),
            Self::MissingRedirectUri => f.write_str(
                "a login whose callback is a link needs a redirect URI; set that of the application",
            ),
            Self::NoStore(error) => error.fmt(f),
            Self::NotStored(_) => {
                f.write_str("the session could not be stored and is lost; log in again")
            }
            Self::NotWritable(_) => {
                f.write_str("the session cannot be stored; no login was started")
            }
            Self::Session(error) => error.fmt(f),
            Self::StillStored(_) => f.write_str(
                "the session could not be removed from the store and is still stored; log out again",
            ),
            Self::UnsupportedOption { option, service } => {
                write!(f, "{option} cannot be used with {service}")
            }
            #[cfg(feature = "verify")]
            Self::NoIdToken => f.write_str(
                "the authorization server issued no ID token to verify; log in with the scope openid",
            ),
            #[cfg(feature = "verify")]
            Self::Unverified(_) => f.write_str("the token cannot be verified; log in again"),
            #[cfg(feature = "verify")]
            Self::VerificationUnsupported(error) => error.fmt(f),
            Self::PendingLogin(_) => {
                f.write_str("the pending login cannot be stored or loaded; repair the store and log in again")
            }
            Self::TimedOut => f.write_str("the login was not completed in time; log in again"),
            Self::Wait(_) => f.write_str("the operating system cannot wait for the callback"),
        }
    }
}

impl StdError for NativeError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // Their text is this error's own.
            Self::Bind(error) => error.source(),
            Self::DeviceUnsupported(error) => error.source(),
            Self::InvalidIssuer(error) => error.source(),
            Self::Login(error) => error.source(),
            Self::NoStore(error) => error.source(),
            Self::Session(error) => error.source(),
            Self::Http(error) => Some(error),
            Self::NotStored(cause) => Some(&**cause),
            Self::NotWritable(error) | Self::PendingLogin(error) | Self::StillStored(error) => {
                Some(error)
            }
            Self::Wait(error) => Some(error),
            #[cfg(feature = "verify")]
            Self::NoIdToken => None,
            #[cfg(feature = "verify")]
            Self::Unverified(error) => Some(error),
            #[cfg(feature = "verify")]
            Self::VerificationUnsupported(error) => error.source(),
            Self::Cancelled
            | Self::Challenge(_)
            | Self::MissingRedirectUri
            | Self::TimedOut
            | Self::UnsupportedOption { .. } => None,
        }
    }
}

impl From<Error> for NativeError {
    fn from(error: Error) -> Self {
        Self::Login(error)
    }
}

impl From<SessionError> for NativeError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

impl From<TakeLoginError> for NativeError {
    fn from(error: TakeLoginError) -> Self {
        match error {
            TakeLoginError::Refused(error) => Self::Login(error),
            TakeLoginError::Store(error) => Self::PendingLogin(error),
        }
    }
}

impl From<BindError> for NativeError {
    fn from(error: BindError) -> Self {
        Self::Bind(error)
    }
}

impl From<WaitError> for NativeError {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::Cancelled(_) => Self::Cancelled,
            WaitError::Io { source, .. } => Self::Wait(source),
            WaitError::Refused(refused) => Self::Login(refused.into()),
            WaitError::TimedOut(_) => Self::TimedOut,
            other => Self::Wait(io::Error::other(other.to_string())),
        }
    }
}

impl<S> From<SendError<S, HttpError>> for NativeError {
    fn from(error: SendError<S, HttpError>) -> Self {
        match error {
            SendError::Refused(refused) => Self::Login(refused.into()),
            SendError::Transport(error) => Self::Http(error.into_source()),
        }
    }
}
