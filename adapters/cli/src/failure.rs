//! The failure of a command, as it is shown to users and to scripts.
//!
//! Every error of the libraries becomes a [`Failure`]: an [`ErrorKind`], a message that says what to do, and what is known of
//! the cause. [`Output`](crate::output::Output) prints it as lines and as JSON. The `error_description` of a response is never shown: it
//! can quote a code or a token.

use std::error::Error as StdError;
use std::fmt::Display;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde_json::{Map, Value, json};
use workos_login::{
    AuthenticationChallenge, Error, ErrorResponse, Malformed, MismatchKind, Organization,
};
use workos_login_native::workos_login_loopback::BindError;
use workos_login_native::{NativeError, UnansweredChallenge};

use crate::error_kind::ErrorKind;

/// The failure of a command. It serializes as the `error` of the JSON output.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) causes: Vec<String>,
    /// Lines for the user at the terminal.
    #[serde(skip)]
    pub(crate) hints: Vec<String>,
    /// What the response has told: `code`, `status`, `retry_in` in seconds, `request_id`, `challenge`, `organizations`.
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

    /// Makes the failure of an authentication challenge with a message.
    pub(crate) fn of_challenge(challenge: &AuthenticationChallenge, message: impl Display) -> Self {
        Self::new(ErrorKind::AuthenticationChallenge, message)
            .detail("challenge", Some(challenge.code()))
            .detail("request_id", challenge.request_id())
            .detail(
                "organizations",
                Some(organizations(challenge)).filter(|all| !all.is_empty()),
            )
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

    /// Adds the error response of the service.
    pub(crate) fn response(self, response: Option<&ErrorResponse>) -> Self {
        let Some(response) = response else {
            return self;
        };
        self.detail("code", response.code())
            .detail("status", response.status().map(|status| status.as_u16()))
            .detail("request_id", response.request_id())
    }

    /// Adds the time to wait before a retry, in whole seconds.
    pub(crate) fn retry_in(self, retry_in: Option<Duration>) -> Self {
        self.detail(
            "retry_in",
            retry_in.map(|left| left.as_millis().div_ceil(1000)),
        )
    }

    /// Returns the id of the request that failed.
    pub(crate) fn request_id(&self) -> Option<&str> {
        self.details.get("request_id")?.as_str()
    }

    fn detail(mut self, name: &str, value: Option<impl Serialize>) -> Self {
        if let Some(value) = value {
            self.details.insert(name.to_owned(), json!(value));
        }
        self
    }

    fn malformed(error: &Error, malformed: &Malformed) -> Self {
        let status = malformed.status();
        let kind = match status {
            Some(status) if status.is_redirection() => ErrorKind::Redirect,
            _ => ErrorKind::Malformed,
        };
        Self::from_error(kind, error)
            .detail("status", status.map(|status| status.as_u16()))
            .detail("request_id", malformed.request_id())
    }

    fn issuer_hint(self, mismatch: MismatchKind) -> Self {
        match mismatch {
            MismatchKind::Issuer => {
                self.hint("check --issuer: it must be exactly the issuer that the server sends")
            }
            MismatchKind::MissingIssuer => self.hint(
                "--advertises-iss, or the metadata of the server, requires iss in every callback",
            ),
            _ => self,
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let kind = match error {
            Error::CallbackMismatch(_) => ErrorKind::CallbackMismatch,
            Error::Client(_) => ErrorKind::Configuration,
            Error::Denied(_) => ErrorKind::Denied,
            Error::Expired(_) => ErrorKind::Expired,
            Error::InvalidGrant(_) => ErrorKind::InvalidGrant,
            Error::Malformed(malformed) => return Self::malformed(error, malformed),
            Error::Rejected(_) => ErrorKind::Rejected,
            Error::Unavailable(_) => ErrorKind::Unavailable,
            _ => ErrorKind::Failure,
        };
        let failure = Self::from_error(kind, error)
            .retry_in(error.retry_in(SystemTime::now()))
            .response(error.error_response());
        match error {
            Error::CallbackMismatch(mismatch) => failure.issuer_hint(mismatch.kind()),
            _ => failure,
        }
    }
}

impl From<NativeError> for Failure {
    fn from(error: NativeError) -> Self {
        let kind = match &error {
            NativeError::Bind(BindError::InvalidRedirectUri(_) | BindError::NotLoopback(_))
            | NativeError::InvalidIssuer(_)
            | NativeError::VerificationUnsupported(_) => ErrorKind::Configuration,
            NativeError::Challenge(unanswered) => return unanswered.as_ref().into(),
            NativeError::DeviceUnsupported(_) => {
                return Self::new(
                    ErrorKind::Usage,
                    "the device authorization endpoint is not known; log in without --device, or set \
                     --device-authorization-endpoint",
                );
            }
            NativeError::Http(_) => {
                let failure = Self::from_error(ErrorKind::Unavailable, &error);
                return failure.retry_in(Some(Duration::from_secs(1)));
            }
            NativeError::Login(error) => return error.into(),
            NativeError::NoStore(_)
            | NativeError::NotStored(_)
            | NativeError::NotWritable(_)
            | NativeError::PendingLogin(_)
            | NativeError::Session(_)
            | NativeError::StillStored(_) => ErrorKind::Store,
            NativeError::TimedOut => {
                return Self::new(
                    ErrorKind::Expired,
                    "the login was not completed in time; run the command again, with a longer --timeout if necessary",
                );
            }
            _ => ErrorKind::Failure,
        };
        Self::from_error(kind, &error)
    }
}

impl From<&UnansweredChallenge> for Failure {
    fn from(unanswered: &UnansweredChallenge) -> Self {
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
        let mut failure = Self::of_challenge(challenge, format_args!("{problem}: {remedy}"));
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
}

fn organizations(challenge: &AuthenticationChallenge) -> &[Organization] {
    match challenge {
        AuthenticationChallenge::OrganizationSelection(selection) => selection.organizations(),
        _ => &[],
    }
}
