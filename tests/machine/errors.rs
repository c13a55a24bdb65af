//! Error messages and conversions.

use std::error::Error as _;

use workos_login::{
    Authenticated, AwaitingCallback, Callback, Error, Exchange, Exchanging, Refreshing, SendError,
};

use crate::error_codes::at_code_exchange;
use crate::fixtures;
use crate::scenario::{
    CODE, STATE, Scenario, body, callback, fixture, kind, message_contains, now, refusal, refused,
    response, secs,
};

#[test]
fn names_the_problem_and_then_the_remedy() {
    let public = Scenario::public;
    let invalid_grant = r#"{"error":"invalid_grant"}"#;
    let access_denied = r#"{"error":"access_denied"}"#;
    for (error, message) in [
        (
            at(public().to_exchanging(), 400, invalid_grant),
            "authorization code is invalid (invalid_grant): it was used, has expired, was issued to another client, \
             or does not match the code verifier; start a new login",
        ),
        (
            at(public().to_refreshing(), 400, invalid_grant),
            "session has ended (invalid_grant); log in again",
        ),
        (
            at(public().to_switching(), 400, invalid_grant),
            "organization switch was rejected (invalid_grant) and the session is unchanged; log in to the \
             organization instead",
        ),
        (
            at(public().to_polling(), 400, invalid_grant),
            "device code is invalid (invalid_grant); start a new login",
        ),
        (
            at(public().to_polling(), 400, access_denied),
            "login was denied (access_denied); start a new login",
        ),
        (
            at(public().to_polling(), 400, r#"{"error":"expired_token"}"#),
            "device code has expired; start a new login",
        ),
        (
            at(public().to_requesting_device(), 403, access_denied),
            "service rejected the client (access_denied); enable the device authorization grant at the service",
        ),
        (
            at_code_exchange(401, r#"{"error":"invalid_client"}"#),
            "service rejected the client (invalid_client); check the client ID, and the API key of a confidential client",
        ),
        (
            at_code_exchange(400, r#"{"error":"invalid_scope"}"#),
            "service rejected the client (invalid_scope); request other scopes with `Scope`, or with \
             `provider_scopes` at an identity provider",
        ),
        (
            at_code_exchange(400, r#"{"code":"odd\u001b[2J"}"#),
            "service rejected the request with status 400 and the unknown error code odd\\u{1b}[2J; see the \
             documentation of the service",
        ),
        (
            at_code_exchange(404, ""),
            "service rejected the request with status 404 and no error code; check the base URL or the endpoint",
        ),
        (
            at_code_exchange(503, "<html>"),
            "service is temporarily unavailable (status 503); retry later",
        ),
        (
            at_code_exchange(302, ""),
            "response is a redirect, which is not followed (status 302); check the base URL or the endpoint, and \
             proxies in between",
        ),
    ] {
        assert_eq!(error.to_string(), message);
    }
}

fn at<E: Exchange>(exchange: E, status: u16, body: &str) -> Error
where
    E::Output: std::fmt::Debug,
{
    refusal(exchange, response(status, body)).1
}

#[test]
fn names_the_remedy_of_a_missing_pending_login() {
    let message = Error::NoPendingLogin.to_string();
    assert_eq!(
        message,
        "no pending login is stored for this callback: it was lost with a restart, or has ended; \
         store the pending login before the browser opens, and begin again"
    );
    let nothing = serde_json::from_str::<AwaitingCallback>("null")
        .unwrap_err()
        .to_string();
    assert!(nothing.contains(&message), "{nothing}");
}

#[test]
fn returns_a_session_without_a_refresh_token() {
    let mut form = serde_json::to_value(Scenario::public().to_authenticated()).unwrap();
    form.as_object_mut().unwrap().remove("refresh_token");
    let session: Authenticated = serde_json::from_value(form).unwrap();
    let (session, error) = refused(session.refresh(&Scenario::public().client));
    assert_eq!(kind(&error), "Client");
    message_contains(&error, "no refresh token");
    assert_eq!(session.user().unwrap().first_name(), Some("Nadia"));
}

/// An error with every message.
fn all_errors() -> Vec<Error> {
    let scenario = Scenario::public();
    let accept = |uri: &str, age: u64| {
        let pending = scenario.to_awaiting_callback();
        refused(pending.accept(&scenario.client, callback(uri), now() + secs(age))).1
    };
    let mut all = vec![
        Error::NoPendingLogin,
        Callback::parse("").unwrap_err(),
        Callback::parse("code=x&code=y").unwrap_err(),
        Callback::parse("code=x&error=y").unwrap_err(),
        Callback::parse(&"x".repeat(100_000)).unwrap_err(),
        accept("code=x", 0),
        accept("code=x&state=y", 0),
        accept(&format!("myapp:/x?code=x&state={STATE}"), 0),
        accept(&format!("code={CODE}&state={STATE}"), 600),
        accept(&format!("error=access_denied&state={STATE}"), 0),
        accept(&format!("error=server_error&state={STATE}"), 0),
        at_code_exchange(200, "{}"),
        at_code_exchange(200, "x"),
        at_code_exchange(302, ""),
        at_code_exchange(403, &fixture("step_up_unknown_future.json")[1..]),
    ];
    for (_, response) in fixtures::responses("error_") {
        all.push(refusal(scenario.to_exchanging(), response.clone()).1);
        all.push(refusal(scenario.to_refreshing(), response.clone()).1);
        all.push(refusal(scenario.to_switching(), response).1);
    }
    all
}

#[test]
fn every_error_message_is_part_of_a_sentence() {
    for error in all_errors() {
        let text = error.to_string();
        assert!(
            text.starts_with(|first: char| first.is_ascii_lowercase()),
            "{text}"
        );
        assert!(!text.ends_with(['.', '!', ' ', '\n']), "{text}");
        assert!(!text.contains('\n') && !text.contains("  "), "{text:?}");
        assert!(text.len() < 400, "{text}");
        assert!(error.source().is_none());
    }
}

#[test]
fn a_transport_error_returns_the_state_and_its_source() {
    let lost = || {
        let reset = std::io::Error::other("connection reset");
        SendError::transport(Scenario::public().to_exchanging(), reset)
    };
    let sent = Scenario::public().to_exchanging().request();
    assert_eq!(
        lost().to_string(),
        "no response was received; check the network and retry"
    );
    assert_eq!(lost().source().unwrap().to_string(), "connection reset");
    assert_eq!(lost().retry_in(now()), Some(secs(1)));
    assert!(lost().refusal().is_none());
    assert_eq!(lost().into_state().request().body(), sent.body());

    let transport = || match lost() {
        SendError::Transport(error) => *error,
        SendError::Refused(refused) => panic!("{refused:?}"),
    };
    assert_eq!(transport().to_string(), lost().to_string());
    assert_eq!(transport().into_source().to_string(), "connection reset");
    let (exchanging, source) = transport().into_parts();
    assert_eq!(source.to_string(), "connection reset");
    assert_eq!(exchanging.request().body(), sent.body());
}

#[test]
fn a_send_error_keeps_the_refused_transition() {
    let refused = |status| {
        let refused = Scenario::public()
            .to_exchanging()
            .response(response(status, ""), now());
        SendError::<Exchanging, std::io::Error>::from(refused.unwrap_err())
    };
    assert_eq!(refused(503).refusal().map(kind), Some("Unavailable"));
    assert_eq!(refused(503).retry_in(now()), Some(secs(1)));
    assert_eq!(refused(404).retry_in(now()), None);
    assert!(refused(404).source().is_none());
    assert!(refused(404).to_string().contains("404"));
    assert_eq!(body(&refused(404).into_state().request())["code"], CODE);
}

#[test]
fn the_question_mark_operator_returns_the_error() {
    fn question_mark(refreshing: Refreshing) -> Result<Authenticated, Error> {
        Ok(refreshing.response(response(503, ""), now())?)
    }
    let error = question_mark(Scenario::public().to_refreshing()).unwrap_err();
    assert_eq!(kind(&error), "Unavailable");
}
