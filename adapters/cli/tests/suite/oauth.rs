//! `--issuer`: a login at an OAuth authorization server.

use std::process::Command;

use serde_json::{Value, json};
use url::Url;

use crate::oauth_server::{CLIENT_ID, OAuthServer};
use crate::support::{Ended, Waiting, program, run, visit};

fn login(server: &OAuthServer, arguments: &[&str]) -> Command {
    let issuer = server.issuer();
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .args(["--client-id", CLIENT_ID, "--issuer", &issuer])
        .args(["--authorization-endpoint", &format!("{issuer}/authorize")])
        .args(["--token-endpoint", &format!("{issuer}/token")])
        .args(arguments);
    command
}

fn device(server: &OAuthServer, arguments: &[&str]) -> Command {
    let endpoint = format!("{}/device", server.issuer());
    let mut command = login(
        server,
        &["--device", "--device-authorization-endpoint", &endpoint],
    );
    command.args(arguments);
    command
}

/// Sends the callback with an authorization code, and waits for the end of the program.
fn call_back(waiting: Waiting, issuer: &str) -> Ended {
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1"), ("iss", issuer)]));
    waiting.end()
}

#[test]
fn the_authorization_url_has_the_parameters_of_the_protocol() {
    let server = OAuthServer::start();
    let waiting = Waiting::start(&mut login(&server, &[]));
    let url = Url::parse(&waiting.url).unwrap();
    assert_eq!(
        &url[..url::Position::AfterPath],
        format!("{}/authorize", server.issuer())
    );
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("scope", "openid profile email offline_access"),
        ("prompt", "consent"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(waiting.parameter(name), value);
    }
}

#[test]
fn the_token_request_has_the_parameters_of_the_protocol() {
    let server = OAuthServer::start();
    server.respond(200, server.tokens(&json!({"name": "Ivy Ives"})));
    let waiting = Waiting::start(&mut login(&server, &[]));
    let redirect_uri = waiting.parameter("redirect_uri");
    let ended = call_back(waiting, &server.issuer()).with(0);
    ended.prints("Ivy Ives");
    assert!(!format!("{ended:?}").contains("opaque"), "{ended:?}");

    let [request] = &server.requests()[..] else {
        panic!("there was not exactly one request")
    };
    assert_eq!(request.path, "/token");
    let mut names: Vec<_> = request.form.keys().map(|name| &**name).collect();
    names.sort_unstable();
    assert_eq!(
        names.join(" "),
        "client_id code code_verifier grant_type redirect_uri"
    );
    assert_eq!(request.form["redirect_uri"], redirect_uri);
    assert_eq!(request.form["code"], "code_1");
    let content_type = "content-type: application/x-www-form-urlencoded";
    assert!(request.headers.contains(content_type), "{request:?}");
    assert!(!request.headers.contains("authorization"), "{request:?}");
}

#[test]
fn without_a_name_the_user_is_shown_by_email_address_or_id() {
    for (claims, name) in [
        (json!({"email": "ivy@example.org"}), "ivy@example.org"),
        (json!({}), "sub_1"),
    ] {
        let server = OAuthServer::start();
        server.respond(200, server.tokens(&claims));
        let waiting = Waiting::start(&mut login(&server, &["--scope", "email"]));
        assert_eq!(waiting.parameter("scope"), "openid email");
        assert!(!waiting.url.contains("prompt"), "{}", waiting.url);
        call_back(waiting, &server.issuer()).with(0).prints(name);
    }
}

#[test]
fn a_callback_of_another_issuer_ends_the_login() {
    let server = OAuthServer::start();
    for (iss, message, hint) in [
        (
            Some("https://evil.example"),
            "from the issuer https://evil.example, expected http",
            "check --issuer",
        ),
        (None, "no iss", "--advertises-iss, or the metadata"),
    ] {
        let waiting = Waiting::start(&mut login(&server, &["--advertises-iss", "--json"]));
        let iss = iss.map(|iss| ("iss", iss));
        let parameters: Vec<_> = [("code", "stolen")].into_iter().chain(iss).collect();
        let page = visit(&waiting.callback(&parameters));
        assert!(page.contains("workos-login"), "{page}");
        let ended = waiting.end().with(1);
        assert_eq!(ended.error()["kind"], "callback_mismatch");
        ended.says(&[message, &server.issuer(), hint]);
    }
    assert!(server.requests().is_empty());
}

#[test]
fn a_callback_without_an_issuer_is_accepted_unless_the_server_always_sends_it() {
    let server = OAuthServer::start();
    server.respond(200, server.tokens(&json!({})));
    let waiting = Waiting::start(&mut login(&server, &[]));
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1")]));
    waiting.end().with(0);
}

#[test]
fn an_id_token_of_another_issuer_or_client_is_rejected() {
    for claims in [
        json!({"iss": "https://evil.example"}),
        json!({"aud": "another"}),
    ] {
        let server = OAuthServer::start();
        server.respond(200, server.tokens(&claims));
        let waiting = Waiting::start(&mut login(&server, &["--json"]));
        let ended = call_back(waiting, &server.issuer()).with(1);
        assert_eq!(ended.error()["kind"], "malformed");
        ended.says(&["ID token"]);
    }
}

#[test]
fn a_login_on_another_device_prints_the_user() {
    let server = OAuthServer::start();
    server.respond(200, device_authorization());
    server.respond(400, json!({"error": "authorization_pending"}));
    server.respond(200, server.tokens(&json!({"email": "ivy@example.org"})));
    let mut waiting = Waiting::start(&mut device(&server, &["--json"]));
    assert_eq!(waiting.url, "https://example.org/device");
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
fn a_denied_login_on_another_device_is_reported() {
    let server = OAuthServer::start();
    server.respond(200, device_authorization());
    server.respond(400, json!({"error": "access_denied"}));
    Waiting::start(&mut device(&server, &[])).end().with(3);
}

fn device_authorization() -> Value {
    json!({
        "device_code": "device_1",
        "user_code": "ABCD-EFGH",
        "verification_uri": "https://example.org/device",
        "expires_in": 60,
        "interval": 1,
    })
}

#[test]
fn the_user_is_read_from_the_userinfo_endpoint_if_the_id_token_has_no_name() {
    let server = OAuthServer::start();
    let endpoint = format!("{}/userinfo", server.issuer());
    server.publish(&json!({"userinfo_endpoint": endpoint}));
    let log_in = || {
        server.respond(200, server.tokens(&json!({})));
        let mut command = program(&["whoami", "--no-store", "--no-browser"]);
        command.args(["--client-id", CLIENT_ID, "--issuer", &server.issuer()]);
        Waiting::start(&mut command)
    };
    let waiting = log_in();
    server.respond(200, json!({"sub": "sub_1", "name": "Ivy Ives"}));
    call_back(waiting, &server.issuer())
        .with(0)
        .prints("Ivy Ives");

    let waiting = log_in();
    server.respond(403, json!({}));
    let ended = call_back(waiting, &server.issuer()).with(0);
    ended.prints("sub_1");
    ended.says(&["warning: the authorization server did not tell about the user"]);
}

#[test]
fn environment_variables_describe_the_server() {
    let server = OAuthServer::start();
    server.respond(200, server.tokens(&json!({"name": "Ivy Ives"})));
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    server.configure(&mut command);
    let ended = call_back(Waiting::start(&mut command), &server.issuer()).with(0);
    ended.prints("Ivy Ives");
}

#[test]
fn a_missing_issuer_and_a_missing_device_authorization_endpoint_are_named() {
    let endpoint = ["login", "--token-endpoint", "https://example.org/token"];
    run(&mut program(&endpoint)).with(2).says(&["--issuer"]);

    let server = OAuthServer::start();
    let ended = run(&mut login(&server, &["--device"])).with(2);
    ended.says(&["--device-authorization-endpoint"]);
}

#[test]
fn options_of_user_management_are_rejected() {
    let server = OAuthServer::start();
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
fn an_endpoint_without_tls_is_rejected() {
    let mut command = program(&["whoami", "--no-store", "--client-id", CLIENT_ID]);
    command
        .args(["--issuer", "https://example.org"])
        .args(["--authorization-endpoint", "https://example.org/authorize"])
        .args(["--token-endpoint", "http://example.org/token"]);
    run(&mut command).with(6).says(&["https"]);
}
