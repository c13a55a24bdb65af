//! The exchange of the code, when the service does not do what one hopes for.

use workos_login_mock_server::{Endpoint, Fault, MockResponse};

use crate::support::{Waiting, login, server};

#[test]
fn an_answer_that_is_lost_is_asked_for_again() {
    let server = server();
    server.inject(Fault::RequestLost.on(Endpoint::CodeExchange));
    let ended = Waiting::start(&mut login(&server, &[]))
        .log_in(&server, "alice@example.com")
        .with(0);
    ended.says(&["no response was received", "asking again in 1s"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 2);
}

#[test]
fn a_service_that_cannot_answer_is_given_up_after_some_tries() {
    let server = server();
    let answer = MockResponse::new(503)
        .header("retry-after", "0")
        .header("x-request-id", "req_1");
    server.inject(Fault::Response(answer).on(Endpoint::CodeExchange).always());
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "alice@example.com")
        .with(5);
    let error = &ended.json()["error"];
    assert_eq!(
        (&error["kind"], &error["request_id"]),
        (&"unavailable".into(), &"req_1".into())
    );
    ended.says(&[
        "service is temporarily unavailable (status 503)",
        "request id: req_1",
    ]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 4);
}

#[test]
fn a_service_that_is_gone_is_told_with_its_causes() {
    let server = server();
    server.inject(Fault::RequestLost.on(Endpoint::CodeExchange).always());
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "alice@example.com")
        .with(5);
    let error = &ended.json()["error"];
    assert_eq!(error["kind"], "unavailable");
    assert!(error["causes"][0].is_string(), "{error}");
    ended.says(&[
        "workos-login: no response was received",
        "  because: ",
    ]);
}

#[test]
fn a_code_that_is_refused_is_not_sent_again() {
    let server = server();
    server.respond_with(
        Endpoint::CodeExchange,
        [MockResponse::oauth_error(
            400,
            "invalid_grant",
            "The code is spent.",
        )],
    );
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "alice@example.com")
        .with(1);
    assert_eq!(ended.json()["error"]["kind"], "failure");
    ended.says(&["invalid_grant"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}

#[test]
fn a_client_that_is_refused_is_a_matter_of_configuration() {
    let server = server();
    server.respond_with(
        Endpoint::CodeExchange,
        [MockResponse::oauth_error(401, "invalid_client", "Who?")],
    );
    Waiting::start(&mut login(&server, &[]))
        .log_in(&server, "alice@example.com")
        .with(6);
}
