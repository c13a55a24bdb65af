//! A login with an application's own client id, in which the test is the person at the browser.

use std::net::TcpListener;

use workos_login_mock_server::{Config, Organization};

use crate::support::{Waiting, login, program, run, server, visit};

#[test]
fn somebody_logs_in() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    let page = visit(
        &server
            .log_in(&waiting.address, "alice@example.com")
            .unwrap(),
    );
    let ended = waiting.end().with(0);
    assert!(ended.stdout.starts_with("Alice Adams\n"), "{ended:?}");
    assert!(page.contains("workos-login"), "{page}");
    ended.says(&[
        "open this address",
        "waiting for the login in the browser, 10m left",
    ]);
}

#[test]
fn the_output_has_no_secret() {
    let server = server();
    for format in [&[][..], &["--json"]] {
        let waiting = Waiting::start(&mut login(&server, format));
        let state = waiting.parameter("state");
        let callback = server
            .log_in(&waiting.address, "alice@example.com")
            .unwrap();
        let (_, code) = callback.split_once("code=").unwrap();
        let code = code.split('&').next().unwrap();
        visit(&callback);
        let ended = waiting.end().with(0);

        assert!(!code.is_empty() && !state.is_empty());
        let tokens = ["eyJ", "access_token", "refresh_token", "verifier"];
        for secret in tokens.into_iter().chain([code, &state]) {
            assert!(!ended.stdout.contains(secret), "{secret:?} in {ended:?}");
        }
        for secret in tokens.into_iter().chain([code]) {
            assert!(!ended.stderr.contains(secret), "{secret:?} in {ended:?}");
        }
    }
}

#[test]
fn an_api_key_in_the_environment_is_not_used() {
    let server = server();
    let waiting = Waiting::start(login(&server, &[]).env("WORKOS_API_KEY", Config::API_KEY));
    waiting.log_in(&server, "alice@example.com").with(0);
    let requests = server.requests_to("/user_management/authenticate");
    assert_eq!(requests.len(), 1);
    let sent = format!(
        "{:?} {}",
        requests[0].headers,
        String::from_utf8_lossy(&requests[0].body)
    );
    for never in [Config::API_KEY, "client_secret", "authorization\""] {
        assert!(!sent.contains(never), "{sent}");
    }
}

#[test]
fn the_environment_configures_it() {
    let server = server();
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .env("WORKOS_CLIENT_ID", server.client_id())
        .env("WORKOS_BASE_URL", server.base_url());
    Waiting::start(&mut command)
        .log_in(&server, "alice@example.com")
        .with(0);
}

#[test]
fn what_is_asked_for_is_in_the_address() {
    let server = server();
    let arguments = [
        "--organization",
        Organization::GLOBEX_ID,
        "--provider",
        "GoogleOAuth",
    ];
    let waiting = Waiting::start(&mut login(&server, &arguments));
    assert_eq!(
        waiting.parameter("organization_id"),
        Organization::GLOBEX_ID
    );
    assert_eq!(waiting.parameter("provider"), "GoogleOAuth");
    assert_eq!(waiting.parameter("client_id"), server.client_id());
    let ended = waiting.log_in(&server, "bob@example.com").with(0);
    assert!(ended.stdout.contains(Organization::GLOBEX_ID), "{ended:?}");

    let waiting = Waiting::start(&mut login(&server, &[]));
    assert_eq!(waiting.parameter("provider"), "authkit");
}

#[test]
fn the_listener_is_where_it_was_told_to_be() {
    let server = server();
    let waiting = Waiting::start(&mut login(
        &server,
        &["--redirect-uri", "http://localhost:0/done"],
    ));
    let redirect_uri = waiting.parameter("redirect_uri");
    assert!(
        redirect_uri.starts_with("http://localhost:") && redirect_uri.ends_with("/done"),
        "{redirect_uri}"
    );
    waiting.log_in(&server, "alice@example.com").with(0);
}

#[test]
fn a_port_that_is_taken_is_said_to_be() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ended = run(&mut program(&[
        "whoami",
        "--no-store",
        "--client-id",
        "client_1",
        "--port",
        &port,
    ]))
    .with(1);
    ended.says(&["is in use by another program", &port]);
}

#[test]
fn prints_a_malformed_callback_with_the_state() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    visit(&waiting.callback(&[("code", "x"), ("error", "access_denied")]));
    visit(&waiting.callback(&[("error", "access_denied")]));
    let ended = waiting.end().with(3);
    ended.says(&["both code and error", "login was denied"]);
}

#[test]
fn somebody_says_no() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--json"]));
    visit(&server.deny(&waiting.address).unwrap());
    let ended = waiting.end().with(3);
    assert_eq!(ended.json()["error"]["kind"], "denied");
    ended.says(&["login was denied"]);
}

#[test]
fn a_forged_callback_changes_nothing() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    visit(&format!(
        "{}?state=made-up&error=access_denied",
        waiting.parameter("redirect_uri")
    ));
    waiting.log_in(&server, "alice@example.com").with(0);
}

#[test]
fn nobody_comes() {
    let server = server();
    let ended = run(&mut login(&server, &["--timeout", "1", "--json"])).with(4);
    assert_eq!(ended.json()["error"]["kind"], "expired");
    ended.says(&["1s left", "--timeout"]);
}
