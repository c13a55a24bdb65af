//! `whoami --verify`: the user is verified with the keys of the issuer.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use workos_login_mock_server::{Endpoint, MockResponse};

use crate::discovery::OPENID_CONNECT;
use crate::oauth_server::{CLIENT_ID, OAuthServer, jwks};
use crate::support::{Waiting, login, program, server, visit};

const ALICE: &str = "alice@example.com";

#[test]
fn the_access_token_of_workos_is_verified() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--verify"]));
    let ended = waiting.log_in(&server, ALICE).with(0);
    ended.prints("Alice Adams");
    assert!(
        ended.stdout.contains("  verified         access token"),
        "{ended:?}"
    );
    let waiting = Waiting::start(&mut login(&server, &["--verify", "--json"]));
    let result = waiting.log_in(&server, ALICE).with(0).json();
    assert_eq!(result["verified"], "access_token");
}

#[test]
fn a_token_of_another_key_is_not_verified() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--verify", "--json"]));
    let keys = MockResponse::json(200, r#"{"keys": []}"#);
    server.respond_with(Endpoint::Jwks, [keys]);
    let ended = waiting.log_in(&server, ALICE).with(1);
    assert_eq!(ended.error()["kind"], "failure");
    ended.says(&["the token cannot be verified; log in again", "caused by"]);
}

#[test]
fn without_the_keys_the_service_is_unavailable() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--verify"]));
    server.respond_with(Endpoint::Jwks, [MockResponse::new(503)]);
    waiting.log_in(&server, ALICE).with(5);
}

/// A login at an OAuth authorization server whose metadata has these members, with this response to the request for the keys.
fn verified(metadata: &Value, keys: Option<Value>) -> (OAuthServer, Waiting) {
    let server = OAuthServer::start();
    let mut members = metadata.clone();
    if keys.is_some() {
        members["jwks_uri"] = json!(format!("{}/jwks", server.issuer()));
    }
    server.publish(&members);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let now = now.as_secs();
    let claims = json!({"name": "Ivy Ives", "iat": now, "exp": now + 600});
    server.respond(200, server.tokens(&claims));
    if let Some(keys) = keys {
        server.respond(200, keys);
    }
    let mut command: Command = program(&["whoami", "--verify", "--no-store", "--no-browser"]);
    command
        .args(["--client-id", CLIENT_ID, "--issuer", &server.issuer()])
        .arg("--json");
    let waiting = Waiting::start(&mut command);
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1")]));
    (server, waiting)
}

#[test]
fn the_id_token_of_an_oauth_server_is_verified() {
    let (server, waiting) = verified(&json!({}), Some(jwks(1)));
    let result = waiting.end().with(0).json();
    assert_eq!(result["verified"], "id_token");
    assert_eq!(result["user"]["name"], "Ivy Ives");
    assert_eq!(server.take_paths(), [OPENID_CONNECT, "/token", "/jwks"]);

    let (_server, waiting) = verified(&json!({}), Some(jwks(2)));
    let ended = waiting.end().with(1);
    ended.says(&["the token cannot be verified"]);
}

#[test]
fn a_server_without_keys_is_named() {
    let (_server, waiting) = verified(&json!({}), None);
    let ended = waiting.end().with(6);
    assert_eq!(ended.error()["kind"], "configuration");
}
