//! What can go wrong, ordered by what the caller does next.

mod answer;
mod client_problem;
mod denied;
mod expired;
mod forged;
mod malformed;
mod shown;

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::challenge::AuthenticationChallenge;
use crate::error_codes::Purpose;
use crate::limits::MAX_RETRY_AFTER;
use crate::stored::NO_PENDING_LOGIN;

pub use self::answer::ErrorResponse;
pub use self::client_problem::ClientError;
pub(crate) use self::client_problem::ClientErrorKind;
pub use self::denied::Denied;
pub(crate) use self::denied::Source;
pub use self::expired::Expired;
pub(crate) use self::expired::What;
pub use self::forged::CallbackMismatch;
pub(crate) use self::forged::Difference;
pub(crate) use self::malformed::Flaw;
pub use self::malformed::Malformed;
pub(crate) use self::shown::Shown;

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
            Self::Client(ClientError(ClientErrorKind::Answered(answer)))
            | Self::InvalidGrant(answer)
            | Self::IncorrectCode(answer)
            | Self::Rejected(answer)
            | Self::Unavailable(answer) => answer.request_id(),
            Self::Denied(denied) => denied.answer().and_then(ErrorResponse::request_id),
            Self::Expired(Expired(What::Device(Some(answer)))) => answer.request_id(),
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
            Self::InvalidGrant(answer) => match answer.purpose {
                Purpose::CodeExchange => write!(
                    f,
                    "the service refused the authorization code ({}): it was used before, it has expired, it was issued \
                     to another client id, or it does not fit the code verifier of this login; begin the login again",
                    answer.shown_code()
                ),
                Purpose::DevicePoll | Purpose::DeviceAuthorization => {
                    write!(
                        f,
                        "the service refused the device code ({}): begin again",
                        answer.shown_code()
                    )
                }
                Purpose::OrganizationSwitch => write!(
                    f,
                    "the service did not move the session to the organization ({}): the session stays as it is",
                    answer.shown_code()
                ),
                Purpose::Refresh => {
                    write!(
                        f,
                        "the session has ended ({}): sign in again",
                        answer.shown_code()
                    )
                }
                Purpose::ChallengeAnswer => write!(
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
