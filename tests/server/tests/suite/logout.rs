//! Logout, session revocation and the JWKS.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::json;
use workos_login_mock_server::Config;

use crate::support::*;

#[test]
fn a_logout_ends_the_session_and_redirects() {
    let server = start();
    let session = log_in(&server, ALICE);
    let sid = claims(&session)["sid"].as_str().unwrap().to_owned();
    let url = format!(
        "{}/user_management/sessions/logout?session_id={sid}",
        server.base_url()
    );
    let response = get(&format!("{url}&return_to=https%3A%2F%2Fapp.example%2Fbye"));
    assert_eq!(
        (response.status, response.header("location")),
        (302, Some("https://app.example/bye"))
    );
    let refused = refresh(&server, text(&session["refresh_token"]));
    assert_invalid_grant(&refused);
    assert_eq!(get(&url).status, 200);
}

#[test]
fn rejects_a_return_to_that_is_not_registered() {
    let server = start_with(|config| {
        config.logout_redirect_uris = Some(vec!["https://app.example/".into()])
    });
    let session = log_in(&server, ALICE);
    let sid = claims(&session)["sid"].as_str().unwrap().to_owned();
    let url = format!("{}/user_management/sessions/logout", server.base_url());
    for query in [
        String::new(),
        format!("?session_id={sid}&return_to=https%3A%2F%2Fevil.example%2F"),
    ] {
        let response = get(&format!("{url}{query}"));
        assert_eq!(response.status, 422, "{query}");
        assert!(response.json()["message"].is_string());
    }
    assert_eq!(server.sessions(), [&*sid]);
    assert_eq!(
        get(&format!(
            "{url}?session_id={sid}&return_to=https%3A%2F%2Fapp.example%2F"
        ))
        .status,
        302
    );
}

#[test]
fn a_session_is_revoked_with_the_api_key() {
    let server = start();
    let session = log_in(&server, ALICE);
    let body = json!({"session_id": claims(&session)["sid"]});
    let path = "/user_management/sessions/revoke";
    assert_eq!(
        post_with_key(&server, path, "sk_wrong", &body).error(),
        (401, "unauthorized".into())
    );
    assert_eq!(server.sessions().len(), 1);
    assert_eq!(
        post_with_key(&server, path, Config::API_KEY, &body).status,
        200
    );
    assert!(server.sessions().is_empty());
    assert_eq!(
        post_with_key(&server, path, Config::API_KEY, &body).status,
        400
    );
}

#[test]
fn the_jwks_verifies_access_tokens() {
    let server = start();
    let session = log_in(&server, ALICE);
    let (signed, signature) = text(&session["access_token"]).rsplit_once('.').unwrap();
    let header = signed.split('.').next().unwrap();
    let header: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();

    let keys = get(&format!(
        "{}/sso/jwks/{}",
        server.base_url(),
        server.client_id()
    ))
    .json();
    let key = &keys["keys"][0];
    assert_eq!(key["kid"], header["kid"]);
    let part = |name: &str| URL_SAFE_NO_PAD.decode(text(&key[name])).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    RsaPublicKeyComponents {
        n: part("n"),
        e: part("e"),
    }
    .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
    .unwrap();

    assert_eq!(
        get(&format!("{}/sso/jwks/client_other", server.base_url())).status,
        404
    );
}
