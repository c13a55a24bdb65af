//! A login with `--issuer`: a standard OAuth server in the place of WorkOS.

use std::process::Command;

use serde_json::{Value, json};
use url::Url;

use crate::oauth_server::{CLIENT_ID, OauthServer};
use crate::support::{Ended, Waiting, program, run, visit};

fn login(server: &OauthServer, arguments: &[&str]) -> Command {
    let issuer = server.issuer();
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .args(["--client-id", CLIENT_ID, "--issuer", &issuer])
        .args(["--authorization-endpoint", &format!("{issuer}/authorize")])
        .args(["--token-endpoint", &format!("{issuer}/token")])
        .args(arguments);
    command
}

fn device(server: &OauthServer, arguments: &[&str]) -> Command {
    let endpoint = format!("{}/device", server.issuer());
    let mut command = login(
        server,
        &["--device", "--device-authorization-endpoint", &endpoint],
    );
    command.args(arguments);
    command
}

/// Comes back from the login page with a code.
fn come_back(waiting: Waiting, issuer: &str) -> Ended {
    visit(&waiting.callback(&[("code", "code_1"), ("iss", issuer)]));
    waiting.end()
}

#[test]
fn somebody_logs_in() {
    let server = OauthServer::start();
    server.answer(200, server.tokens(&json!({"name": "Ivy Ives"})));
    let waiting = Waiting::start(&mut login(&server, &[]));
    let address = Url::parse(&waiting.address).unwrap();
    assert_eq!(
        &address[..url::Position::AfterPath],
        format!("{}/authorize", server.issuer())
    );
    let redirect_uri = waiting.parameter("redirect_uri");
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("scope", "openid profile email offline_access"),
        ("prompt", "consent"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(waiting.parameter(name), value);
    }
    let ended = come_back(waiting, &server.issuer()).with(0);
    assert!(ended.stdout.starts_with("Ivy Ives\n"), "{ended:?}");
    assert!(!format!("{ended:?}").contains("opaque"), "{ended:?}");

    let [request] = &server.requests()[..] else {
        panic!("there was not one request")
    };
    assert_eq!(request.path, "/token");
    let mut names: Vec<_> = request.form.keys().map(|name| &**name).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "client_id",
            "code",
            "code_verifier",
            "grant_type",
            "redirect_uri"
        ]
    );
    assert_eq!(request.form["redirect_uri"], redirect_uri);
    assert_eq!(request.form["code"], "code_1");
    assert!(
        request
            .headers
            .contains("content-type: application/x-www-form-urlencoded"),
        "{request:?}"
    );
    assert!(!request.headers.contains("authorization"), "{request:?}");
}

#[test]
fn they_are_named_by_the_best_that_is_known() {
    for (claims, name) in [
        (json!({"email": "ivy@example.org"}), "ivy@example.org"),
        (json!({}), "sub_1"),
    ] {
        let server = OauthServer::start();
        server.answer(200, server.tokens(&claims));
        let waiting = Waiting::start(&mut login(&server, &["--scope", "email"]));
        assert_eq!(waiting.parameter("scope"), "openid email");
        assert!(!waiting.address.contains("prompt"), "{}", waiting.address);
        let ended = come_back(waiting, &server.issuer()).with(0);
        assert!(ended.stdout.starts_with(&format!("{name}\n")), "{ended:?}");
    }
}

#[test]
fn a_callback_of_another_issuer_ends_the_login() {
    let server = OauthServer::start();
    for (iss, message) in [
        (
            Some("https://evil.example"),
            "from the issuer https://evil.example",
        ),
        (None, "callback has no iss"),
    ] {
        let waiting = Waiting::start(&mut login(&server, &["--advertises-iss"]));
        let iss = iss.map(|iss| ("iss", iss));
        let parameters: Vec<_> = [("code", "stolen")].into_iter().chain(iss).collect();
        let page = visit(&waiting.callback(&parameters));
        assert!(page.contains("workos-login"), "{page}");
        waiting.end().with(1).says(&[message, &server.issuer()]);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_server_that_does_not_name_itself_is_believed() {
    let server = OauthServer::start();
    server.answer(200, server.tokens(&json!({})));
    let waiting = Waiting::start(&mut login(&server, &[]));
    visit(&waiting.callback(&[("code", "code_1")]));
    waiting.end().with(0);
}

#[test]
fn an_id_token_of_another_issuer_or_client_is_refused() {
    for claims in [
        json!({"iss": "https://evil.example"}),
        json!({"aud": "another"}),
    ] {
        let server = OauthServer::start();
        server.answer(200, server.tokens(&claims));
        let waiting = Waiting::start(&mut login(&server, &["--json"]));
        let ended = come_back(waiting, &server.issuer()).with(1);
        assert_eq!(ended.json()["error"]["kind"], "failure");
        ended.says(&["ID token"]);
    }
}

#[test]
fn somebody_logs_in_on_another_machine() {
    let server = OauthServer::start();
    server.answer(200, codes());
    server.answer(400, json!({"error": "authorization_pending"}));
    server.answer(200, server.tokens(&json!({"email": "ivy@example.org"})));
    let mut waiting = Waiting::start(&mut device(&server, &["--json"]));
    assert_eq!(waiting.address, "https://example.org/device");
    assert_eq!(waiting.user_code(), "ABCD-EFGH");
    let ended = waiting.end().with(0);
    assert_eq!(ended.json()["user"]["email"], "ivy@example.org");
    assert!(!format!("{ended:?}").contains("device_1"), "{ended:?}");

    let requests = server.requests();
    let paths: Vec<_> = requests.iter().map(|request| &*request.path).collect();
    assert_eq!(paths, ["/device", "/token", "/token"]);
    assert_eq!(
        requests[0].form["scope"],
        "openid profile email offline_access"
    );
    assert_eq!(requests[1].form["device_code"], "device_1");
}

#[test]
fn somebody_says_no_on_another_machine() {
    let server = OauthServer::start();
    server.answer(200, codes());
    server.answer(400, json!({"error": "access_denied"}));
    Waiting::start(&mut device(&server, &[])).end().with(3);
}

/// What a device is told.
fn codes() -> Value {
    json!({
        "device_code": "device_1",
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://example.org/device",
        "expires_in": 60,
        "interval": 1,
    })
}

#[test]
fn the_environment_describes_it_for_every_command() {
    let server = OauthServer::start();
    let issuer = server.issuer();
    server.answer(200, server.tokens(&json!({"name": "Ivy Ives"})));
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .env("WORKOS_CLIENT_ID", CLIENT_ID)
        .env("WORKOS_LOGIN_ISSUER", &issuer)
        .env(
            "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
            format!("{issuer}/authorize"),
        )
        .env("WORKOS_LOGIN_TOKEN_ENDPOINT", format!("{issuer}/token"));
    let ended = come_back(Waiting::start(&mut command), &issuer).with(0);
    assert!(ended.stdout.starts_with("Ivy Ives\n"), "{ended:?}");
}

#[test]
fn what_is_missing_is_named() {
    let ended = run(&mut program(&["login", "--issuer", "https://example.org"])).with(2);
    ended.says(&["--authorization-endpoint", "--token-endpoint"]);

    let endpoint = ["login", "--token-endpoint", "https://example.org/token"];
    run(&mut program(&endpoint)).with(2).says(&["--issuer"]);

    let server = OauthServer::start();
    let ended = run(&mut login(&server, &["--device"])).with(2);
    ended.says(&["--device-authorization-endpoint"]);
}

#[test]
fn what_only_workos_has_is_refused() {
    let server = OauthServer::start();
    for (option, value) in [
        ("--base-url", "https://example.org"),
        ("--organization", "org_1"),
        ("--provider", "GoogleOAuth"),
    ] {
        let ended = run(&mut login(&server, &[option, value])).with(2);
        ended.says(&["--issuer", "cannot be used with", option]);
    }
    let ended = run(login(&server, &[]).env("WORKOS_BASE_URL", "https://example.org")).with(2);
    ended.says(&["WORKOS_BASE_URL"]);
}

#[test]
fn an_endpoint_that_shows_tokens_to_the_network_is_refused() {
    let mut command = program(&["whoami", "--no-store", "--client-id", CLIENT_ID]);
    command
        .args(["--issuer", "https://example.org"])
        .args(["--authorization-endpoint", "https://example.org/authorize"])
        .args(["--token-endpoint", "http://example.org/token"]);
    run(&mut command).with(6).says(&["use https"]);
}
