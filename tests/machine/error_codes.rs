//! What every refusal of the service comes out as.

use serde_json::json;
use workos_login::Error;
use workos_login::error_codes::CODES;
use workos_login::http::StatusCode;
use workos_login::http::header::HeaderName;

use crate::exchanges::{EXCHANGES, Row, comes_out_as};
use crate::scenario::{
    STATE, Scenario, answer, callback, kind, now, refusal, refused, with_header,
};

/// What each code means at each exchange, in the shape of either system; at an exchange that is not named, a code means
/// nothing, and the status decides.
const MEANINGS: &str = "
access_denied                                 any poll=Denied start=Client
application_consent_required                  any start= else=Other
authentication_method_not_allowed             any start= else=Other
authorization_pending                         any poll=Pending
code_challenge_not_found                      any code=Grant
daily_quota_exceeded                          any else=Unavailable
email_completion_required                     any start= else=EmailCompletion
email_password_auth_disabled                  any start= else=Other
email_verification_required                   any start= else=EmailVerification
expired_challenge                             any answer=Grant
expired_code                                  any answer=Grant
expired_token                                 any poll=Expired
extra_attributes_required                     any code=Denied
invalid_client                                any else=Client
invalid_code                                  any answer=IncorrectCode
invalid_connection                            any code=Denied
invalid_grant                                 any start= else=Grant
invalid_one_time_code                         any answer=IncorrectCode
invalid_organization_id                       any start= else=Client
invalid_pending_authentication_token          any answer=Grant
invalid_profile                               any code=Denied
invalid_request                               any else=Client
invalid_request_body                          any else=Client
invalid_request_parameters                    any else=Client
invalid_scope                                 any switch= answer= else=Client
invitation_cannot_be_used_for_email           any code=Denied
invitation_invalid                            any code=Denied
mfa_challenge                                 any start= else=MfaChallenge
mfa_enrollment                                any start= else=MfaEnrollment
mfa_verification                              any start= else=Other
one_time_code_expired                         any answer=Grant
one_time_code_previously_used                 any answer=Grant
one_time_code_too_many_attempts               any answer=Grant
organization_authentication_methods_required  any start= else=OrganizationMethods
organization_membership_not_found             any start= else=Denied
organization_not_found                        any start= else=Denied
organization_selection_required               any start= else=OrganizationSelection
passkey_progressive_enrollment                any start= else=Other
pkce_not_supported                            any code=Client
radar_challenge                               any start= else=RadarSmsChallenge
radar_email_challenge                         any start= else=RadarEmailChallenge
radar_sign_up_challenge                       any start= else=RadarSmsChallenge
radar_sms_challenge                           any start= else=RadarSmsChallenge
rate_limit_exceeded                           any else=Unavailable
server_error                                  any else=
sign_up_not_allowed                           any code=Denied
slow_down                                     any poll=SlowDown
sso_required                                  any start= else=SsoRequired
temporarily_unavailable                       any else=
token_too_big                                 any start= else=Client
too_many_requests                             any else=Unavailable
unauthorized                                  any else=Client
unauthorized_client                           any else=Client
unsupported_grant_type                        any switch= answer= start= else=Client
unsupported_response_type                     any else=
unsupported_token_type                        any else=
user_mismatch                                 any answer=Grant
";

#[test]
fn every_code_means_the_same_in_both_shapes_and_at_any_status() {
    for row in Row::read(MEANINGS) {
        let code = row.name;
        for exchange in EXCHANGES {
            for (status, nothing) in [
                (400, "Rejected"),
                (401, "Rejected"),
                (403, "Rejected"),
                (429, "Unavailable"),
                (500, "Unavailable"),
            ] {
                let expected = Some(row.kind(exchange)).filter(|kind| !kind.is_empty());
                for body in [
                    json!({ "error": code, "error_description": "words" }),
                    json!({ "code": code, "message": "words" }),
                    json!({ "error": code }),
                ] {
                    let came = comes_out_as(exchange, answer(status, body.to_string()));
                    let expected = expected.unwrap_or(nothing);
                    assert_eq!(came, expected, "{status} {body} at {exchange}");
                }
            }
        }
    }
}

#[test]
fn classifies_the_error_of_a_callback() {
    for (code, expected) in [
        ("access_denied", "Denied"),
        ("invalid_request", "Client"),
        ("invalid_scope", "Client"),
        ("server_error", "Unavailable"),
        ("temporarily_unavailable", "Unavailable"),
        ("unauthorized_client", "Client"),
        ("unsupported_response_type", "Client"),
        // Codes that the table does not have for a callback, and one that has another meaning there.
        ("invalid_grant", "Denied"),
        ("login_required", "Denied"),
        ("user_not_found", "Denied"),
        ("Something New", "Denied"),
        ("ünï", "Denied"),
    ] {
        let scenario = Scenario::public();
        let uri = format!("/callback?error={code}&error_description=words&state={STATE}");
        let pending = scenario.to_awaiting_callback();
        let (_, error) = refused(pending.accept(&scenario.client, callback(&uri), now()));
        assert_eq!(kind(&error), expected, "{code}");
        let response = error.error_response().unwrap();
        assert_eq!(response.code(), Some(code));
        assert_eq!(response.description(), Some("words"));
        assert_eq!(response.status(), None);
        assert_eq!(error.retry_in(now()), None, "{code}");
    }
}

#[test]
fn the_published_table_has_every_code_and_no_other() {
    let tested: Vec<_> = Row::read(MEANINGS).map(|row| row.name).collect();
    let mut published = CODES.to_vec();
    published.dedup();
    assert_eq!(published, tested);
}

#[test]
fn a_device_start_knows_no_step_but_a_pending_token_makes_one() {
    let with_token = json!({ "code": "never_heard_of", "pending_authentication_token": "x" });
    for exchange in EXCHANGES {
        let came = comes_out_as(exchange, answer(403, with_token.to_string()));
        assert_eq!(came, "Unknown", "{exchange}");
    }
}

pub(crate) fn at_code_exchange(status: u16, body: &str) -> Error {
    refusal(Scenario::public().to_exchanging(), answer(status, body)).1
}

#[track_caller]
fn status_and_code(status: u16, body: &str, expected: &str) {
    assert_eq!(
        kind(&at_code_exchange(status, body)),
        expected,
        "{status} {body}"
    );
}

#[test]
fn status_alone_is_not_now_or_nothing() {
    for status in [408, 429, 500, 501, 502, 503, 504, 507, 599] {
        status_and_code(status, "", "Unavailable");
        status_and_code(status, "<html>", "Unavailable");
        status_and_code(status, r#"{"error":"never_heard_of"}"#, "Unavailable");
    }
    for status in [
        400, 401, 403, 404, 405, 409, 410, 413, 418, 422, 425, 499, 600, 999, 199,
    ] {
        status_and_code(status, "", "Rejected");
        status_and_code(status, "<html>", "Rejected");
        status_and_code(status, r#"{"error":"never_heard_of"}"#, "Rejected");
    }
}

#[test]
fn m2_a_known_code_counts_at_any_status() {
    for status in [400, 401, 403, 404, 408, 422, 429, 500, 503] {
        status_and_code(status, r#"{"error":"invalid_grant"}"#, "Grant");
        status_and_code(status, r#"{"code":"invalid_grant","message":"x"}"#, "Grant");
        status_and_code(status, r#"{"error":"invalid_client"}"#, "Client");
        status_and_code(status, r#"{"error":"too_many_requests"}"#, "Unavailable");
    }
}

#[test]
fn a_code_is_the_code_of_the_body_else_its_error() {
    status_and_code(
        400,
        r#"{"code":"invalid_client","error":"invalid_grant"}"#,
        "Client",
    );
    status_and_code(400, r#"{"code":null,"error":"invalid_grant"}"#, "Grant");
    status_and_code(400, r#"{"code":7,"error":"invalid_grant"}"#, "Grant");
    status_and_code(400, r#"{"error":{"code":"invalid_grant"}}"#, "Rejected");
    status_and_code(400, r#"["invalid_grant"]"#, "Rejected");
    status_and_code(400, r#"{"error_description":"invalid_grant"}"#, "Rejected");
    status_and_code(
        400,
        r#"{"message":"Must use SSO for selected organization"}"#,
        "Rejected",
    );
    status_and_code(400, r#"{"error":"INVALID_GRANT"}"#, "Rejected");
    status_and_code(
        400,
        r#"{"error":"invalid_grant","error_description":[]}"#,
        "Grant",
    );
    status_and_code(400, "{\"error\":\"invalid_grant\"}trailing", "Rejected");
}

#[test]
fn not_now_comes_before_an_unknown_step() {
    let body = r#"{"code":"never_heard_of","pending_authentication_token":"x"}"#;
    status_and_code(503, body, "Unavailable");
}

#[test]
fn the_words_of_the_service_are_kept_for_those_who_ask() {
    let Error::Rejected(answer) = at_code_exchange(400, r#"{"code":"Odd","message":"words"}"#)
    else {
        panic!()
    };
    assert_eq!(answer.code(), Some("Odd"));
    assert_eq!(answer.description(), Some("words"));
    assert_eq!(answer.status(), Some(StatusCode::BAD_REQUEST));
    let Error::InvalidGrant(answer) = at_code_exchange(
        400,
        r#"{"error":"invalid_grant","error_description":"words"}"#,
    ) else {
        panic!()
    };
    assert_eq!(answer.description(), Some("words"));
}

#[test]
fn only_a_request_id_that_can_be_shown_is_kept() {
    let request_id = |id: &str| {
        let name = HeaderName::from_static("x-request-id");
        let response = with_header(answer(503, ""), name, id);
        let (_, error) = refusal(Scenario::public().to_exchanging(), response);
        error.request_id().map(str::to_owned)
    };
    assert_eq!(request_id("req_1"), Some("req_1".to_owned()));
    assert_eq!(request_id(&"x".repeat(128)), Some("x".repeat(128)));
    assert_eq!(request_id(&"x".repeat(129)), None);
    assert_eq!(request_id(""), None);
    assert_eq!(request_id("é"), None);
}
