//! The code exchange.

use std::time::Duration;

use serde_json::{Value, json};
use workos_login_mock_server::{Config, Organization, Server, User};

use crate::support::*;

#[test]
fn a_code_with_its_verifier_is_exchanged_for_a_session() {
    let server = start();
    let response = exchange(&server, &code(&server, ALICE));
    assert_eq!(response.status, 200);
    assert_eq!(
        response.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert!(response.header("x-request-id").unwrap().starts_with("req_"));
    let body = response.json();
    assert_eq!(body["user"]["id"], User::ALICE_ID);
    assert_eq!(body["user"]["name"], "Alice Adams");
    assert_eq!(body["organization_id"], Organization::ACME_ID);
    assert_eq!(body["authentication_method"], "Password");
    assert!(body.get("expires_in").is_none());
    let claims = claims(&body);
    assert_eq!(claims["sub"], User::ALICE_ID);
    assert_eq!(claims["org_id"], Organization::ACME_ID);
    assert_eq!(claims["client_id"], server.client_id());
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        300
    );
    assert_eq!(server.sessions(), [text(&claims["sid"])]);
}

#[test]
fn accepts_a_form_instead_of_json() {
    let server = start();
    let code = code(&server, ALICE);
    let response = post_form(
        &server,
        "/user_management/authenticate",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", server.client_id()),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ],
    );
    assert_eq!(response.status, 200, "{response:?}");
}

#[test]
fn the_organization_is_that_of_the_request_or_the_only_one_or_absent() {
    let server = start();
    let carol = log_in(&server, CAROL);
    assert!(carol.get("organization_id").is_none());
    assert!(claims(&carol).get("org_id").is_none());
    let chosen = [("organization_id", Some(Organization::GLOBEX_ID))];
    let bob = exchange(&server, &code_for(&server, BOB, &chosen)).json();
    assert_eq!(bob["organization_id"], Organization::GLOBEX_ID);
}

#[test]
fn a_code_is_valid_once() {
    let server = start();
    let code = code(&server, ALICE);
    assert_eq!(exchange(&server, &code).status, 200);
    assert_invalid_grant(&exchange(&server, &code));
}

#[test]
fn a_code_expires() {
    let server = start();
    let code = code(&server, ALICE);
    server.advance(Duration::from_secs(600));
    assert_invalid_grant(&exchange(&server, &code));
}

#[test]
fn an_incorrect_verifier_uses_up_the_code() {
    let server = start();
    let code = code(&server, ALICE);
    let wrong = json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code, "code_verifier": "w".repeat(43),
    });
    assert_invalid_grant(&authenticate(&server, &wrong));
    assert_invalid_grant(&exchange(&server, &code));
}

/// Sends a code exchange with changed parameters. `null` removes one.
fn changed(server: &Server, code: &str, changes: &Value) -> (u16, String) {
    let mut body = json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code, "code_verifier": VERIFIER,
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    authenticate(server, &body).error()
}

#[test]
fn each_invalid_request_has_its_error_and_leaves_the_code_valid() {
    let server = start_with(|config| config.client_ids.push("client_second".into()));
    let code = code(&server, ALICE);
    for (changes, error) in [
        (json!({"grant_type": null}), "invalid_request"),
        (json!({"grant_type": "password"}), "invalid_request"),
        (json!({"client_id": null}), "invalid_request"),
        (json!({"client_id": "client_other"}), "invalid_client"),
        (json!({"client_secret": ""}), "invalid_client"),
        (json!({"client_secret": "sk_wrong"}), "invalid_client"),
        (json!({"code": null}), "invalid_request"),
        (json!({"code": 7}), "invalid_request"),
        (json!({"code": "other"}), "invalid_grant"),
        (json!({"client_id": "client_second"}), "invalid_grant"),
        (
            json!({"redirect_uri": "http://127.0.0.1:9/other"}),
            "invalid_grant",
        ),
        (json!({"code_verifier": null}), "invalid_request"),
        (json!({"code_verifier": "short"}), "invalid_request"),
    ] {
        assert_eq!(
            changed(&server, &code, &changes),
            (400, error.to_owned()),
            "{changes}"
        );
    }
    assert_eq!(
        changed(&server, &code, &json!({"redirect_uri": CALLBACK})),
        (200, String::new())
    );
}

#[test]
fn rejects_a_repeated_parameter() {
    let server = start();
    let body = format!(
        "{{\"grant_type\":\"refresh_token\",\"client_id\":\"{0}\",\"client_id\":\"{0}\"}}",
        server.client_id()
    );
    let mut stream = raw_last(&server, &body);
    let text = String::from_utf8(read_all(&mut stream).0).unwrap();
    assert!(text.contains("repeated: client_id"), "{text}");
}

#[test]
fn a_confidential_client_needs_the_api_key_and_a_verifier_only_for_a_code_challenge() {
    let server = start();
    let code = code(&server, ALICE);
    assert_eq!(
        changed(&server, &code, &json!({"client_secret": Config::API_KEY})).0,
        200
    );
    let unchallenged = [("code_challenge", None), ("code_challenge_method", None)];
    let code = code_for(&server, ALICE, &unchallenged);
    let none = json!({"code_verifier": null});
    assert_eq!(
        changed(&server, &code, &none),
        (400, "invalid_request".into())
    );
    let verifier = json!({"client_secret": Config::API_KEY});
    assert_eq!(
        changed(&server, &code, &verifier),
        (400, "code_challenge_not_found".into())
    );
    let secret = json!({"code_verifier": null, "client_secret": Config::API_KEY});
    assert_eq!(changed(&server, &code, &secret).0, 200);
}

#[test]
fn claims_access_token_and_response_fields_can_be_configured() {
    let server = start_with(|config| {
        config.token_skew = -3600;
        config
            .claims
            .insert("role".into(), Some(json!({"odd": true})));
        config.claims.insert("sid".into(), None);
        config
            .token_response_fields
            .insert("organization_id".into(), Some(Value::Null));
        config
            .token_response_fields
            .insert("refresh_token".into(), None);
    });
    stop_clock(&server);
    let response = exchange(&server, &code(&server, ALICE)).json();
    let claims = claims(&response);
    assert_eq!(claims["role"], json!({"odd": true}));
    assert!(claims.get("sid").is_none());
    assert!(response["organization_id"].is_null() && response.get("organization_id").is_some());
    assert!(response.get("refresh_token").is_none());
    assert_eq!(
        claims["auth_time"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        3600
    );

    server.configure(|config| config.access_token = Some("opaque".into()));
    assert_eq!(
        exchange(&server, &code(&server, ALICE)).json()["access_token"],
        "opaque"
    );
}
