//! What each error code of the service means, for each exchange: one table.
//!
//! An answer is read in this order: a body that is too long and a 3xx are [`Malformed`](crate::Error::Malformed);
//! a 2xx is a success or `Malformed`; then a code of the table below counts, at any status; then 408, 429 and 5xx are
//! [`Unavailable`](crate::Error::Unavailable); then an answer with a `pending_authentication_token` is a
//! step-up that is not known here; what is left is [`Rejected`](crate::Error::Rejected). The code is the `code` of the
//! body, else its `error`. Status alone never ends a session, and the service's words are never looked at.

use std::time::SystemTime;

use http::header::LOCATION;
use http::{Response, StatusCode};

use crate::challenge::AuthenticationChallenge;
use crate::error::{
    ClientError, ClientErrorKind, Error, ErrorResponse, Expired, Malformed, MalformedKind,
    ResponseKind,
};
use crate::limits::MAX_RESPONSE_BYTES;
use crate::timestamp::Timestamp;
use crate::wire::challenge;
use crate::wire::failure::Failure;
use crate::wire::response::{SuccessResponse, redirect_host, request_id, retry_after};

/// A response that is not a success.
#[derive(Debug)]
pub(crate) enum Unsuccessful {
    AuthenticationChallenge(Box<AuthenticationChallenge>),
    /// `authorization_pending` (RFC 8628 section 3.5).
    AuthorizationPending(ErrorResponse),
    Error(Error),
    /// `slow_down` (RFC 8628 section 3.5).
    SlowDown(ErrorResponse),
}

impl From<Malformed> for Unsuccessful {
    fn from(malformed: Malformed) -> Self {
        Self::Error(malformed.into())
    }
}

impl From<Unsuccessful> for Error {
    fn from(unsuccessful: Unsuccessful) -> Self {
        match unsuccessful {
            Unsuccessful::AuthenticationChallenge(challenge) => {
                Self::AuthenticationChallenge(challenge)
            }
            // The table has them for a device poll only, which looks for them itself.
            Unsuccessful::AuthorizationPending(response) | Unsuccessful::SlowDown(response) => {
                Self::Rejected(response)
            }
            Unsuccessful::Error(error) => error,
        }
    }
}

/// Classifies a response.
pub(crate) fn classify<B: AsRef<[u8]>>(
    response: &Response<B>,
    kind: ResponseKind,
    now: SystemTime,
) -> Result<SuccessResponse<'_>, Unsuccessful> {
    let status = response.status();
    let headers = response.headers();
    let body = response.body().as_ref();
    let malformed =
        |kind| Unsuccessful::from(Malformed::response(kind, status, request_id(headers)));
    if status.is_redirection() || status.is_informational() && headers.contains_key(LOCATION) {
        return Err(malformed(MalformedKind::Redirect(redirect_host(headers))));
    }
    let is_too_long = body.len() > MAX_RESPONSE_BYTES;
    // The page of a proxy is no reason to give up a request that can be retried.
    if is_too_long && !is_transient(status) {
        return Err(malformed(MalformedKind::ResponseTooLong));
    }
    if status.is_success() {
        return Ok(SuccessResponse::new(response)?);
    }

    let body = if is_too_long { &[] } else { body };
    let failure = Failure::read(body);
    let known = failure.code.as_deref();
    let classification = match known.and_then(|code| classification(kind, code)) {
        Some(classification) => classification,
        None if is_transient(status) => Classification::Unavailable,
        None if failure.pending_authentication_token.is_some() => {
            Classification::AuthenticationChallenge
        }
        None => Classification::Rejected,
    };
    let response = ErrorResponse {
        kind,
        status: Some(status),
        code: failure.code,
        description: failure.text,
        request_id: request_id(headers),
        retry_at: retry_after(headers, now).map(|wait| Timestamp::from(now).plus(wait)),
    };
    Err(Unsuccessful::Error(match classification {
        Classification::AuthenticationChallenge => {
            let challenge = challenge::read(response, failure.pending_authentication_token, body);
            return Err(Unsuccessful::AuthenticationChallenge(Box::new(challenge)));
        }
        Classification::AuthorizationPending => {
            return Err(Unsuccessful::AuthorizationPending(response));
        }
        Classification::Client => ClientError(ClientErrorKind::Response(response)).into(),
        Classification::Denied => Error::Denied(response),
        Classification::Expired => Expired::device_code(response).into(),
        Classification::IncorrectCode => Error::IncorrectCode(response),
        Classification::InvalidGrant => Error::InvalidGrant(response),
        Classification::Rejected => Error::Rejected(response),
        Classification::SlowDown => return Err(Unsuccessful::SlowDown(response)),
        Classification::Unavailable => Error::Unavailable(response),
    }))
}

fn is_transient(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS
        || status.is_server_error()
}

/// What an answer means: the variant of [`Error`](crate::Error), or a step-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Classification {
    Client,
    Denied,
    Expired,
    InvalidGrant,
    IncorrectCode,
    AuthorizationPending,
    /// No code has it: it is what is left.
    Rejected,
    SlowDown,
    AuthenticationChallenge,
    Unavailable,
}

fn classification(kind: ResponseKind, code: &str) -> Option<Classification> {
    TABLE
        .iter()
        .find(|(known, kinds, _)| *known == code && kinds.contains(&kind))
        .map(|(_, _, classification)| *classification)
}

/// Builds the table of the code and the table of the documentation from the same rows.
macro_rules! answers {
    ($($code:literal at $($kind:ident)+ => $classification:ident, $action:literal;)+) => {
        const TABLE: &[(&str, &[ResponseKind], Classification)] = &[$(($code, &[$(ResponseKind::$kind),+], Classification::$classification)),+];

        #[doc = "The table, as text: code, exchange, what it comes out as, what the caller does."]
        #[doc = ""]
        #[doc = "| code | exchange | comes out as | do |"]
        #[doc = "|---|---|---|---|"]
        $(#[doc = concat!("| `", $code, "` |" $(, " ", stringify!($kind))+, " | `", stringify!($classification), "` | ", $action, " |")])+
        pub const CODES: &[&str] = &[$($code),+];
    };
}

answers! {
    "access_denied" at DevicePoll => Denied, "say so, start over";
    "access_denied" at DeviceAuthorization => Client, "switch the device login on for the team";
    "application_consent_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "authentication_method_not_allowed" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "authorization_pending" at DevicePoll => AuthorizationPending, "wait, poll again";
    "code_challenge_not_found" at CodeExchange => InvalidGrant, "start over";
    "email_completion_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "email_password_auth_disabled" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "email_verification_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "expired_token" at DevicePoll => Expired, "start over";
    "extra_attributes_required" at CodeExchange => Denied, "say so, start over";
    "invalid_client" at CodeExchange DevicePoll DeviceAuthorization OrganizationSwitch Refresh ChallengeAnswer => Client, "check the client id and the API key";
    "invalid_connection" at CodeExchange => Denied, "say so, start over";
    "invalid_grant" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => InvalidGrant, "start over";
    "invalid_one_time_code" at ChallengeAnswer => IncorrectCode, "ask for the code again";
    "invalid_pending_authentication_token" at ChallengeAnswer => InvalidGrant, "start over";
    "invalid_profile" at CodeExchange => Denied, "say so, start over";
    "invalid_request" at CodeExchange DevicePoll DeviceAuthorization OrganizationSwitch Refresh ChallengeAnswer => Client, "check the client id and the base URL";
    "invalid_request_parameters" at CodeExchange DevicePoll DeviceAuthorization OrganizationSwitch Refresh ChallengeAnswer => Client, "check the client id and the base URL";
    "invalid_scope" at CodeExchange DevicePoll DeviceAuthorization Refresh => Client, "ask for other scopes";
    "invitation_cannot_be_used_for_email" at CodeExchange => Denied, "say so, start over";
    "invitation_invalid" at CodeExchange => Denied, "say so, start over";
    "mfa_challenge" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "mfa_enrollment" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "mfa_verification" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "one_time_code_expired" at ChallengeAnswer => InvalidGrant, "start over";
    "one_time_code_previously_used" at ChallengeAnswer => InvalidGrant, "start over";
    "one_time_code_too_many_attempts" at ChallengeAnswer => InvalidGrant, "start over";
    "organization_authentication_methods_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "organization_selection_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "passkey_progressive_enrollment" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "pkce_not_supported" at CodeExchange => Client, "check the client in the dashboard";
    "radar_challenge" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "radar_email_challenge" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "radar_sign_up_challenge" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "radar_sms_challenge" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "sign_up_not_allowed" at CodeExchange => Denied, "say so, start over";
    "slow_down" at DevicePoll => SlowDown, "wait five seconds more from now on, poll again";
    "sso_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "token_too_big" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => Client, "make the custom claims smaller";
    "too_many_requests" at CodeExchange DevicePoll DeviceAuthorization OrganizationSwitch Refresh ChallengeAnswer => Unavailable, "wait, send again";
    "unauthorized_client" at CodeExchange DevicePoll DeviceAuthorization OrganizationSwitch Refresh ChallengeAnswer => Client, "allow the grant for this client";
    "unsupported_grant_type" at CodeExchange DevicePoll Refresh => Client, "allow the grant for this client";
    "user_mismatch" at ChallengeAnswer => InvalidGrant, "start over";
}
