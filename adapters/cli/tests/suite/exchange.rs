//! The code exchange, and its failures.

use serde_json::{Value, json};
use workos_login_mock_server::{Endpoint, Fault, MockResponse};

use crate::support::{Waiting, login, server};

const ALICE: &str = "alice@example.com";

#[test]
fn a_lost_response_is_retried() {
    let server = server();
    server.inject(Fault::RequestLost.on(Endpoint::CodeExchange));
    let ended = Waiting::start(&mut login(&server, &[]))
        .log_in(&server, ALICE)
        .with(0);
    ended.says(&["retrying in 1s"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 2);
}

#[test]
fn a_transient_error_is_retried_three_times() {
    let server = server();
    let response = MockResponse::new(503)
        .header("retry-after", "0")
        .header("x-request-id", "req_1");
    server.inject(
        Fault::Response(response)
            .on(Endpoint::CodeExchange)
            .always(),
    );
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, ALICE)
        .with(5);
    let error = ended.error();
    assert_eq!(error["kind"], "unavailable");
    assert_eq!(error["request_id"], "req_1");
    assert_eq!(error["status"], 503);
    assert_eq!(error["retry_in"], 0);
    ended.says(&["503", "request ID: req_1"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 4);
}

#[test]
fn a_transport_error_is_reported_with_its_causes() {
    let server = server();
    server.inject(Fault::RequestLost.on(Endpoint::CodeExchange).always());
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, ALICE)
        .with(5);
    let error = ended.error();
    assert_eq!(error["kind"], "unavailable");
    assert!(error["causes"][0].is_string(), "{error}");
    ended.says(&["no response was received", "\n  caused by: "]);
}

#[test]
fn the_timeout_of_the_login_bounds_the_exchange() {
    let server = server();
    server.inject(Fault::Hang.on(Endpoint::CodeExchange).always());
    let ended = Waiting::start(&mut login(&server, &["--timeout", "3", "--json"]))
        .log_in(&server, ALICE)
        .with(5);
    assert_eq!(ended.error()["kind"], "unavailable");
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}

/// Checks the failure of a login whose code exchange has this response: its kind and exit code, and the error code and status.
#[track_caller]
fn check(response: MockResponse, kind: (&str, i32), details: &(Value, u16)) {
    let server = server();
    server.respond_with(Endpoint::CodeExchange, [response]);
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, ALICE)
        .with(kind.1);
    let error = ended.error();
    assert_eq!(error["kind"], kind.0, "{ended:?}");
    assert_eq!(error["code"], details.0, "{ended:?}");
    assert_eq!(error["status"], details.1, "{ended:?}");
    assert_eq!(error["retry_in"], Value::Null, "{ended:?}");
    assert!(!ended.stderr.contains("Described"), "{ended:?}");
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}

#[test]
fn each_failure_has_its_kind_and_is_not_retried() {
    for (code, status, kind) in [
        ("invalid_grant", 400, ("invalid_grant", 1)),
        ("brand_new", 400, ("rejected", 1)),
        ("invalid_client", 401, ("configuration", 6)),
        ("sign_up_not_allowed", 400, ("denied", 3)),
    ] {
        let response = MockResponse::oauth_error(status, code, "Described.");
        check(response, kind, &(json!(code), status));
    }
    let html = MockResponse::new(200).header("content-type", "text/html");
    let redirect = MockResponse::new(302).header("location", "https://portal.example/");
    for (response, status, kind) in [
        (MockResponse::json(400, "{}"), 400, "rejected"),
        (redirect, 302, "redirect"),
        (html, 200, "malformed"),
    ] {
        check(response, (kind, 1), &(Value::Null, status));
    }
}
