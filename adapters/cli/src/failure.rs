//! Why a command failed, as it is shown to users and to scripts.
//!
//! Every error of the libraries becomes a [`Failure`]: an [`ErrorKind`], a message that says what to do, and what is known of
//! the cause. [`Output`](crate::output::Output) prints it as lines, and the [`Serialize`] implementation as JSON. The service's own
//! `error_description` is never shown: it can quote a code or a token.

use std::error::Error as StdError;
use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, Serializer};
use workos_login::{
    AuthenticationChallenge, Error, ErrorResponse, Organization, OrganizationId, SendError,
};
use workos_login_loopback::{BindError, WaitError};

use crate::challenge_task;
use crate::error_kind::ErrorKind;

/// The failure of a command.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    request_id: Option<String>,
    challenge: Option<Box<AuthenticationChallenge>>,
}

impl Failure {
    /// Makes a failure from a message: the problem, then the remedy.
    pub(crate) fn new(kind: ErrorKind, message: impl Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            causes: Vec::new(),
            hints: Vec::new(),
            request_id: None,
            challenge: None,
        }
    }

    /// Makes a failure from an error and its sources.
    pub(crate) fn from_error(kind: ErrorKind, error: &dyn StdError) -> Self {
        let failure = Self::new(kind, error);
        match error.source() {
            Some(source) => failure.caused_by(source),
            None => failure,
        }
    }

    /// Makes the failure of a login that was not completed within `--timeout`.
    pub(crate) fn timed_out() -> Self {
        Self::new(
            ErrorKind::Expired,
            "the login was not completed in time; run the command again, with a longer --timeout if necessary",
        )
    }

    /// Makes the failure of a login that requires an authentication challenge.
    pub(crate) fn challenge(challenge: &AuthenticationChallenge) -> Self {
        let remedy = match challenge {
            AuthenticationChallenge::OrganizationSelection(_) => {
                "log in again with one of these options:"
            }
            _ => "log in again and complete it on the login page",
        };
        let message = format_args!(
            "the service requires an authentication challenge ({}): {}; a public client cannot complete it: {remedy}",
            challenge.code(),
            challenge_task::describe(challenge)
        );
        let failure = Self::with_challenge(challenge, message);
        match challenge {
            AuthenticationChallenge::OrganizationSelection(selection) => {
                failure.organization_options(selection.organizations())
            }
            _ => failure,
        }
    }

    /// Makes the failure of a login that selected an organization, and was asked for one all the same.
    pub(crate) fn selection_ignored(
        challenge: &AuthenticationChallenge,
        selected: &OrganizationId,
        others: &[&Organization],
    ) -> Self {
        let remedy = match others {
            [] => "report it to the operator of the application",
            _ => "log in again with another organization:",
        };
        let message = format_args!(
            "the service requires the selection of an organization ({}) although the login selected {selected}: {remedy}",
            challenge.code()
        );
        Self::with_challenge(challenge, message).organization_options(others.iter().copied())
    }

    fn with_challenge(challenge: &AuthenticationChallenge, message: impl Display) -> Self {
        Self {
            challenge: Some(Box::new(challenge.clone())),
            request_id: challenge.request_id().map(ToOwned::to_owned),
            ..Self::new(ErrorKind::AuthenticationChallenge, message)
        }
    }

    fn organization_options<'a>(
        self,
        organizations: impl IntoIterator<Item = &'a Organization>,
    ) -> Self {
        organizations
            .into_iter()
            .fold(self, |failure, organization| {
                let name = organization.name().unwrap_or("no name");
                failure.hint(format_args!(
                    "--organization {}  ({name})",
                    organization.id()
                ))
            })
    }

    /// Adds an error and its sources as causes.
    pub(crate) fn caused_by(mut self, cause: &dyn StdError) -> Self {
        let causes = std::iter::successors(Some(cause), |&error| error.source());
        for cause in causes.map(ToString::to_string) {
            // The `Display` of some errors includes that of their source.
            if !self
                .causes
                .last()
                .is_some_and(|last| last.ends_with(&cause))
            {
                self.causes.push(cause);
            }
        }
        self
    }

    /// Adds a cause.
    pub(crate) fn cause(mut self, cause: impl Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds the error response that caused the failure.
    pub(crate) fn response(self, response: &ErrorResponse) -> Self {
        let failure = self.cause(format_args!(
            "the service responded with {} ({})",
            response.code().unwrap_or("no error code"),
            response.status().unwrap_or_default()
        ));
        Self {
            request_id: response.request_id().map(ToOwned::to_owned),
            ..failure
        }
    }

    /// Adds a line for the user at the terminal.
    pub(crate) fn hint(mut self, line: impl Display) -> Self {
        self.hints.push(line.to_string());
        self
    }

    pub(crate) fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let kind = match error {
            Error::Client(_) => ErrorKind::Configuration,
            Error::Denied(_) => ErrorKind::Denied,
            Error::Expired(_) => ErrorKind::Expired,
            Error::AuthenticationChallenge(challenge) => return Self::challenge(challenge),
            Error::Unavailable(_) => ErrorKind::Unavailable,
            _ => ErrorKind::Failure,
        };
        Self {
            request_id: error.request_id().map(ToOwned::to_owned),
            ..Self::from_error(kind, error)
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl<S, T: StdError + 'static> From<SendError<S, T>> for Failure {
    fn from(error: SendError<S, T>) -> Self {
        match error {
            SendError::Refused(refused) => refused.into_parts().1.into(),
            SendError::Transport(_) => Self::from_error(ErrorKind::Unavailable, &error),
        }
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let kind = match error {
            BindError::InvalidRedirectUri(_) | BindError::NotLoopback(_) => {
                ErrorKind::Configuration
            }
            _ => ErrorKind::Failure,
        };
        Self::from_error(kind, &error)
    }
}

impl From<WaitError> for Failure {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::Refused(refused) => refused.into_parts().1.into(),
            WaitError::TimedOut(_) => Self::timed_out(),
            other => Self::from_error(ErrorKind::Failure, &other),
        }
    }
}

/// The `error` of the JSON output. Absent members are omitted.
impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.kind.name())?;
        map.serialize_entry("message", &self.message)?;
        if !self.causes.is_empty() {
            map.serialize_entry("causes", &self.causes)?;
        }
        if let Some(id) = &self.request_id {
            map.serialize_entry("request_id", id)?;
        }
        if let Some(challenge) = self.challenge.as_deref() {
            map.serialize_entry("challenge", challenge.code())?;
            if let AuthenticationChallenge::OrganizationSelection(selection) = challenge {
                map.serialize_entry("organizations", selection.organizations())?;
            }
        }
        map.end()
    }
}
