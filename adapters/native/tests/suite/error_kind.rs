//! The kinds of errors, and what the service has told with them.

use std::time::Duration;

use workos_login_mock_server::{Endpoint, MockResponse};
use workos_login_native::workos_login::url::Url;
use workos_login_native::workos_login::{Client, Server};
use workos_login_native::{ErrorKind, NativeApp, NativeClient, NativeError, Storage};

use crate::support::{ALICE, BOB, app, log_in, server, with_browser};

/// Checks the error of a login whose code exchange has this response.
#[track_caller]
fn check(response: MockResponse, kind: ErrorKind, code: Option<&str>, status: u16) {
    let server = server();
    server.respond_with(Endpoint::CodeExchange, [response]);
    // Shorter than the wait that the responses ask for, so that no exchange is retried.
    let timeout = Duration::from_secs(20);
    let failed =
        app(&server).login_with(|login| with_browser(login.timeout(timeout), &server, ALICE));
    let error = failed.unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    let response = error.error_response();
    assert_eq!(response.and_then(|response| response.code()), code);
    assert_eq!(error.status().map(|it| it.as_u16()), Some(status));
    assert_eq!(error.request_id(), Some("req_7"), "{error:?}");
    // It is the time left of the 30 s that the response asks for.
    let waits = error.retry_in().is_some_and(|wait| !wait.is_zero());
    assert_eq!(waits, kind == ErrorKind::Unavailable);
}

#[test]
fn an_error_of_a_login_has_the_details_of_the_response() {
    let oauth = |status, code: &str| {
        MockResponse::oauth_error(status, code, "Text.").header("x-request-id", "req_7")
    };
    let other = |status| MockResponse::new(status).header("x-request-id", "req_7");
    let location = other(302).header("location", "https://portal.example/");
    let html = other(200).header("content-type", "text/html");
    check(
        oauth(400, "invalid_grant"),
        ErrorKind::InvalidGrant,
        Some("invalid_grant"),
        400,
    );
    check(
        oauth(401, "invalid_client"),
        ErrorKind::Configuration,
        Some("invalid_client"),
        401,
    );
    check(
        other(503).header("retry-after", "30"),
        ErrorKind::Unavailable,
        None,
        503,
    );
    check(location, ErrorKind::Redirect, None, 302);
    check(html, ErrorKind::Malformed, None, 200);
}

#[test]
fn an_error_of_a_session_has_the_details_of_the_response() {
    let server = server();
    let session = log_in(&app(&server), &server, ALICE);
    let response = MockResponse::oauth_error(400, "invalid_grant", "Over.");
    server.respond_with(Endpoint::Refresh, [response]);
    let error = NativeError::from(session.refresh_now().unwrap_err());
    assert_eq!(error.kind(), ErrorKind::NotLoggedIn);
    let response = error.error_response().unwrap();
    assert_eq!(response.code(), Some("invalid_grant"));
    assert_eq!(error.retry_in(), None);

    let session = log_in(&app(&server), &server, ALICE);
    let response = MockResponse::new(503).header("retry-after", "30");
    server.respond_with(Endpoint::Refresh, [response]);
    let error = NativeError::from(session.refresh_now().unwrap_err());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.status().unwrap(), 503);
    assert!(!error.retry_in().unwrap().is_zero());
}

#[test]
fn an_unanswered_challenge_is_an_error_of_its_kind() {
    let server = server();
    let failed = app(&server).login_with(|login| with_browser(login, &server, BOB));
    let error = failed.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AuthenticationChallenge);
    assert_eq!(error.kind().as_str(), "authentication_challenge");
    let challenge = error.authentication_challenge().unwrap();
    assert_eq!(challenge.code(), "organization_selection_required");
    assert_eq!(error.request_id(), challenge.request_id());
    assert!(error.to_string().contains("select an organization"));
}

#[test]
fn an_option_that_the_client_does_not_have_is_an_error() {
    let endpoint = Url::parse("http://127.0.0.1:1/oauth").unwrap();
    let oauth = Server::new("http://127.0.0.1:1", &endpoint, &endpoint).unwrap();
    let oauth = Client::oauth("client_1".parse().unwrap(), oauth);
    let work_os = Client::public("client_1".parse().unwrap());
    let organization = "org_1".parse().unwrap();
    let check = |client: NativeClient, option: &str| {
        let app = NativeApp::new(client, "Acme CLI").storage(Storage::Memory);
        let refused = app.login_with(|login| {
            let login = login.open_with(|_| panic!("the login was started"));
            match option {
                "scope" => login.scope("openid".parse().unwrap()),
                _ => login.organization(&organization),
            }
        });
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().starts_with(option), "{error}");
    };
    check(oauth.into(), "organization");
    check(work_os.into(), "scope");
}

#[test]
fn a_keyring_has_a_name_for_settings() {
    for name in ["system", "kernel"] {
        let storage: Storage = name.parse().unwrap();
        assert_eq!(storage.name(), Some(name));
    }
    let error = "file".parse::<Storage>().unwrap_err();
    assert_eq!(error.to_string(), "unknown keyring; use system or kernel");
    assert_eq!(Storage::Memory.name(), None);
}
