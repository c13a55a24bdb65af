//! `--issuer` alone: the server is discovered.

use std::process::Command;

use serde_json::{Value, json};

use crate::oauth_server::{CLIENT_ID, OAuthServer};
use crate::support::{Waiting, program, run, visit};

pub(crate) const OPENID_CONNECT: &str = "/.well-known/openid-configuration";

fn login(issuer: &str, arguments: &[&str]) -> Command {
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .args(["--client-id", CLIENT_ID, "--issuer", issuer])
        .args(arguments);
    command
}

#[test]
fn the_issuer_is_enough_for_a_login() {
    let server = OAuthServer::start();
    server.publish(&json!({}));
    server.respond(200, server.tokens(&json!({"name": "Ivy Ives"})));
    let waiting = Waiting::start(&mut login(&server.issuer(), &[]));
    assert!(
        waiting
            .url
            .starts_with(&format!("{}/authorize?", server.issuer()))
    );
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1")]));
    waiting.end().with(0).prints("Ivy Ives");
    assert_eq!(server.take_paths(), [OPENID_CONNECT, "/token"]);
}

#[test]
fn the_scope_is_what_the_server_supports() {
    for (metadata, arguments, scope, has_consent) in [
        (
            json!({}),
            &[][..],
            "openid profile email offline_access",
            true,
        ),
        (
            json!({"scopes_supported": ["openid", "email", "x"]}),
            &[],
            "openid email",
            false,
        ),
        (
            json!({"scopes_supported": ["offline_access", "openid"]}),
            &[],
            "openid offline_access",
            true,
        ),
        (json!({}), &["--scope", "x"], "openid x", false),
    ] {
        let server = OAuthServer::start();
        server.publish(&metadata);
        let waiting = Waiting::start(&mut login(&server.issuer(), arguments));
        assert_eq!(waiting.parameter("scope"), scope);
        assert_eq!(
            waiting.url.contains("prompt=consent"),
            has_consent,
            "{}",
            waiting.url
        );
    }
}

#[test]
fn an_endpoint_option_replaces_the_discovered_endpoint() {
    let server = OAuthServer::start();
    server.publish(&json!({}));
    let endpoint = format!("{}/other", server.issuer());
    let arguments = ["--authorization-endpoint", &endpoint];
    let waiting = Waiting::start(&mut login(&server.issuer(), &arguments));
    assert!(waiting.url.starts_with(&endpoint), "{}", waiting.url);
    assert_eq!(server.take_paths(), [OPENID_CONNECT]);
}

#[test]
fn a_callback_without_an_issuer_is_rejected_if_the_metadata_requires_it() {
    let server = OAuthServer::start();
    server.publish(&json!({"authorization_response_iss_parameter_supported": true}));
    let waiting = Waiting::start(&mut login(&server.issuer(), &["--json"]));
    visit(&waiting.callback(&[("code", "code_1")]));
    let ended = waiting.end().with(1);
    assert_eq!(ended.error()["kind"], "callback_mismatch");
}

#[test]
fn a_device_login_uses_the_discovered_endpoint() {
    let server = OAuthServer::start();
    server.publish(&json!({}));
    let ended = run(&mut login(&server.issuer(), &["--device"])).with(2);
    ended.says(&["--device-authorization-endpoint"]);
    server.take_paths();

    let endpoint = format!("{}/device", server.issuer());
    server.publish(&json!({"device_authorization_endpoint": endpoint}));
    server.respond(401, json!({"error": "invalid_client"}));
    run(&mut login(&server.issuer(), &["--device"])).with(6);
    assert_eq!(server.take_paths(), [OPENID_CONNECT, "/device"]);
}

/// Checks the failure of a command whose server has this metadata.
#[track_caller]
fn check(metadata: Option<&Value>, kind: &str, words: &[&str]) {
    let server = OAuthServer::start();
    if let Some(metadata) = metadata {
        server.publish(metadata);
    }
    let ended = run(&mut login(&server.issuer(), &["--json"])).with(1);
    assert_eq!(ended.error()["kind"], kind, "{ended:?}");
    ended.says(words);
    ended.says(&[
        "check --issuer",
        "--authorization-endpoint",
        "--token-endpoint",
    ]);
}

#[test]
fn a_failed_discovery_names_the_options() {
    check(None, "rejected", &["publishes no metadata", "404"]);
    check(
        Some(&json!({"issuer": "https://example.org"})),
        "malformed",
        &["of the issuer https://example.org, expected http://127.0.0.1"],
    );
    check(
        Some(&json!({"token_endpoint": null})),
        "malformed",
        &["no valid token_endpoint"],
    );
}

#[test]
fn an_invalid_issuer_is_rejected() {
    for (issuer, problem) in [
        ("http://example.org", "https"),
        ("example.org", "not a URL"),
        ("https://example.org/?a=b", "query"),
    ] {
        run(&mut login(issuer, &[])).with(6).says(&[problem]);
    }
}
