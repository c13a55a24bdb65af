//! The classification of error responses.

use serde_json::json;
use workos_login::Error;
use workos_login::error_codes::CODES;
use workos_login::http::StatusCode;
use workos_login::http::header::HeaderName;

use crate::exchanges::{EXCHANGES, Row, outcome_of};
use crate::scenario::{
    STATE, Scenario, callback, each, kind, now, refusal, refused, response, with_header,
};

/// The kind of each code at each exchange, in both shapes. At other exchanges the code is unknown and the status decides.
const MEANINGS: &str = "
access_denied                                 any poll=Denied device=Client
application_consent_required                  any device= else=Other
authentication_method_not_allowed             any device= else=Other
authorization_pending                         any poll=Pending
code_challenge_not_found                      any code=InvalidGrant
daily_quota_exceeded                          any else=Unavailable
email_completion_required                     any device= else=EmailCompletion
email_password_auth_disabled                  any device= else=Other
email_verification_required                   any device= else=EmailVerification
expired_challenge                             any challenge=InvalidGrant
expired_code                                  any challenge=InvalidGrant
expired_token                                 any poll=Expired
extra_attributes_required                     any code=Denied
invalid_client                                any else=Client
invalid_code                                  any challenge=IncorrectCode
invalid_connection                            any code=Denied
invalid_grant                                 any device= else=InvalidGrant
invalid_one_time_code                         any challenge=IncorrectCode
invalid_organization_id                       any device= else=Client
invalid_pending_authentication_token          any challenge=InvalidGrant
invalid_profile                               any code=Denied
invalid_request                               any else=Client
invalid_request_body                          any else=Client
invalid_request_parameters                    any else=Client
invalid_scope                                 any switch= challenge= else=Client
invitation_cannot_be_used_for_email           any code=Denied
invitation_invalid                            any code=Denied
mfa_challenge                                 any device= else=Totp
mfa_enrollment                                any device= else=MfaEnrollment
mfa_verification                              any device= else=Other
one_time_code_expired                         any challenge=InvalidGrant
one_time_code_previously_used                 any challenge=InvalidGrant
one_time_code_too_many_attempts               any challenge=InvalidGrant
organization_authentication_methods_required  any device= else=AllowedMethods
organization_membership_not_found             any device= else=Denied
organization_not_found                        any device= else=Denied
organization_selection_required               any device= else=OrganizationSelection
passkey_progressive_enrollment                any device= else=Other
pkce_not_supported                            any code=Client
radar_challenge                               any device= else=RadarSms
radar_email_challenge                         any device= else=RadarEmail
radar_sign_up_challenge                       any device= else=RadarSms
radar_sms_challenge                           any device= else=RadarSms
rate_limit_exceeded                           any else=Unavailable
server_error                                  any else=
sign_up_not_allowed                           any code=Denied
slow_down                                     any poll=SlowDown
sso_required                                  any device= else=Sso
temporarily_unavailable                       any else=
token_too_big                                 any device= else=Client
too_many_requests                             any else=Unavailable
unauthorized                                  any else=Client
unauthorized_client                           any else=Client
unsupported_grant_type                        any switch= challenge= device= else=Client
unsupported_response_type                     any else=
unsupported_token_type                        any else=
user_mismatch                                 any challenge=InvalidGrant
";

#[test]
fn c43_m2_reads_the_error_codes_of_both_shapes_at_any_status() {
    for row in Row::read(MEANINGS) {
        let code = row.name;
        for exchange in EXCHANGES {
            for (status, nothing) in [
                (400, "Rejected"),
                (401, "Rejected"),
                (403, "Rejected"),
                (404, "Rejected"),
                (408, "Unavailable"),
                (422, "Rejected"),
                (429, "Unavailable"),
                (500, "Unavailable"),
                (503, "Unavailable"),
            ] {
                let expected = Some(row.kind(exchange)).filter(|kind| !kind.is_empty());
                for body in each(
                    json!([{ "error": code, "error_description": "text" }, { "code": code, "message": "text" }, { "error": code }]),
                ) {
                    let outcome = outcome_of(exchange, response(status, body.to_string()));
                    let expected = expected.unwrap_or(nothing);
                    assert_eq!(outcome, expected, "{status} {body} at {exchange}");
                }
            }
        }
    }
}

#[test]
fn c32_classifies_the_error_of_a_callback_and_keeps_its_code() {
    for (code, expected) in [
        ("access_denied", "Denied"),
        ("invalid_request", "Client"),
        ("invalid_scope", "Client"),
        ("server_error", "Unavailable"),
        ("temporarily_unavailable", "Unavailable"),
        ("unauthorized_client", "Client"),
        ("unsupported_response_type", "Client"),
        // Codes that are unknown, or have another meaning, in a callback.
        ("invalid_grant", "Denied"),
        ("login_required", "Denied"),
        ("user_not_found", "Denied"),
        ("of_tomorrow", "Denied"),
        ("Access_Denied", "Denied"),
        ("x y", "Denied"),
        ("ünï", "Denied"),
    ] {
        let scenario = Scenario::public();
        let uri = format!("/callback?error={code}&error_description=text&state={STATE}");
        let pending = scenario.to_awaiting_callback();
        let (_, error) = refused(pending.accept(&scenario.client, callback(&uri), now()));
        assert_eq!(kind(&error), expected, "{code}");
        let response = error.error_response().unwrap();
        assert_eq!(response.code(), Some(code));
        assert_eq!(response.description(), Some("text"));
        assert_eq!(response.status(), None);
        assert_eq!(error.retry_in(now()), None, "{code}");
    }
}

#[test]
fn every_published_error_code_is_tested() {
    let tested: Vec<_> = Row::read(MEANINGS).map(|row| row.name).collect();
    let mut published = CODES.to_vec();
    published.dedup();
    assert_eq!(published, tested);
}

#[test]
fn an_unknown_code_with_a_pending_authentication_token_is_a_challenge() {
    let with_token = json!({ "code": "never_heard_of", "pending_authentication_token": "x" });
    for exchange in EXCHANGES {
        let outcome = outcome_of(exchange, response(403, with_token.to_string()));
        assert_eq!(outcome, "Unknown", "{exchange}");
    }
}

pub(crate) fn at_code_exchange(status: u16, body: &str) -> Error {
    refusal(Scenario::public().to_exchanging(), response(status, body)).1
}

#[track_caller]
fn classifies(status: u16, body: &str, expected: &str) {
    assert_eq!(
        kind(&at_code_exchange(status, body)),
        expected,
        "{status} {body}"
    );
}

#[test]
fn classifies_a_response_without_a_known_code_by_its_status() {
    let transient = [408, 429, 500, 501, 502, 503, 504, 507, 599];
    let other = [
        400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 425, 499, 600, 999, 199,
    ];
    for body in ["", "<html>", r#"{"error":"never_heard_of"}"#] {
        for status in transient {
            classifies(status, body, "Unavailable");
        }
        for status in other {
            classifies(status, body, "Rejected");
        }
    }
}

#[test]
fn reads_code_before_error() {
    for (body, expected) in [
        (
            r#"{"code":"invalid_client","error":"invalid_grant"}"#,
            "Client",
        ),
        (
            r#"{"error":"invalid_grant","code":"never_heard_of"}"#,
            "Rejected",
        ),
        (
            r#"{"error":"never_heard_of","code":"invalid_grant"}"#,
            "InvalidGrant",
        ),
        (r#"{"code":null,"error":"invalid_grant"}"#, "InvalidGrant"),
        (r#"{"code":7,"error":"invalid_grant"}"#, "InvalidGrant"),
        (r#"{"code":"","error":"invalid_grant"}"#, "InvalidGrant"),
        (
            r#"{"error":"invalid_grant","error_description":[]}"#,
            "InvalidGrant",
        ),
        (r#"{"error_description":"invalid_grant"}"#, "Rejected"),
        (
            r#"{"message":"Must use SSO for selected organization"}"#,
            "Rejected",
        ),
        (r#"{"error":"INVALID_GRANT"}"#, "Rejected"),
        (r#"{"error":"invalid_grant"}trailing"#, "Rejected"),
    ] {
        classifies(400, body, expected);
    }
}

#[test]
fn a_transient_error_precedes_an_unknown_challenge() {
    let body = r#"{"code":"never_heard_of","pending_authentication_token":"x"}"#;
    classifies(503, body, "Unavailable");
}

#[test]
fn keeps_code_description_and_status() {
    let Error::Rejected(response) = at_code_exchange(400, r#"{"code":"Odd","message":"text"}"#)
    else {
        panic!()
    };
    assert_eq!(response.code(), Some("Odd"));
    assert_eq!(response.description(), Some("text"));
    assert_eq!(response.status(), Some(StatusCode::BAD_REQUEST));
    let Error::InvalidGrant(response) = at_code_exchange(
        400,
        r#"{"error":"invalid_grant","error_description":"text"}"#,
    ) else {
        panic!()
    };
    assert_eq!(response.description(), Some("text"));
}

#[test]
fn keeps_a_printable_request_id_only() {
    let request_id = |id: &str| {
        let name = HeaderName::from_static("x-request-id");
        let response = with_header(response(503, ""), name, id);
        let (_, error) = refusal(Scenario::public().to_exchanging(), response);
        error.request_id().map(str::to_owned)
    };
    assert_eq!(request_id("req_1"), Some("req_1".to_owned()));
    assert_eq!(request_id(""), None);
    assert_eq!(request_id("é"), None);
}
