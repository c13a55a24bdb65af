//! The classification of errors, for what an application tells its user, and for scripts.
//!
//! Errors of the login, of the session and of the store lead to the same few reactions. What the service has told is read here, wherever
//! the error carries it.

use std::time::{Duration, SystemTime};

use workos_login::http::StatusCode;
use workos_login::{AuthenticationChallenge, Error, ErrorResponse};
use workos_login_keyring as keyring;
use workos_login_loopback::BindError;
use workos_login_session::{SessionEnded, SessionError, StoreError};

use crate::error::NativeError;

/// Defines the kinds, and the name of each.
macro_rules! error_kinds {
    ($($kind:ident $name:literal $doc:literal;)+) => {
        /// The kind of a [`NativeError`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $(#[doc = $doc] $kind),+
        }

        impl ErrorKind {
            /// Returns the name, for logs and scripts.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name),+
                }
            }
        }
    };
}

error_kinds! {
    AuthenticationChallenge "authentication_challenge" "An authentication challenge is required: log in again.";
    CallbackMismatch "callback_mismatch" "The callback is not of the issuer of the login: check the issuer.";
    Cancelled "cancelled" "The application cancelled the login.";
    Configuration "configuration" "The client ID, the redirect URI or another setting is invalid.";
    Denied "denied" "The user, the identity provider or the service denied the login.";
    Expired "expired" "The login was not completed in time.";
    Failure "failure" "Any other failure.";
    InvalidGrant "invalid_grant" "The authorization code or the refresh token is invalid: log in again.";
    Malformed "malformed" "A response violates the protocol: check the URLs and proxies.";
    NoStore "no_store" "There is no keyring to store a session in.";
    NotLoggedIn "not_logged_in" "No user is logged in, or the session has ended: log in.";
    Redirect "redirect" "A response is a redirect: check the URLs and proxies.";
    Rejected "rejected" "The service rejected the request, with an unknown code or none.";
    Store "store" "The store is locked or failed. The stored session is not lost.";
    Unavailable "unavailable" "The service cannot be reached or is temporarily unavailable: retry.";
    Usage "usage" "The client or the server has no such option.";
}

impl NativeError {
    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Bind(BindError::InvalidRedirectUri(_) | BindError::NotLoopback(_))
            | Self::InvalidIssuer(_)
            | Self::MissingRedirectUri
            | Self::Session(SessionError::OtherClient(_)) => ErrorKind::Configuration,
            Self::Cancelled => ErrorKind::Cancelled,
            Self::Challenge(_) | Self::Session(SessionError::AuthenticationChallenge(_)) => {
                ErrorKind::AuthenticationChallenge
            }
            Self::DeviceUnsupported(_) | Self::UnsupportedOption { .. } => ErrorKind::Usage,
            Self::Http(_) | Self::Session(SessionError::Unavailable { .. }) => {
                ErrorKind::Unavailable
            }
            Self::Login(error) => kind_of(error),
            Self::NoStore(error) => kind_of_store(error),
            Self::NotStored(_)
            | Self::NotWritable(_)
            | Self::PendingLogin(_)
            | Self::Session(SessionError::Store(_))
            | Self::StillStored(_) => ErrorKind::Store,
            Self::Session(SessionError::Ended(_)) => ErrorKind::NotLoggedIn,
            Self::Session(SessionError::Failed(error)) => kind_of(error),
            Self::TimedOut => ErrorKind::Expired,
            #[cfg(feature = "verify")]
            Self::VerificationUnsupported(_) => ErrorKind::Configuration,
            _ => ErrorKind::Failure,
        }
    }

    /// Returns the time to wait before a retry, if one can succeed.
    #[must_use]
    pub fn retry_in(&self) -> Option<Duration> {
        match self {
            Self::Http(_) => Some(Duration::from_secs(1)),
            Self::Session(SessionError::Unavailable { retry_in, .. }) => Some(*retry_in),
            _ => self.protocol_error()?.retry_in(SystemTime::now()),
        }
    }

    /// Returns the error response of the service.
    #[must_use]
    pub fn error_response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Session(SessionError::Ended(reason)) => match &**reason {
                SessionEnded::Service(response) | SessionEnded::ResponseLost(response) => {
                    Some(response)
                }
                _ => None,
            },
            _ => self.protocol_error()?.error_response(),
        }
    }

    /// Returns the HTTP status of the response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.protocol_error() {
            Some(Error::Malformed(malformed)) => malformed.status(),
            _ => self.error_response()?.status(),
        }
    }

    /// Returns the `x-request-id` of the response, which the support of the service asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        if let Some(challenge) = self.authentication_challenge() {
            return challenge.request_id();
        }
        match self.error_response() {
            Some(response) => response.request_id(),
            None => self.protocol_error()?.request_id(),
        }
    }

    /// Returns the authentication challenge that another login has to satisfy.
    #[must_use]
    pub fn authentication_challenge(&self) -> Option<&AuthenticationChallenge> {
        match self {
            Self::Challenge(unanswered) => Some(unanswered.challenge()),
            Self::Session(SessionError::AuthenticationChallenge(challenge)) => Some(challenge),
            _ => None,
        }
    }

    fn protocol_error(&self) -> Option<&Error> {
        match self {
            Self::Login(error) => Some(error),
            Self::Session(SessionError::Failed(error)) => Some(error),
            Self::Session(SessionError::Unavailable { cause, .. }) => {
                cause.as_ref()?.downcast_ref()
            }
            _ => None,
        }
    }
}

fn kind_of(error: &Error) -> ErrorKind {
    match error {
        Error::AuthenticationChallenge(_) => ErrorKind::AuthenticationChallenge,
        Error::CallbackMismatch(_) => ErrorKind::CallbackMismatch,
        Error::Client(_) => ErrorKind::Configuration,
        Error::Denied(_) => ErrorKind::Denied,
        Error::Expired(_) => ErrorKind::Expired,
        Error::InvalidGrant(_) => ErrorKind::InvalidGrant,
        Error::Malformed(malformed) => match malformed.status() {
            Some(status) if status.is_redirection() => ErrorKind::Redirect,
            _ => ErrorKind::Malformed,
        },
        Error::Rejected(_) => ErrorKind::Rejected,
        Error::Unavailable(_) => ErrorKind::Unavailable,
        _ => ErrorKind::Failure,
    }
}

fn kind_of_store(error: &StoreError) -> ErrorKind {
    match error.downcast_ref() {
        Some(keyring::Error::NoKeyring(_)) => ErrorKind::NoStore,
        _ => ErrorKind::Store,
    }
}
