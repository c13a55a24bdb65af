//! How every answer is read, in one order for all exchanges.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use http::{Response, StatusCode};

use serde::Deserialize;

use crate::challenge::AuthenticationChallenge;
use crate::error::{
    ClientError, ClientErrorKind, Denied, Error, ErrorResponse, Expired, Flaw, Malformed, Source,
    What,
};
use crate::error_codes::{Meaning, Purpose, meaning};
use crate::limits::{MAX_REQUEST_ID_BYTES, MAX_RESPONSE_BYTES};
use crate::timestamp::Timestamp;
use crate::wire;
use crate::wire::failure::Failure;

/// A 2xx answer in JSON, not yet read.
#[derive(Debug)]
pub(crate) struct Reply<'a> {
    status: StatusCode,
    headers: &'a HeaderMap,
    body: &'a [u8],
}

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) enum Refusal {
    Error(Error),
    /// A device code that nobody has entered yet.
    Pending(Pace, ErrorResponse),
    AuthenticationChallenge(Box<AuthenticationChallenge>),
}

/// How a device is to go on polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Same,
    Slower,
}

impl<'a> Reply<'a> {
    /// Sorts an answer, in this order: too long, a redirect, a success, a known code, "not now", an unknown step, the rest.
    pub(crate) fn read<B: AsRef<[u8]>>(
        response: &'a Response<B>,
        purpose: Purpose,
        now: SystemTime,
    ) -> Result<Self, Refusal> {
        let status = response.status();
        let headers = response.headers();
        let body = response.body().as_ref();
        let malformed = |flaw| Refusal::from(Malformed::answer(flaw, status, request_id(headers)));
        if body.len() > MAX_RESPONSE_BYTES {
            return Err(malformed(Flaw::TooLong("answer", MAX_RESPONSE_BYTES)));
        }
        if status.is_redirection() || status.is_informational() && headers.contains_key(LOCATION) {
            return Err(malformed(Flaw::Redirect));
        }
        if status.is_success() {
            if !is_json(headers) {
                return Err(malformed(Flaw::ContentType));
            }
            return Ok(Self {
                status,
                headers,
                body,
            });
        }

        let failure = Failure::read(body);
        let known = failure.code.as_deref();
        let meaning = match known.and_then(|code| meaning(purpose, code)) {
            Some(meaning) => meaning,
            None if is_not_now(status) => Meaning::Unavailable,
            None if failure.pending_authentication_token.is_some() => {
                Meaning::AuthenticationChallenge
            }
            None => Meaning::Rejected,
        };
        let answer = ErrorResponse {
            purpose,
            status,
            code: failure.code,
            description: failure.text,
            request_id: request_id(headers),
            retry_at: retry_after(headers, now).map(|wait| Timestamp::from(now).plus(wait)),
        };
        Err(Refusal::Error(match meaning {
            Meaning::Client => ClientError(ClientErrorKind::Answered(answer)).into(),
            Meaning::Denied => Denied(Source::Service(answer)).into(),
            Meaning::Expired => Expired(What::Device(Some(answer))).into(),
            Meaning::InvalidGrant => Error::InvalidGrant(answer),
            Meaning::IncorrectCode => Error::IncorrectCode(answer),
            Meaning::Pending => return Err(Refusal::Pending(Pace::Same, answer)),
            Meaning::Rejected => Error::Rejected(answer),
            Meaning::SlowDown => return Err(Refusal::Pending(Pace::Slower, answer)),
            Meaning::AuthenticationChallenge => {
                let step =
                    wire::challenge::read(answer, failure.pending_authentication_token, body);
                return Err(Refusal::AuthenticationChallenge(Box::new(step)));
            }
            Meaning::Unavailable => Error::Unavailable(answer),
        }))
    }

    /// Reads the JSON object of the body.
    pub(crate) fn json<T: Deserialize<'a>>(&self) -> Result<T, Malformed> {
        wire::object(self.body).ok_or_else(|| self.malformed(Flaw::Json))
    }

    pub(crate) fn malformed(&self, flaw: Flaw) -> Malformed {
        Malformed::answer(flaw, self.status, request_id(self.headers))
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        Self::Error(malformed.into())
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Error(error) => error,
            // Only a device poll is answered so, and it looks first.
            Refusal::Pending(_, answer) => Self::Rejected(answer),
            Refusal::AuthenticationChallenge(step) => Self::AuthenticationChallenge(step),
        }
    }
}

fn is_not_now(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS
        || status.is_server_error()
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Whatever it is called by, it is shown to people: only what a header can hold and one line can take.
fn request_id(headers: &HeaderMap) -> Option<Box<str>> {
    static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let id = headers.get(&REQUEST_ID)?.to_str().ok()?;
    (!id.is_empty() && id.len() <= MAX_REQUEST_ID_BYTES).then(|| id.into())
}

/// Seconds or a date (RFC 9110 section 10.2.3); a date that has passed is now.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit is a very long time, and the wait is capped anyway.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}
