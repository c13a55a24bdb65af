//! The failure of a command, as it is shown to users and to scripts.
//!
//! Every error of the libraries becomes a [`Failure`]: an [`ErrorKind`], a message that says what to do, and what is known of
//! the cause. [`Output`](crate::output::Output) prints it as lines and as JSON. The `error_description` of a response is never shown: it
//! can quote a code or a token.

use std::error::Error as StdError;
use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value, json};
use workos_login::{AuthenticationChallenge, Error, ErrorResponse, MismatchKind, Organization};
use workos_login_native::{NativeError, UnansweredChallenge};

use crate::error_kind::{self, ErrorKind};

/// The failure of a command. It serializes as the `error` of the JSON output.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    #[serde(serialize_with = "error_kind::serialize")]
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    /// Lines for the user at the terminal.
    #[serde(skip)]
    pub(crate) hints: Vec<String>,
    /// Details of the response: `code`, `status`, `retry_in` in seconds, `request_id`, `challenge`, `organizations`.
    #[serde(flatten)]
    details: Map<String, Value>,
}

impl Failure {
    /// Makes a failure from a message: the problem, then the remedy.
    pub(crate) fn new(kind: ErrorKind, message: impl Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            causes: Vec::new(),
            hints: Vec::new(),
            details: Map::new(),
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

    /// Makes the failure of a setting.
    pub(crate) fn configuration(error: impl StdError) -> Self {
        Self::from_error(ErrorKind::Configuration, &error)
    }

    /// Adds an error and its sources as causes.
    pub(crate) fn caused_by(self, cause: &dyn StdError) -> Self {
        let causes = std::iter::successors(Some(cause), |&error| error.source());
        causes
            .map(ToString::to_string)
            .fold(self, |failure, cause| {
                // The `Display` of some errors includes that of their source.
                match failure.causes.last() {
                    Some(last) if last.ends_with(&cause) => failure,
                    _ => failure.cause(cause),
                }
            })
    }

    /// Adds a cause.
    pub(crate) fn cause(mut self, cause: impl Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds a line for the user at the terminal.
    pub(crate) fn hint(mut self, line: impl Display) -> Self {
        self.hints.push(line.to_string());
        self
    }

    /// Returns the ID of the request that failed.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.details.get("request_id")?.as_str()
    }

    fn detail(mut self, name: &str, value: Option<impl Serialize>) -> Self {
        if let Some(value) = value {
            self.details.insert(name.to_owned(), json!(value));
        }
        self
    }
}

impl From<&NativeError> for Failure {
    fn from(error: &NativeError) -> Self {
        let failure = match error {
            NativeError::Challenge(unanswered) => unanswered_challenge(unanswered),
            NativeError::DeviceUnsupported(_) => Self::new(
                ErrorKind::Usage,
                "the device authorization endpoint is not known; log in without --device, or set \
                 --device-authorization-endpoint",
            ),
            NativeError::Login(Error::CallbackMismatch(mismatch)) => {
                let failure = Self::from_error(ErrorKind::CallbackMismatch, error);
                match mismatch.kind() {
                    MismatchKind::Issuer => failure.hint("check --issuer: it must be exactly the issuer that the server sends"),
                    MismatchKind::MissingIssuer => failure.hint("--advertises-iss, or the metadata of the server, requires iss in every callback"),
                    _ => failure,
                }
            }
            NativeError::TimedOut => Self::new(
                ErrorKind::Expired,
                "the login was not completed in time; run the command again, with a longer --timeout if necessary",
            ),
            NativeError::UnsupportedOption { .. } => {
                Self::new(ErrorKind::Usage, format_args!("--{error}; check --issuer"))
            }
            _ => Self::from_error(error.kind(), error),
        };
        let challenge = error.authentication_challenge();
        let organizations = challenge.map(organizations).filter(|all| !all.is_empty());
        let response = error.error_response();
        failure
            .detail("code", response.and_then(ErrorResponse::code))
            .detail("status", error.status().map(|status| status.as_u16()))
            .detail(
                "retry_in",
                error.retry_in().map(|left| left.as_millis().div_ceil(1000)),
            )
            .detail("request_id", error.request_id())
            .detail("challenge", challenge.map(AuthenticationChallenge::code))
            .detail("organizations", organizations)
    }
}

fn unanswered_challenge(unanswered: &UnansweredChallenge) -> Failure {
    let (challenge, code) = (unanswered.challenge(), unanswered.challenge().code());
    let selected = unanswered.ignored_organization();
    let all = organizations(challenge).iter();
    let options: Vec<_> = all.filter(|it| Some(it.id()) != selected).collect();
    let problem = match selected {
        Some(selected) => format!(
            "the service requires the selection of an organization ({code}) although the login selected {selected}"
        ),
        None => format!(
            "the service requires an authentication challenge ({code}): {}; a public client cannot complete it",
            unanswered.task()
        ),
    };
    let remedy = match (selected, &options[..]) {
        (Some(_), []) => "report it to the operator of the application",
        (Some(_), _) => "log in again with another organization:",
        (None, []) => "log in again and complete it on the login page",
        (None, _) => "log in again with one of these options:",
    };
    let message = format_args!("{problem}: {remedy}");
    let mut failure = Failure::new(ErrorKind::AuthenticationChallenge, message);
    for organization in options {
        let name = organization.name().unwrap_or("no name");
        failure = failure.hint(format_args!(
            "--organization {}  ({name})",
            organization.id()
        ));
    }
    if selected.is_none() && unanswered.is_last() {
        let logins = unanswered.logins();
        failure = failure.cause(format_args!("the challenge remains after {logins} logins"));
    }
    failure
}

fn organizations(challenge: &AuthenticationChallenge) -> &[Organization] {
    match challenge {
        AuthenticationChallenge::OrganizationSelection(selection) => selection.organizations(),
        _ => &[],
    }
}
