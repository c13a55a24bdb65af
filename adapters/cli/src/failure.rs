//! The failure of a command, as it is shown to users and to scripts.
//!
//! Every error of the libraries becomes a [`Failure`]: an [`ErrorKind`], a message that says what to do, and what is known of
//! the cause. [`Output`](crate::output::Output) prints it as lines and as JSON. The `error_description` of a response is never shown: it
//! can quote a code or a token.

use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::time::{Duration, SystemTime};

use serde::Serialize;
use workos_login::{
    AuthenticationChallenge, Error, ErrorResponse, Malformed, MismatchKind, Organization,
    OrganizationId,
};
use workos_login_keyring as keyring;
use workos_login_native::workos_login_loopback::BindError;
use workos_login_native::{NativeError, UnansweredChallenge};
use workos_login_session::StoreError;

use crate::error_kind::ErrorKind;
use crate::selection::StoreOption;
use crate::whole_seconds::whole_seconds;

/// The failure of a command. It serializes as the `error` of the JSON output.
#[derive(Debug, Serialize)]
pub(crate) struct Failure {
    kind: ErrorKind,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    causes: Vec<String>,
    #[serde(skip)]
    hints: Vec<String>,
    #[serde(flatten)]
    details: Box<Details>,
}

/// Members of the JSON output that come from the response.
#[derive(Debug, Default, Serialize)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Seconds, rounded up.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The code of the authentication challenge.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    organizations: Vec<Organization>,
}

impl Failure {
    /// Makes a failure from a message: the problem, then the remedy.
    pub(crate) fn new(kind: ErrorKind, message: impl Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
            causes: Vec::new(),
            hints: Vec::new(),
            details: Box::default(),
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

    /// Makes the failure of a keyring that does not exist or cannot be opened.
    pub(crate) fn no_store(error: &StoreError, store: StoreOption) -> Self {
        let kind = match error.downcast_ref() {
            Some(keyring::Error::NoKeyring(_)) => ErrorKind::NoStore,
            _ => ErrorKind::Store,
        };
        let mut failure = Self::from_error(kind, error);
        if cfg!(target_os = "linux") && store == StoreOption::System {
            failure = failure.hint(
                "--store kernel stores the session in the Linux kernel keyring, until a restart",
            );
        }
        match kind {
            ErrorKind::NoStore => failure.hint(
                "workos-login run --no-store -- COMMAND logs in for that command alone and stores no session; so does token --no-store",
            ),
            _ => failure,
        }
    }

    /// Makes the failure of a login that requires an authentication challenge.
    fn challenge(challenge: &AuthenticationChallenge) -> Self {
        let remedy = match challenge {
            AuthenticationChallenge::OrganizationSelection(_) => {
                "log in again with one of these options:"
            }
            _ => "log in again and complete it on the login page",
        };
        let message = format_args!(
            "the service requires an authentication challenge ({}): {}; a public client cannot complete it: {remedy}",
            challenge.code(),
            task(challenge)
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
    fn selection_ignored(challenge: &AuthenticationChallenge, selected: &OrganizationId) -> Self {
        let others: Vec<_> = match challenge {
            AuthenticationChallenge::OrganizationSelection(selection) => {
                let all = selection.organizations().iter();
                all.filter(|organization| organization.id() != selected)
                    .collect()
            }
            _ => Vec::new(),
        };
        let remedy = match &others[..] {
            [] => "report it to the operator of the application",
            _ => "log in again with another organization:",
        };
        let message = format_args!(
            "the service requires the selection of an organization ({}) although the login selected {selected}: {remedy}",
            challenge.code()
        );
        Self::with_challenge(challenge, message).organization_options(others)
    }

    fn malformed(error: &Error, malformed: &Malformed) -> Self {
        let status = malformed.status();
        let kind = match status {
            Some(status) if status.is_redirection() => ErrorKind::Redirect,
            _ => ErrorKind::Malformed,
        };
        let mut failure = Self::from_error(kind, error);
        failure.details.status = status.map(|status| status.as_u16());
        failure.details.request_id = malformed.request_id().map(ToOwned::to_owned);
        failure
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

    /// Makes the failure of an authentication challenge with a message.
    pub(crate) fn with_challenge(
        challenge: &AuthenticationChallenge,
        message: impl Display,
    ) -> Self {
        let mut failure = Self::new(ErrorKind::AuthenticationChallenge, message);
        failure.details.challenge = Some(challenge.code().to_owned());
        failure.details.request_id = challenge.request_id().map(ToOwned::to_owned);
        if let AuthenticationChallenge::OrganizationSelection(selection) = challenge {
            failure.details.organizations = selection.organizations().to_vec();
        }
        failure
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

    /// Adds the error response of the service.
    pub(crate) fn response(mut self, response: &ErrorResponse) -> Self {
        self.details.code = response.code().map(ToOwned::to_owned);
        self.details.status = response.status().map(|status| status.as_u16());
        self.details.request_id = response.request_id().map(ToOwned::to_owned);
        self
    }

    /// Adds the time to wait before a retry.
    pub(crate) fn retry_in(mut self, retry_in: Option<Duration>) -> Self {
        self.details.retry_in = retry_in.map(|retry_in| whole_seconds(retry_in).as_secs());
        self
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
        self.details.request_id.as_deref()
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let kind = match error {
            Error::AuthenticationChallenge(challenge) => return Self::challenge(challenge),
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
        let failure = Self::from_error(kind, error).retry_in(error.retry_in(SystemTime::now()));
        let failure = match error.error_response() {
            Some(response) => failure.response(response),
            None => failure,
        };
        match error {
            Error::CallbackMismatch(mismatch) => failure.issuer_hint(mismatch.kind()),
            _ => failure,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<NativeError> for Failure {
    fn from(error: NativeError) -> Self {
        let kind = match &error {
            NativeError::Bind(BindError::InvalidRedirectUri(_) | BindError::NotLoopback(_))
            | NativeError::InvalidIssuer(_) => ErrorKind::Configuration,
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
            NativeError::StillStored(error) => {
                return Self::new(
                    ErrorKind::Store,
                    "the session could not be removed from the keyring and is still stored; log out again",
                )
                .caused_by(error);
            }
            NativeError::NoStore(_)
            | NativeError::NotStored(_)
            | NativeError::NotWritable(_)
            | NativeError::PendingLogin(_)
            | NativeError::Session(_) => ErrorKind::Store,
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
        let challenge = unanswered.challenge();
        match unanswered.ignored_organization() {
            Some(selected) => Self::selection_ignored(challenge, selected),
            None if unanswered.is_last() => Self::challenge(challenge).cause(format_args!(
                "the challenge remains after {} logins",
                unanswered.logins()
            )),
            None => Self::challenge(challenge),
        }
    }
}

/// Describes the task of the user in an authentication challenge, as an imperative sentence.
pub(crate) fn task(challenge: &AuthenticationChallenge) -> &'static str {
    match challenge {
        AuthenticationChallenge::EmailCompletion(_) => "enter an e-mail address",
        AuthenticationChallenge::EmailVerification(_) => {
            "verify the e-mail address with the code that is sent to it"
        }
        AuthenticationChallenge::Totp(_) => "enter the code of the second factor",
        AuthenticationChallenge::MfaEnrollment(_) => "enroll a second factor",
        AuthenticationChallenge::AllowedMethods(_) => {
            "log in with a method that the organization allows"
        }
        AuthenticationChallenge::OrganizationSelection(_) => "select an organization",
        AuthenticationChallenge::RadarEmail(_) => "enter the code that is sent by e-mail",
        AuthenticationChallenge::RadarSms(_) => "enter the code that is sent by SMS",
        AuthenticationChallenge::Sso(_) => "log in with the organization's SSO",
        _ => "follow the login page",
    }
}
