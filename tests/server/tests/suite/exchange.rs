//! The code exchange.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use workos_login_mock_server::{Config, Organization, User};

use crate::support::*;

#[test]
fn a_code_and_its_verifier_open_a_session() {
    let server = start();
    let answer = exchange(&server, &code(&server, ALICE));
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
    let body = answer.json();
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
fn a_form_is_as_good_as_json() {
    let server = start();
    let code = code(&server, ALICE);
    let answer = post_form(
        &server,
        "/user_management/authenticate",
        &[
            ("grant_type", "authorization_code"),
            ("client_id", server.client_id()),
            ("code", &code),
            ("code_verifier", VERIFIER),
        ],
    );
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[test]
fn the_one_organization_is_chosen_and_none_is_left_out() {
    let server = start();
    let carol = log_in(&server, CAROL);
    assert!(carol.get("organization_id").is_none());
    assert!(claims(&carol).get("org_id").is_none());
    let chosen = [("organization_id", Some(Organization::GLOBEX_ID))];
    let bob = exchange(&server, &code_for(&server, BOB, &chosen)).json();
    assert_eq!(bob["organization_id"], Organization::GLOBEX_ID);
}

#[test]
fn a_code_is_good_once() {
    let server = start();
    let code = code(&server, ALICE);
    assert_eq!(exchange(&server, &code).status, 200);
    assert_eq!(
        exchange(&server, &code).refusal(),
        (400, "invalid_grant".into())
    );
}

#[test]
fn a_code_grows_too_old() {
    let server = start();
    let code = code(&server, ALICE);
    server.advance(Duration::from_secs(600));
    assert_eq!(
        exchange(&server, &code).refusal(),
        (400, "invalid_grant".into())
    );
}

#[test]
fn a_wrong_verifier_spends_the_code() {
    let server = start();
    let code = code(&server, ALICE);
    let wrong = json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code, "code_verifier": "w".repeat(43),
    });
    assert_eq!(
        authenticate(&server, &wrong).refusal(),
        (400, "invalid_grant".into())
    );
    assert_eq!(
        exchange(&server, &code).refusal(),
        (400, "invalid_grant".into())
    );
}

/// Sends a body made of the usual one and some changes; null leaves a field out.
fn changed(
    server: &workos_login_mock_server::Server,
    code: &str,
    changes: &Value,
) -> (u16, String) {
    let mut body = json!({
        "grant_type": "authorization_code", "client_id": server.client_id(),
        "code": code, "code_verifier": VERIFIER,
    });
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    authenticate(server, &body).refusal()
}

#[test]
fn each_mistake_has_its_own_refusal_and_the_code_stays_good() {
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
fn a_field_that_is_there_twice_is_refused() {
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
fn a_confidential_client_proves_itself_with_the_key_with_or_without_a_verifier() {
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
fn claims_tokens_and_fields_are_what_the_test_says() {
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
    server.set_clock(SystemTime::now());
    let answer = exchange(&server, &code(&server, ALICE)).json();
    let claims = claims(&answer);
    assert_eq!(claims["role"], json!({"odd": true}));
    assert!(claims.get("sid").is_none());
    assert!(answer["organization_id"].is_null() && answer.get("organization_id").is_some());
    assert!(answer.get("refresh_token").is_none());
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
