//! What every refusal of the service comes out as.

use std::collections::BTreeSet;

use serde_json::Value;
use workos_login::http::Response;
use workos_login::http::header::{CONTENT_TYPE, HeaderName};
use workos_login::{Error, Exchange, Outcome};

use crate::scenario::{Scenario, answer, fixture, kind, now, refusal, stored, with_header};

/// Every error fixture: its status, what it is at a code exchange, what it is at a refresh.
pub(crate) const FIXTURES: &[(&str, u16, &str, &str)] = &[
    ("error_empty_body.txt", 503, "Unavailable", "Unavailable"),
    ("error_non_json_502.html", 502, "Unavailable", "Unavailable"),
    (
        "error_oauth_access_denied.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_oauth_authorization_pending.json",
        400,
        "Rejected",
        "Rejected",
    ),
    ("error_oauth_error_only.json", 400, "Grant", "Grant"),
    (
        "error_oauth_expired_token.json",
        400,
        "Rejected",
        "Rejected",
    ),
    ("error_oauth_invalid_client.json", 400, "Client", "Client"),
    ("error_oauth_invalid_client.json", 401, "Client", "Client"),
    ("error_oauth_invalid_grant_code.json", 400, "Grant", "Grant"),
    (
        "error_oauth_invalid_grant_refresh.json",
        400,
        "Grant",
        "Grant",
    ),
    (
        "error_oauth_invalid_grant_session_ended.json",
        400,
        "Grant",
        "Grant",
    ),
    ("error_oauth_invalid_request.json", 400, "Client", "Client"),
    (
        "error_oauth_organization_membership_not_found.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_oauth_organization_not_found.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_oauth_pkce_not_supported.json",
        400,
        "Client",
        "Rejected",
    ),
    ("error_oauth_slow_down.json", 400, "Rejected", "Rejected"),
    ("error_oauth_token_too_big.json", 400, "Client", "Client"),
    (
        "error_oauth_too_many_requests.json",
        429,
        "Unavailable",
        "Unavailable",
    ),
    (
        "error_oauth_unauthorized_client.json",
        400,
        "Client",
        "Client",
    ),
    (
        "error_plain_code_challenge_not_found.json",
        400,
        "Grant",
        "Rejected",
    ),
    (
        "error_plain_daily_quota_exceeded.json",
        429,
        "Unavailable",
        "Unavailable",
    ),
    (
        "error_plain_invalid_credentials.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_plain_invalid_one_time_code.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_plain_invalid_organization_id.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_plain_invalid_pending_authentication_token.json",
        400,
        "Rejected",
        "Rejected",
    ),
    ("error_plain_message_only.json", 400, "Rejected", "Rejected"),
    ("error_plain_not_found.json", 404, "Rejected", "Rejected"),
    (
        "error_plain_one_time_code_expired.json",
        400,
        "Rejected",
        "Rejected",
    ),
    (
        "error_plain_rate_limited.json",
        429,
        "Unavailable",
        "Unavailable",
    ),
    (
        "error_plain_server_error.json",
        500,
        "Unavailable",
        "Unavailable",
    ),
    ("error_plain_unauthorized.json", 401, "Rejected", "Rejected"),
    (
        "error_plain_user_mismatch.json",
        400,
        "Rejected",
        "Rejected",
    ),
    ("error_plain_validation.json", 422, "Client", "Client"),
    (
        "error_plain_validation_errors.json",
        422,
        "Rejected",
        "Rejected",
    ),
];

pub(crate) fn error_answer(name: &str, status: u16) -> Response<Vec<u8>> {
    let response = answer(status, fixture(name));
    if name.ends_with(".json") {
        response
    } else {
        with_header(response, CONTENT_TYPE, "text/html")
    }
}

#[test]
fn every_error_fixture_comes_out_as_what_to_do() {
    for (name, status, at_code_exchange, at_refresh) in FIXTURES {
        let exchanging = Scenario::public().to_exchanging();
        let sent = exchanging.request();
        let (exchanging, error) = refusal(exchanging, error_answer(name, *status));
        assert_eq!(kind(&error), *at_code_exchange, "{name}: {error}");
        assert_eq!(exchanging.request().body(), sent.body(), "{name}");
        assert_eq!(error.request_id(), Some("req_fixture"), "{name}");

        let refreshing = Scenario::public().to_refreshing();
        let sent = refreshing.request();
        let (refreshing, error) = refusal(refreshing, error_answer(name, *status));
        assert_eq!(kind(&error), *at_refresh, "{name}: {error}");
        assert_eq!(refreshing.request().body(), sent.body(), "{name}");
        assert_eq!(error.request_id(), Some("req_fixture"), "{name}");
        let session = stored(&refreshing.into_session());
        assert_eq!(
            session,
            stored(&Scenario::public().to_authenticated()),
            "{name}"
        );
    }
}

/// The names of the fixtures that begin like this.
pub(crate) fn fixtures(beginning: &str) -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/wire");
    let names = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(beginning)).collect()
}

#[test]
fn no_error_fixture_is_left_out() {
    let in_table = FIXTURES.iter().map(|(name, ..)| (*name).to_owned());
    assert_eq!(fixtures("error_"), in_table.collect());
}

#[test]
fn every_step_up_comes_out_as_one_with_its_code_whatever_its_status() {
    let names = fixtures("step_up_");
    assert_eq!(names.len(), 22);
    for name in names {
        let body = fixture(&name);
        let fields: Value = serde_json::from_str(&body).unwrap();
        let code = fields.get("code").unwrap_or(&fields["error"]);
        for status in [400, 403] {
            let exchanging = Scenario::public().to_exchanging();
            let outcome = exchanging.response(answer(status, &*body), now()).unwrap();
            let Outcome::StepUp(step) = outcome else {
                panic!("{name}: {outcome:?}")
            };
            assert_eq!(step.code(), code, "{name}");

            let refreshing = Scenario::public().to_refreshing();
            let (refreshing, error) = refusal(refreshing, answer(status, &*body));
            assert_eq!(kind(&error), "StepUp", "{name}");
            let session = stored(&refreshing.into_session());
            assert_eq!(session, stored(&Scenario::public().to_authenticated()));
        }
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
    assert_eq!(answer.status(), 400);
    let Error::Grant(answer) = at_code_exchange(
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
