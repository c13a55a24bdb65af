//! What can go wrong, ordered by what the caller does next.

use std::fmt;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

use crate::challenge::AuthenticationChallenge;
use crate::limits::MAX_RETRY_AFTER;
use crate::login::callback::Failure;
use crate::stored::NO_PENDING_LOGIN;
use crate::timestamp::Timestamp;

/// Why a step was refused. The variant says what to do next.
///
/// | variant | who | do | state comes back as |
/// |---|---|---|---|
/// | [`Client`](Self::Client) | our configuration | fix it, alert | intact |
/// | [`Denied`](Self::Denied) | the user, or their provider | say so, start over | the same, useless |
/// | [`Expired`](Self::Expired) | time | start over | the same, useless |
/// | [`CallbackMismatch`](Self::CallbackMismatch) | a third party | keep waiting | intact |
/// | [`InvalidGrant`](Self::InvalidGrant) | the service refuses this code or token | start over | the same, useless |
/// | [`Malformed`](Self::Malformed) | not the protocol: a redirect, HTML, a missing field | report; after a refresh, count the answer as lost | intact |
/// | [`IncorrectCode`](Self::IncorrectCode) | the user | ask for the code again | intact |
/// | [`NoPendingLogin`](Self::NoPendingLogin) | storage | start over, store it next time | there is none |
/// | [`Rejected`](Self::Rejected) | the service, with a code that is not known here | report | intact |
/// | [`AuthenticationChallenge`](Self::AuthenticationChallenge) | the service wants one more step | take it | inside, or a refresh with its session |
/// | [`Unavailable`](Self::Unavailable) | the service has a bad minute | wait [`retry_in`](Self::retry_in), send again | ready to send |
///
/// Which code leads to which variant is listed in [`answers`](crate::error_codes).
///
/// Neither `Display` nor `Debug` shows a token, a code, a state, a response body or the
/// service's own description, which was seen to quote the authorization code.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// This program is configured wrongly, or used a state of another client.
    Client(ClientError),
    /// The user, or their identity provider, said no.
    Denied(Denied),
    /// The pending login or the device code is too old.
    Expired(Expired),
    /// A callback that does not belong to this login. Keep waiting for the real one, unless its
    /// [state matched](CallbackMismatch::state_matched).
    CallbackMismatch(CallbackMismatch),
    /// The service refuses the code or the token for good.
    InvalidGrant(ErrorResponse),
    /// What came is not the protocol.
    Malformed(Malformed),
    /// The one-time code is wrong; the step stays open for another try.
    IncorrectCode(ErrorResponse),
    /// There is a callback, but no pending login is stored for it.
    ///
    /// The code that keeps pending logins makes this one: `load(id)?.ok_or(Error::NoPendingLogin)?`.
    /// A stored `null` read as an [`AwaitingCallback`](crate::AwaitingCallback) says the same.
    NoPendingLogin,
    /// The service refused, with a code that is not known here.
    Rejected(ErrorResponse),
    /// The service asks for one more step before it lets the user in.
    AuthenticationChallenge(Box<AuthenticationChallenge>),
    /// The service cannot answer now: 408, 429 or 5xx.
    Unavailable(ErrorResponse),
}

impl Error {
    /// Returns how long to wait before the same request is worth sending again; `None` when it is pointless.
    ///
    /// Only an answer that says "not now" can be repeated. The wait is what the service asks for in
    /// `Retry-After` (seconds or a date, RFC 9110 section 10.2.3), else one second, and never more than a minute.
    #[must_use]
    pub fn retry_in(&self, now: SystemTime) -> Option<Duration> {
        match self {
            Self::Unavailable(answer) => {
                let wait = match answer.retry_at {
                    Some(at) => at.ahead_of(now),
                    None => Duration::from_secs(1),
                };
                Some(wait.min(MAX_RETRY_AFTER))
            }
            _ => None,
        }
    }

    /// Returns the service's id of the answer (`x-request-id`), which its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Client(ClientError(ClientErrorKind::Response(answer)))
            | Self::InvalidGrant(answer)
            | Self::IncorrectCode(answer)
            | Self::Rejected(answer)
            | Self::Unavailable(answer) => answer.request_id(),
            Self::Denied(denied) => denied.answer().and_then(ErrorResponse::request_id),
            Self::Expired(Expired(ExpiredKind::DeviceCode(Some(answer)))) => answer.request_id(),
            Self::Malformed(malformed) => malformed.request_id(),
            Self::AuthenticationChallenge(step) => step.request_id(),
            Self::Client(_)
            | Self::Expired(_)
            | Self::CallbackMismatch(_)
            | Self::NoPendingLogin => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(problem) => problem.fmt(f),
            Self::Denied(denied) => denied.fmt(f),
            Self::Expired(expired) => expired.fmt(f),
            Self::CallbackMismatch(forged) => forged.fmt(f),
            Self::InvalidGrant(answer) => match answer.kind {
                ResponseKind::CodeExchange => write!(
                    f,
                    "the service refused the authorization code ({}): it was used before, it has expired, it was issued \
                     to another client id, or it does not fit the code verifier of this login; begin the login again",
                    answer.shown_code()
                ),
                ResponseKind::DevicePoll | ResponseKind::DeviceAuthorization => {
                    write!(
                        f,
                        "the service refused the device code ({}): begin again",
                        answer.shown_code()
                    )
                }
                ResponseKind::OrganizationSwitch => write!(
                    f,
                    "the service did not move the session to the organization ({}): the session stays as it is",
                    answer.shown_code()
                ),
                ResponseKind::Refresh => {
                    write!(
                        f,
                        "the session has ended ({}): sign in again",
                        answer.shown_code()
                    )
                }
                ResponseKind::ChallengeAnswer => write!(
                    f,
                    "this step can no longer be completed ({}): begin the login again",
                    answer.shown_code()
                ),
            },
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::IncorrectCode(answer) => {
                write!(
                    f,
                    "the service did not accept the one-time code ({}): enter it again",
                    answer.shown_code()
                )
            }
            Self::NoPendingLogin => f.write_str(NO_PENDING_LOGIN),
            Self::Rejected(answer) => {
                write!(
                    f,
                    "the service refused the request ({}, status {})",
                    answer.shown_code(),
                    answer.status().as_u16()
                )
            }
            Self::AuthenticationChallenge(step) => write!(
                f,
                "the service asks for one more step ({})",
                Shown(step.code())
            ),
            Self::Unavailable(answer) => write!(
                f,
                "the service cannot answer now (status {}): try again later, nothing is lost",
                answer.status().as_u16()
            ),
        }
    }
}

impl std::error::Error for Error {}

/// What a response belongs to: the same error code can mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseKind {
    CodeExchange,
    DevicePoll,
    DeviceAuthorization,
    OrganizationSwitch,
    Refresh,
    ChallengeAnswer,
}

/// What the service answered when it did not do what was asked.
#[derive(Clone)]
pub struct ErrorResponse {
    pub(crate) kind: ResponseKind,
    pub(crate) status: StatusCode,
    pub(crate) code: Option<Box<str>>,
    pub(crate) description: Option<SecretString>,
    pub(crate) request_id: Option<Box<str>>,
    pub(crate) retry_at: Option<Timestamp>,
}

impl ErrorResponse {
    /// Returns the HTTP status. It decides nothing alone: a code that is known here comes first.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the error code exactly as the service wrote it (its `code`, else its `error`).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns the service's own words. They can quote a code or a token: do not log or print them.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_ref().map(|text| text.expose_secret())
    }

    /// Returns the service's id of the answer (`x-request-id`), which its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    fn shown_code(&self) -> Shown<'_> {
        Shown(self.code().unwrap_or("no code"))
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .field("code", &format_args!("{}", self.shown_code()))
            .field("request_id", &self.request_id.as_deref().map(Shown))
            .finish_non_exhaustive()
    }
}

/// Which check of a callback failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackMismatch(pub(crate) MismatchKind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MismatchKind {
    Address,
    Issuer {
        expected: Box<str>,
        received: Box<str>,
    },
    NoIssuer {
        expected: Box<str>,
    },
    NoState,
    State,
}

impl CallbackMismatch {
    /// Returns whether the `state` matched and a later check failed.
    ///
    /// The callback then responds to this login, and no other callback is expected: begin the login again. Otherwise, keep
    /// waiting.
    #[must_use]
    pub fn state_matched(&self) -> bool {
        match self.0 {
            MismatchKind::Address | MismatchKind::Issuer { .. } | MismatchKind::NoIssuer { .. } => true,
            MismatchKind::NoState | MismatchKind::State => false,
        }
    }
}

impl fmt::Display for CallbackMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match &self.0 {
            MismatchKind::Address => {
                "the callback came to another address than the redirect address of this login"
            }
            MismatchKind::Issuer { expected, received } => {
                return write!(
                    f,
                    "the callback is from another issuer ({}) than this login ({}); begin the login again",
                    Shown(received),
                    Shown(expected)
                );
            }
            MismatchKind::NoIssuer { expected } => {
                return write!(
                    f,
                    "the callback does not name its issuer, which {} always does; begin the login again",
                    Shown(expected)
                );
            }
            MismatchKind::NoState => "the callback has no state",
            MismatchKind::State => "the state of the callback is not the one of this login",
        };
        write!(
            f,
            "{problem}: it belongs to another login, or someone made it up; keep waiting"
        )
    }
}

/// A mistake on this side: configuration, or a state used with the wrong client.
#[derive(Clone, Debug)]
pub struct ClientError(pub(crate) ClientErrorKind);

#[derive(Clone, Debug)]
pub(crate) enum ClientErrorKind {
    Response(ErrorResponse),
    NoDeviceEndpoint,
    NoOrganizations,
    NoRefreshToken,
    OtherClient { state: Box<str>, client: Box<str> },
}

impl ClientError {
    /// Returns the service's answer, when it is the service that noticed.
    #[must_use]
    pub fn answer(&self) -> Option<&ErrorResponse> {
        match &self.0 {
            ClientErrorKind::Response(answer) => Some(answer),
            ClientErrorKind::NoDeviceEndpoint
            | ClientErrorKind::NoOrganizations
            | ClientErrorKind::NoRefreshToken
            | ClientErrorKind::OtherClient { .. } => None,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            ClientErrorKind::Response(answer) => {
                let code = answer.code().unwrap_or_default();
                write!(f, "the service refused this client ({}): ", Shown(code))?;
                f.write_str(match code {
                    "access_denied" => "switch the device login on for this team in the WorkOS dashboard",
                    "invalid_client" => "check the client id, and the API key of a confidential client",
                    "pkce_not_supported" | "unauthorized_client" => {
                        "check in the WorkOS dashboard that this client may use this grant"
                    }
                    "token_too_big" => "make the custom claims of the token smaller",
                    _ => "the request is not what the service expects; check the client id and the base URL",
                })
            }
            ClientErrorKind::NoDeviceEndpoint => f.write_str("this server has no device authorization endpoint: set it, or log in with a browser"),
            ClientErrorKind::NoOrganizations => f.write_str("a standard OAuth server has no organizations to move between: begin a new login"),
            ClientErrorKind::NoRefreshToken => {
                f.write_str("the session has no refresh token: ask for the scope offline_access, and sign in again")
            }
            ClientErrorKind::OtherClient { state, client } => write!(
                f,
                "this state belongs to {}, not to {}: use the client that began it",
                Shown(state),
                Shown(client)
            ),
        }
    }
}

/// The answer of a user, or of their identity provider, who did not let the login happen.
#[derive(Clone)]
pub struct Denied(pub(crate) Source);

/// Who brought the news.
#[derive(Clone)]
pub(crate) enum Source {
    Callback(Failure),
    Service(ErrorResponse),
}

impl Denied {
    /// Returns the error code exactly as it came, `access_denied` most often. The set is open (RFC 6749 section 4.1.2.1).
    #[must_use]
    pub fn code(&self) -> &str {
        match &self.0 {
            Source::Callback(failure) => &failure.code,
            Source::Service(answer) => answer.code().unwrap_or_default(),
        }
    }

    /// Returns the service's answer, when it was not the browser that brought the news.
    #[must_use]
    pub fn answer(&self) -> Option<&ErrorResponse> {
        match &self.0 {
            Source::Callback(_) => None,
            Source::Service(answer) => Some(answer),
        }
    }

    /// Returns the service's own words. They can quote a code or a token: do not log or print them.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        match &self.0 {
            Source::Callback(failure) => failure
                .description
                .as_ref()
                .map(|text| text.expose_secret()),
            Source::Service(answer) => answer.description(),
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code() {
            "access_denied" => {
                f.write_str("the login was denied (access_denied): begin again to try once more")
            }
            code => write!(
                f,
                "the login failed at the service ({}): begin again",
                Shown(code)
            ),
        }
    }
}

impl fmt::Debug for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Denied")
            .field("code", &Shown(self.code()))
            .finish_non_exhaustive()
    }
}

/// What has become too old.
#[derive(Clone, Debug)]
pub struct Expired(pub(crate) ExpiredKind);

#[derive(Clone, Debug)]
pub(crate) enum ExpiredKind {
    DeviceCode(Option<ErrorResponse>),
    PendingLogin,
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ExpiredKind::DeviceCode(_) => "the device code has expired: begin again for a new one",
            ExpiredKind::PendingLogin => "the pending login has expired: begin again",
        })
    }
}

/// Something that came and is not the protocol.
#[derive(Clone, Debug)]
pub struct Malformed {
    kind: MalformedKind,
    answer: Option<(StatusCode, Option<Box<str>>)>,
}

#[derive(Clone, Debug)]
pub(crate) enum MalformedKind {
    CodeAndError,
    ContentType,
    Duplicate(&'static str),
    Json,
    Missing(&'static str),
    IdToken(&'static str),
    NeitherCodeNorError,
    OtherOrganization,
    OtherUser,
    Redirect,
    TooLong(&'static str, usize),
}

impl Malformed {
    pub(crate) fn response(
        kind: MalformedKind,
        status: StatusCode,
        request_id: Option<Box<str>>,
    ) -> Self {
        Self {
            kind,
            answer: Some((status, request_id)),
        }
    }

    pub(crate) fn is_other_organization(&self) -> bool {
        matches!(self.kind, MalformedKind::OtherOrganization)
    }

    /// Returns the HTTP status; `None` for a callback.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.answer.as_ref().map(|(status, _)| *status)
    }

    fn request_id(&self) -> Option<&str> {
        self.answer.as_ref().and_then(|(_, id)| id.as_deref())
    }
}

impl From<MalformedKind> for Malformed {
    fn from(kind: MalformedKind) -> Self {
        Self { kind, answer: None }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            MalformedKind::CodeAndError => f.write_str("the callback has both a code and an error"),
            MalformedKind::ContentType => f.write_str(
                "the answer is not JSON by its content type: something between this program and the service answered",
            ),
            MalformedKind::Duplicate(name) => write!(f, "the callback has more than one {name}"),
            MalformedKind::IdToken(why) => write!(f, "the ID token of the answer {why}"),
            MalformedKind::Json => f.write_str("the answer is not the JSON object that was expected"),
            MalformedKind::Missing(name) => write!(f, "the answer has no usable {name}"),
            MalformedKind::NeitherCodeNorError => f.write_str("the address has neither a code nor an error: it is not a callback"),
            MalformedKind::OtherOrganization => f.write_str(
                "the answer is for another organization than the one asked for; the session keeps its own: \
                 to change it, refresh into the other organization",
            ),
            MalformedKind::OtherUser => f.write_str("the answer is about another user than the session; the session stays as it is"),
            MalformedKind::Redirect => f.write_str("the service answered with a redirect, which is never followed: check the base URL"),
            MalformedKind::TooLong(what, limit) => write!(f, "the {what} is longer than {limit} bytes"),
        }?;
        match self.status() {
            Some(status) => write!(f, " (status {})", status.as_u16()),
            None => Ok(()),
        }
    }
}

/// Makes the reasons errors of their own, for what returns only one of them.
macro_rules! reasons {
    ($($part:ident => $variant:ident),* $(,)?) => {
        $(
            impl From<$part> for Error {
                fn from(part: $part) -> Self {
                    Self::$variant(part)
                }
            }

            impl std::error::Error for $part {}
        )*
    };
}

reasons! { ClientError => Client, Denied => Denied, Expired => Expired, CallbackMismatch => CallbackMismatch, Malformed => Malformed }

/// A text from outside, made fit to be shown: escaped and cut.
pub(crate) struct Shown<'a>(pub(crate) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 80;
        for c in self.0.chars().take(LONGEST) {
            match c {
                ' ' | '!'..='~' => fmt::Write::write_char(f, c)?,
                _ => write!(f, "{}", c.escape_unicode())?,
            }
        }
        if self.0.chars().nth(LONGEST).is_some() {
            f.write_str("…")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_from_outside_is_escaped_and_cut() {
        assert_eq!(
            Shown("a\u{1b}[2Jé\n").to_string(),
            "a\\u{1b}[2J\\u{e9}\\u{a}"
        );
        assert_eq!(
            Shown(&"a".repeat(200)).to_string(),
            format!("{}…", "a".repeat(80))
        );
    }
}
