//! The meaning of each error code of the service, for each kind of response.
//!
//! A response is classified in this order:
//!
//! 1. A redirect is [`Malformed`](crate::Error::Malformed).
//! 2. A body over [`MAX_RESPONSE_BYTES`] is `Malformed`, unless the status is 408, 429 or 5xx: then the body is not read.
//! 3. A 2xx is a success, or `Malformed`.
//! 4. An error code of the table counts at any status. It is the `code` of the body, else its `error`.
//! 5. 408, 429 and 5xx are [`Unavailable`](crate::Error::Unavailable).
//! 6. A body with a `pending_authentication_token` is an unknown
//!    [`AuthenticationChallenge`](crate::Error::AuthenticationChallenge).
//! 7. Everything else is [`Rejected`](crate::Error::Rejected).
//!
//! A callback has no status: an `error` that the table does not have is [`Denied`](crate::Error::Denied).
//!
//! The status alone never ends a session, and `message` and `error_description` have no effect. Error codes of grants that this
//! crate does not send, such as `invalid_credentials`, are not in the table.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::LOCATION;
use http::{Response, StatusCode};
use secrecy::SecretString;

use crate::challenge::AuthenticationChallenge;
use crate::client_binding::ClientBinding;
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

/// Classifies a response to a grant.
pub(crate) fn classify<'a, B: AsRef<[u8]>>(
    response: &'a Response<B>,
    binding: &Arc<ClientBinding>,
    kind: ResponseKind,
    now: SystemTime,
) -> Result<SuccessResponse<'a>, Unsuccessful> {
    if let Some(success) = success(response, kind)? {
        return Ok(success);
    }
    let failed = Failed::read(response, kind, now);
    Err(match failed.classification {
        Classification::AuthenticationChallenge => {
            let token = failed.pending_authentication_token;
            let challenge = challenge::read(failed.response, token, failed.body, binding);
            Unsuccessful::AuthenticationChallenge(Box::new(challenge))
        }
        Classification::AuthorizationPending => Unsuccessful::AuthorizationPending(failed.response),
        Classification::SlowDown => Unsuccessful::SlowDown(failed.response),
        classification => Unsuccessful::Error(classification.error(failed.response)),
    })
}

/// Classifies a response to a request that is no grant, which has no authentication challenge.
pub(crate) fn classify_other<B: AsRef<[u8]>>(
    response: &Response<B>,
    kind: ResponseKind,
    now: SystemTime,
) -> Result<SuccessResponse<'_>, Error> {
    match success(response, kind)? {
        Some(success) => Ok(success),
        None => {
            let failed = Failed::read(response, kind, now);
            Err(failed.classification.error(failed.response))
        }
    }
}

/// Returns a response with a 2xx status, and `None` for an error response.
fn success<B: AsRef<[u8]>>(
    response: &Response<B>,
    kind: ResponseKind,
) -> Result<Option<SuccessResponse<'_>>, Malformed> {
    let status = response.status();
    let headers = response.headers();
    let malformed = |kind| Malformed::response(kind, status, request_id(headers));
    // A client that followed a redirect would send the code and the verifier, or a refresh token, to another host. No grant of
    // RFC 6749 responds with one.
    if status.is_redirection() || status.is_informational() && headers.contains_key(LOCATION) {
        return Err(malformed(MalformedKind::Redirect(redirect_host(headers))));
    }
    // The page of a proxy is no reason to give up a request that can be retried.
    if response.body().as_ref().len() > MAX_RESPONSE_BYTES && !is_transient(status) {
        return Err(malformed(MalformedKind::ResponseTooLong));
    }
    // The media type is checked for a success only: an error response without JSON is classified by its status.
    if status.is_success() {
        return SuccessResponse::new(response, kind.media_types()).map(Some);
    }
    Ok(None)
}

/// An error response that was classified.
struct Failed<'a> {
    classification: Classification,
    response: ErrorResponse,
    pending_authentication_token: Option<SecretString>,
    body: &'a [u8],
}

impl<'a> Failed<'a> {
    fn read<B: AsRef<[u8]>>(
        response: &'a Response<B>,
        kind: ResponseKind,
        now: SystemTime,
    ) -> Self {
        let status = response.status();
        let headers = response.headers();
        let body = response.body().as_ref();
        // Only a transient status gets here with such a body, and needs no more than its headers.
        let body = if body.len() > MAX_RESPONSE_BYTES {
            &[]
        } else {
            body
        };
        let failure = Failure::read(body);
        let known = failure.code.as_deref();
        // The code is consulted before the status: the service sends one code with several statuses, such as a challenge with 400
        // and with 403. The token is last, because it tells a challenge only if nothing else is known.
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
            // As a time, so that what passes before the retry counts as waiting.
            retry_at: retry_after(headers, now).map(|wait| Timestamp::from(now).plus(wait)),
        };
        Self {
            classification,
            response,
            pending_authentication_token: failure.pending_authentication_token,
            body,
        }
    }
}

/// Classifies the error response of a callback.
pub(crate) fn classify_callback(response: ErrorResponse) -> Error {
    let code = response.code().unwrap_or_default();
    classification(ResponseKind::Authorization, code)
        // The set is open: RFC 6749 section 8.5 allows additional codes, OpenID Connect adds some, and WorkOS does not document its own.
        .unwrap_or(Classification::Denied)
        .error(response)
}

fn is_transient(status: StatusCode) -> bool {
    status == StatusCode::REQUEST_TIMEOUT
        || status == StatusCode::TOO_MANY_REQUESTS
        || status.is_server_error()
}

/// The variant of [`Error`](crate::Error) that an error code leads to, or how a device polls on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Classification {
    AuthenticationChallenge,
    AuthorizationPending,
    Client,
    Denied,
    Expired,
    IncorrectCode,
    InvalidGrant,
    Rejected,
    SlowDown,
    Unavailable,
}

impl Classification {
    fn error(self, response: ErrorResponse) -> Error {
        match self {
            Self::Client => ClientError(ClientErrorKind::Response(response)).into(),
            Self::Denied => Error::Denied(response),
            Self::Expired => Expired::device_code(response).into(),
            Self::IncorrectCode => Error::IncorrectCode(response),
            Self::InvalidGrant => Error::InvalidGrant(response),
            Self::Unavailable => Error::Unavailable(response),
            // The three that are not errors are handled before.
            Self::AuthenticationChallenge
            | Self::AuthorizationPending
            | Self::Rejected
            | Self::SlowDown => Error::Rejected(response),
        }
    }
}

fn classification(kind: ResponseKind, code: &str) -> Option<Classification> {
    // A linear search over about sixty rows, which only an error response pays for.
    TABLE
        .iter()
        .find(|(known, kinds, _)| *known == code && kinds.contains(&kind))
        .map(|(_, _, classification)| *classification)
}

/// Generates the table and its documentation from the same rows.
macro_rules! codes {
    ($($code:literal at $($kind:ident)+ => $classification:ident, $action:literal;)+) => {
        const TABLE: &[(&str, &[ResponseKind], Classification)] =
            &[$(($code, &[$(ResponseKind::$kind),+], Classification::$classification)),+];

        #[doc = "The error codes of the table, sorted."]
        #[doc = ""]
        #[doc = "| code | response | classification | action |"]
        #[doc = "|---|---|---|---|"]
        $(#[doc = concat!("| `", $code, "` |" $(, " ", stringify!($kind))+, " | `", stringify!($classification), "` | ", $action, " |")])+
        pub const CODES: &[&str] = &[$($code),+];
    };
}

codes! {
    "access_denied" at Authorization DevicePoll => Denied, "tell the user, start a new login";
    // Here no user was asked: the feature is disabled for the team (403).
    "access_denied" at DeviceAuthorization => Client, "enable the grant at the service";
    "application_consent_required" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "authentication_method_not_allowed" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "authorization_pending" at DevicePoll => AuthorizationPending, "wait, poll again";
    "code_challenge_not_found" at CodeExchange => InvalidGrant, "start a new login";
    "daily_quota_exceeded" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh => Unavailable, "wait, retry";
    "email_completion_required" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "email_password_auth_disabled" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "email_verification_required" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    // Some codes, such as `expired_challenge`, `expired_code` and `invalid_code`, are known from the official emulator only.
    "expired_challenge" at ChallengeAnswer => InvalidGrant, "start a new login";
    "expired_code" at ChallengeAnswer => InvalidGrant, "start a new login";
    "expired_token" at DevicePoll => Expired, "start a new login";
    "extra_attributes_required" at CodeExchange => Denied, "tell the user, start a new login";
    // RFC 6749 section 5.2 has it with 400 or 401. User Management sends 400.
    "invalid_client" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh Revocation => Client, "check the client ID and the API key";
    "invalid_code" at ChallengeAnswer => IncorrectCode, "ask for the code again";
    "invalid_connection" at CodeExchange => Denied, "tell the user, start a new login";
    // One code for a used, an expired and an unknown code, and for a wrong verifier (RFC 6749 section 5.2, RFC 7636 section 4.6).
    "invalid_grant" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => InvalidGrant, "start a new login";
    "invalid_one_time_code" at ChallengeAnswer => IncorrectCode, "ask for the code again";
    "invalid_organization_id" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => Client, "check the organization ID";
    "invalid_pending_authentication_token" at ChallengeAnswer => InvalidGrant, "start a new login";
    "invalid_profile" at CodeExchange => Denied, "tell the user, start a new login";
    "invalid_request" at Authorization ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh Revocation => Client, "check the client ID and the endpoints";
    "invalid_request_body" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh => Client, "check the client ID and the endpoints";
    "invalid_request_parameters" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh => Client, "check the client ID and the endpoints";
    "invalid_scope" at Authorization CodeExchange DeviceAuthorization DevicePoll Refresh => Client, "request other scopes";
    "invitation_cannot_be_used_for_email" at CodeExchange => Denied, "tell the user, start a new login";
    "invitation_invalid" at CodeExchange => Denied, "tell the user, start a new login";
    "mfa_challenge" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "mfa_enrollment" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "mfa_verification" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "one_time_code_expired" at ChallengeAnswer => InvalidGrant, "start a new login";
    "one_time_code_previously_used" at ChallengeAnswer => InvalidGrant, "start a new login";
    "one_time_code_too_many_attempts" at ChallengeAnswer => InvalidGrant, "start a new login";
    "organization_authentication_methods_required" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "organization_membership_not_found" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => Denied, "tell the user, choose another organization";
    "organization_not_found" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => Denied, "tell the user, choose another organization";
    "organization_selection_required" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "passkey_progressive_enrollment" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "pkce_not_supported" at CodeExchange => Client, "enable the grant for the client";
    "radar_challenge" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "radar_email_challenge" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "radar_sign_up_challenge" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "radar_sms_challenge" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "rate_limit_exceeded" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh => Unavailable, "wait, retry";
    // A redirect cannot have the status 500 or 503, so RFC 6749 section 4.1.2.1 has codes for them.
    "server_error" at Authorization => Unavailable, "start a new login later";
    "sign_up_not_allowed" at CodeExchange => Denied, "tell the user, start a new login";
    // RFC 8628 section 3.5.
    "slow_down" at DevicePoll => SlowDown, "add five seconds to the interval, poll again";
    "sso_required" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => AuthenticationChallenge, "answer the challenge";
    "temporarily_unavailable" at Authorization => Unavailable, "start a new login later";
    "token_too_big" at ChallengeAnswer CodeExchange DevicePoll OrganizationSwitch Refresh => Client, "reduce the custom claims";
    // User Management also sends it for concurrent refreshes of one session: the refresh token is still valid.
    "too_many_requests" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh => Unavailable, "wait, retry";
    "unauthorized" at ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh => Client, "check the client ID and the API key";
    "unauthorized_client" at Authorization ChallengeAnswer CodeExchange DeviceAuthorization DevicePoll OrganizationSwitch Refresh Revocation => Client, "enable the grant for the client";
    "unsupported_grant_type" at CodeExchange DevicePoll Refresh => Client, "enable the grant for the client";
    "unsupported_response_type" at Authorization => Client, "enable the grant for the client";
    "unsupported_token_type" at Revocation => Client, "log out at the end-session endpoint";
    "user_mismatch" at ChallengeAnswer => InvalidGrant, "start a new login";
}
