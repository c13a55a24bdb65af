//! A login with a browser; the test is the user.

use std::net::TcpListener;

use workos_login_mock_server::{Config, Organization};

use crate::support::{Waiting, configure, login, program, run, server, visit};

const ALICE: &str = "alice@example.com";

#[test]
fn a_login_prints_the_user() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    let page = visit(&server.log_in(&waiting.url, ALICE).unwrap());
    let ended = waiting.end().with(0);
    ended.prints("Alice Adams");
    assert!(page.contains("workos-login"), "{page}");
    ended.says(&[
        "open this URL in a browser on this machine:",
        "waiting for the login in the browser, 10m left",
    ]);
}

#[test]
fn the_output_contains_no_secret() {
    let server = server();
    for format in [&[][..], &["--json"]] {
        let waiting = Waiting::start(&mut login(&server, format));
        let state = waiting.parameter("state");
        let callback = server.log_in(&waiting.url, ALICE).unwrap();
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
    waiting.log_in(&server, ALICE).with(0);
    let requests = server.requests_to("/user_management/authenticate");
    assert_eq!(requests.len(), 1);
    let sent = format!(
        "{:?} {}",
        requests[0].headers,
        String::from_utf8_lossy(&requests[0].body)
    );
    for secret in [Config::API_KEY, "client_secret", "authorization\""] {
        assert!(!sent.contains(secret), "{sent}");
    }
}

#[test]
fn environment_variables_select_client_and_service() {
    let server = server();
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    configure(&mut command, &server);
    Waiting::start(&mut command).log_in(&server, ALICE).with(0);
}

#[test]
fn the_authorization_url_has_the_organization_and_the_provider() {
    let server = server();
    let organization = Organization::GLOBEX_ID;
    let arguments = ["--organization", organization, "--provider", "GoogleOAuth"];
    let waiting = Waiting::start(&mut login(&server, &arguments));
    for (name, value) in [
        ("organization_id", organization),
        ("provider", "GoogleOAuth"),
        ("client_id", server.client_id()),
    ] {
        assert_eq!(waiting.parameter(name), value);
    }
    let ended = waiting.log_in(&server, "bob@example.com").with(0);
    assert!(ended.stdout.contains(organization), "{ended:?}");

    let waiting = Waiting::start(&mut login(&server, &[]));
    assert_eq!(waiting.parameter("provider"), "authkit");
}

#[test]
fn the_redirect_uri_option_sets_the_redirect_uri() {
    let server = server();
    let arguments = ["--redirect-uri", "http://localhost:0/done"];
    let waiting = Waiting::start(&mut login(&server, &arguments));
    let redirect_uri = waiting.parameter("redirect_uri");
    assert!(
        redirect_uri.starts_with("http://localhost:") && redirect_uri.ends_with("/done"),
        "{redirect_uri}"
    );
    waiting.log_in(&server, ALICE).with(0);
}

#[test]
fn a_port_in_use_is_reported() {
    let used = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = used.local_addr().unwrap().port().to_string();
    let mut command = program(&["whoami", "--no-store", "--client-id", "client_1"]);
    let ended = run(command.args(["--port", &port])).with(1);
    ended.says(&[&port]);
}

#[test]
fn a_denied_login_is_reported() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--json"]));
    visit(&server.deny(&waiting.url).unwrap());
    let ended = waiting.end().with(3);
    let error = ended.error();
    assert_eq!(error["kind"], "denied");
    assert_eq!(error["code"], "access_denied");
    assert_eq!(error["status"], serde_json::Value::Null);
    ended.says(&["denied"]);
}

#[test]
fn a_callback_with_a_different_state_does_not_end_the_wait() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    visit(&format!(
        "{}?state=different&error=access_denied",
        waiting.parameter("redirect_uri")
    ));
    waiting.log_in(&server, ALICE).with(0);
}

#[test]
fn a_malformed_callback_with_the_state_is_reported_and_does_not_end_the_wait() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &[]));
    visit(&waiting.callback(&[("code", "x"), ("error", "access_denied")]));
    visit(&waiting.callback(&[("error", "access_denied")]));
    let ended = waiting.end().with(3);
    ended.says(&["both code and error", "denied"]);
}

#[test]
fn a_login_without_a_callback_times_out() {
    let server = server();
    let ended = run(&mut login(&server, &["--timeout", "1", "--json"])).with(4);
    assert_eq!(ended.error()["kind"], "expired");
    ended.says(&["1s left", "--timeout"]);
}
