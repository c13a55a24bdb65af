//! The early ends of an operation.

use std::sync::Arc;
use std::time::Duration;

use workos_login::{AuthenticationChallenge, ClientError, Error};

use crate::error::{Cause, SessionEnded, SessionError, SessionWarning, StoreError};

/// Every early exit of an operation. It becomes a warning if there is a usable access token, and an error otherwise (K7).
#[derive(Clone)]
pub(super) enum Stop {
    Challenged(Arc<AuthenticationChallenge>),
    Ended(SessionEnded),
    /// The session could not be refreshed now.
    Later(Option<Cause>),
    /// The session could not be saved, and was not refreshed.
    NotStored(StoreError),
    OtherClient(Arc<ClientError>),
    Rejected(Arc<Error>),
    Store(StoreError),
}

impl Stop {
    pub(super) fn rejected(error: impl Into<Error>) -> Self {
        Self::Rejected(Arc::new(error.into()))
    }

    pub(super) fn later(error: Error) -> Self {
        Self::Later(Some(Arc::new(error)))
    }

    /// Returns why a refresh failed.
    pub(super) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Later(cause) => cause.clone(),
            Self::Rejected(error) => Some(error.clone()),
            _ => None,
        }
    }

    /// Returns the warning that comes with a usable access token; `None` if there can be no such token.
    pub(super) fn warning(&self) -> Option<SessionWarning> {
        Some(match self.clone() {
            Self::Challenged(challenge) => SessionWarning::AuthenticationChallenge(challenge),
            Self::Ended(_) => return None,
            Self::Later(cause) => SessionWarning::NotRefreshed(cause),
            Self::NotStored(error) => SessionWarning::NotStored(Arc::new(error)),
            Self::OtherClient(error) => SessionWarning::OtherClient(error),
            Self::Rejected(error) => SessionWarning::NotRefreshed(Some(error)),
            Self::Store(error) => SessionWarning::Store(error),
        })
    }

    /// Returns why a session could not be saved.
    pub(super) fn into_cause(self) -> Cause {
        match self {
            Self::Later(Some(cause)) => cause,
            Self::OtherClient(error) => error,
            stop => Arc::new(stop.into_error(Duration::ZERO)),
        }
    }

    pub(super) fn into_error(self, retry_in: Duration) -> SessionError {
        match self {
            Self::Challenged(challenge) => SessionError::AuthenticationChallenge(challenge),
            Self::Ended(reason) => SessionError::Ended(Arc::new(reason)),
            Self::Later(cause) => SessionError::Unavailable { retry_in, cause },
            Self::NotStored(error) | Self::Store(error) => SessionError::Store(error),
            Self::OtherClient(error) => SessionError::OtherClient(error),
            Self::Rejected(error) => SessionError::Failed(error),
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        if error.is_conflict() {
            Self::Later(Some(Arc::new(error)))
        } else {
            Self::Store(error)
        }
    }
}
