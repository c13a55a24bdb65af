//! The code exchange, and its failures.

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
    ended.says(&["503", "request id: req_1"]);
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
    ended.says(&["\n  caused by: "]);
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

#[test]
fn a_rejected_authorization_code_is_not_sent_again() {
    let server = server();
    let response = MockResponse::oauth_error(400, "invalid_grant", "The code was used.");
    server.respond_with(Endpoint::CodeExchange, [response]);
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, ALICE)
        .with(1);
    assert_eq!(ended.error()["kind"], "failure");
    ended.says(&["invalid_grant"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}

#[test]
fn a_client_error_is_a_configuration_failure() {
    let server = server();
    let response = MockResponse::oauth_error(401, "invalid_client", "Who?");
    server.respond_with(Endpoint::CodeExchange, [response]);
    Waiting::start(&mut login(&server, &[]))
        .log_in(&server, ALICE)
        .with(6);
}
