//! What each error code of the service means, for each exchange: one table.
//!
//! An answer is read in this order: a body that is too long and a 3xx are [`Malformed`](crate::Error::Malformed);
//! a 2xx is a success or `Malformed`; then a code of the table below counts, at any status; then 408, 429 and 5xx are
//! [`Unavailable`](crate::Error::Unavailable); then an answer with a `pending_authentication_token` is a
//! step-up that is not known here; what is left is [`Rejected`](crate::Error::Rejected). The code is the `code` of the
//! body, else its `error`. Status alone never ends a session, and the service's words are never looked at.

/// The exchange that an answer belongs to: the same code can mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    CodeExchange,
    DevicePoll,
    DeviceAuthorization,
    OrganizationSwitch,
    Refresh,
    ChallengeAnswer,
}

/// What an answer means: the variant of [`Error`](crate::Error), or a step-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Client,
    Denied,
    Expired,
    InvalidGrant,
    IncorrectCode,
    Pending,
    /// No code has it: it is what is left.
    Rejected,
    SlowDown,
    AuthenticationChallenge,
    Unavailable,
}

pub(crate) fn meaning(purpose: Purpose, code: &str) -> Option<Meaning> {
    TABLE
        .iter()
        .find(|(known, purposes, _)| *known == code && purposes.contains(&purpose))
        .map(|(_, _, meaning)| *meaning)
}

/// Builds the table of the code and the table of the documentation from the same rows.
macro_rules! answers {
    ($($code:literal at $($purpose:ident)+ => $meaning:ident, $action:literal;)+) => {
        const TABLE: &[(&str, &[Purpose], Meaning)] = &[$(($code, &[$(Purpose::$purpose),+], Meaning::$meaning)),+];

        #[doc = "The table, as text: code, exchange, what it comes out as, what the caller does."]
        #[doc = ""]
        #[doc = "| code | exchange | comes out as | do |"]
        #[doc = "|---|---|---|---|"]
        $(#[doc = concat!("| `", $code, "` |" $(, " ", stringify!($purpose))+, " | `", stringify!($meaning), "` | ", $action, " |")])+
        pub const CODES: &[&str] = &[$($code),+];
    };
}

answers! {
    "access_denied" at DevicePoll => Denied, "say so, start over";
    "access_denied" at DeviceAuthorization => Client, "switch the device login on for the team";
    "application_consent_required" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "authentication_method_not_allowed" at CodeExchange DevicePoll OrganizationSwitch Refresh ChallengeAnswer => AuthenticationChallenge, "take the step";
    "authorization_pending" at DevicePoll => Pending, "wait, poll again";
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
