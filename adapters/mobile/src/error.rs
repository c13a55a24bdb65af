//! The errors, by what the application does next.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use workos_login_session::{SessionError, StoreError, TakeLoginError};

use crate::storage::StorageError;

/// The error of an operation. The case says what to do next, the text names the problem and the remedy. No text contains a secret.
#[derive(Clone, Debug, uniffi::Error)]
pub enum MobileError {
    /// The service requires an authentication challenge, such as a second factor: log in again and complete it on the login page.
    AuthenticationChallenge {
        /// The problem and the remedy.
        text: String,
        /// The error code of the challenge.
        code: String,
    },
    /// The client ID, the redirect URI or another setting is invalid.
    Configuration {
        /// The problem and the remedy.
        text: String,
    },
    /// The user, the identity provider or the service denied the login.
    Denied {
        /// The problem and the remedy.
        text: String,
    },
    /// The service rejected the request or violated the protocol. The session is unchanged.
    Failed {
        /// The problem and the remedy.
        text: String,
        /// The ID of the request, which the support of the service asks for.
        request_id: Option<String>,
    },
    /// The pending login has expired, or its authorization code is no longer valid: begin another login.
    LoginExpired {
        /// The problem and the remedy.
        text: String,
    },
    /// No user is logged in, or the session has ended: begin a login.
    NotLoggedIn {
        /// The problem and the remedy.
        text: String,
    },
    /// The storage failed. No refresh was sent, and nothing is lost.
    StorageFailed {
        /// The problem and the remedy.
        text: String,
    },
    /// The storage is locked, as before the first unlock of the device: try again when it is unlocked. Nothing is lost.
    StorageLocked {
        /// The problem and the remedy.
        text: String,
    },
    /// The service cannot be reached or is temporarily unavailable: call again. The session or the pending login is unchanged.
    Unavailable {
        /// The problem and the remedy.
        text: String,
        /// The time after which to call again.
        retry_in: Duration,
    },
}

impl fmt::Display for MobileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::AuthenticationChallenge { text, .. }
        | Self::Configuration { text }
        | Self::Denied { text }
        | Self::Failed { text, .. }
        | Self::LoginExpired { text }
        | Self::NotLoggedIn { text }
        | Self::StorageFailed { text }
        | Self::StorageLocked { text }
        | Self::Unavailable { text, .. }) = self;
        f.write_str(text)
    }
}

impl Error for MobileError {}

impl From<workos_login::Error> for MobileError {
    fn from(error: workos_login::Error) -> Self {
        Self::of_core(&error)
    }
}

impl From<SessionError> for MobileError {
    fn from(error: SessionError) -> Self {
        match &error {
            SessionError::AuthenticationChallenge(challenge) => Self::AuthenticationChallenge {
                text: text(&error),
                code: challenge.code().to_owned(),
            },
            SessionError::Ended(_) => Self::NotLoggedIn { text: text(&error) },
            SessionError::Failed(error) => Self::of_core(error),
            SessionError::OtherClient(_) => configuration(error),
            SessionError::Store(error) => Self::from(error.clone()),
            SessionError::Unavailable { retry_in, .. } => Self::Unavailable {
                text: text(&error),
                retry_in: *retry_in,
            },
            _ => Self::Failed {
                text: text(&error),
                request_id: None,
            },
        }
    }
}

impl From<StoreError> for MobileError {
    fn from(error: StoreError) -> Self {
        let text = text(&error);
        match error.downcast_ref() {
            Some(StorageError::Locked) => Self::StorageLocked { text },
            _ => Self::StorageFailed { text },
        }
    }
}

impl From<TakeLoginError> for MobileError {
    fn from(error: TakeLoginError) -> Self {
        match error {
            TakeLoginError::Refused(error) => error.into(),
            TakeLoginError::Store(error) => error.into(),
        }
    }
}

impl MobileError {
    fn of_core(error: &workos_login::Error) -> Self {
        use workos_login::Error as Core;
        let text = text(error);
        match error {
            Core::AuthenticationChallenge(challenge) => Self::AuthenticationChallenge {
                text,
                code: challenge.code().to_owned(),
            },
            Core::Client(_) => Self::Configuration { text },
            Core::Denied(_) => Self::Denied { text },
            Core::Expired(_) | Core::InvalidGrant(_) => Self::LoginExpired { text },
            _ => match error.retry_in(SystemTime::now()) {
                Some(retry_in) => Self::Unavailable { text, retry_in },
                None => Self::Failed {
                    text,
                    request_id: error.request_id().map(str::to_owned),
                },
            },
        }
    }
}

/// Makes the error of an invalid setting.
pub(crate) fn configuration(error: impl Error) -> MobileError {
    MobileError::Configuration { text: text(&error) }
}

/// Returns the message with those of its causes.
pub(crate) fn text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
