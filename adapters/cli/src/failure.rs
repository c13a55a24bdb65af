//! Why a command failed, as it is told to a person and to a script.

use std::error::Error as StdError;
use std::fmt::Display;

use serde::ser::{Serialize, SerializeMap, Serializer};
use workos_login::{AuthenticationChallenge, Error, ErrorResponse, SendError};
use workos_login_loopback::{BindError, WaitError};

use crate::error_kind::Exit;
use crate::login::challenge;

/// The end of a command that did not do what it was asked for.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
    request_id: Option<String>,
    /// The step that the service asks for.
    step: Option<Box<AuthenticationChallenge>>,
}

impl Failure {
    /// Makes a failure with a message: what happened, and what to do.
    pub(crate) fn new(exit: Exit, message: impl Display) -> Self {
        Self {
            exit,
            message: message.to_string(),
            causes: Vec::new(),
            hints: Vec::new(),
            request_id: None,
            step: None,
        }
    }

    /// Makes a failure from an error and the errors that caused it.
    pub(crate) fn of(exit: Exit, error: &dyn StdError) -> Self {
        let failure = Self::new(exit, error);
        match error.source() {
            Some(cause) => failure.because(cause),
            None => failure,
        }
    }

    /// Adds the error that is behind it.
    pub(crate) fn because(mut self, cause: &dyn StdError) -> Self {
        let causes = std::iter::successors(Some(cause), |&error| error.source());
        for cause in causes.map(ToString::to_string) {
            // Some errors repeat in their own words what caused them.
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

    /// Adds what is behind it, in words.
    pub(crate) fn cause(mut self, cause: impl Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds what the service answered, but for its own words: they can quote a token.
    pub(crate) fn answered(self, answer: &ErrorResponse) -> Self {
        let failure = self.cause(format_args!(
            "the service answered {} ({})",
            answer.code().unwrap_or("without a code"),
            answer.status().unwrap_or_default()
        ));
        Self {
            request_id: answer.request_id().map(ToOwned::to_owned),
            ..failure
        }
    }

    /// Adds a line for the person at the terminal.
    pub(crate) fn hint(mut self, line: impl Display) -> Self {
        self.hints.push(line.to_string());
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
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

    /// Makes a failure from what the core says.
    pub(crate) fn told(error: &Error) -> Self {
        let exit = match error {
            Error::Client(_) => Exit::Configuration,
            Error::Denied(_) => Exit::Denied,
            Error::Expired(_) => Exit::Expired,
            Error::AuthenticationChallenge(step) => return Self::step_up(step),
            Error::Unavailable(_) => Exit::Unavailable,
            _ => Exit::Failure,
        };
        Self {
            request_id: error.request_id().map(ToOwned::to_owned),
            ..Self::of(exit, error)
        }
    }

    /// Makes the failure of a login that nobody finished in time.
    pub(crate) fn timed_out() -> Self {
        Self::new(
            Exit::Expired,
            "nobody finished the login in time: run the command again, with a longer --timeout if need be",
        )
    }

    fn step_up(step: &AuthenticationChallenge) -> Self {
        let again = match step {
            AuthenticationChallenge::OrganizationSelection(_) => {
                "log in again, to one of these organizations:"
            }
            _ => "log in again, and the login page takes the step",
        };
        let message = format_args!(
            "the service asks for one more step ({}): {}; this program has no secret to complete it with: {again}",
            step.code(),
            challenge::task(step)
        );
        let mut failure = Self {
            step: Some(Box::new(step.clone())),
            request_id: step.request_id().map(ToOwned::to_owned),
            ..Self::new(Exit::AuthenticationChallenge, message)
        };
        if let AuthenticationChallenge::OrganizationSelection(selection) = step {
            for organization in selection.organizations() {
                let name = organization.name().unwrap_or("no name");
                failure = failure.hint(format_args!(
                    "--organization {}  ({name})",
                    organization.id()
                ));
            }
        }
        failure
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::told(&error)
    }
}

impl<S, T: StdError + 'static> From<SendError<S, T>> for Failure {
    fn from(error: SendError<S, T>) -> Self {
        match error {
            SendError::Refused(refused) => refused.into_parts().1.into(),
            SendError::Transport(_) => Self::of(Exit::Unavailable, &error),
        }
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let exit = match error {
            BindError::InvalidRedirectUri(_) | BindError::NotLoopback(_) => Exit::Configuration,
            _ => Exit::Failure,
        };
        Self::of(exit, &error)
    }
}

impl From<WaitError> for Failure {
    fn from(error: WaitError) -> Self {
        match error {
            WaitError::Refused(refused) => refused.into_parts().1.into(),
            WaitError::TimedOut(_) => Self::timed_out(),
            other => Self::of(Exit::Failure, &other),
        }
    }
}

/// The `error` of the JSON output. What is absent is left out.
impl Serialize for Failure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.exit.kind())?;
        map.serialize_entry("message", &self.message)?;
        if !self.causes.is_empty() {
            map.serialize_entry("causes", &self.causes)?;
        }
        if let Some(id) = &self.request_id {
            map.serialize_entry("request_id", id)?;
        }
        if let Some(step) = &self.step {
            map.serialize_entry("step", step.code())?;
        }
        if let Some(AuthenticationChallenge::OrganizationSelection(step)) = self.step.as_deref() {
            map.serialize_entry("organizations", step.organizations())?;
        }
        map.end()
    }
}
