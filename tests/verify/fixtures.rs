//! The wire fixtures: JWKS, tokens and their claims.

use serde_json::Value;
use workos_login::keys::{InvalidToken, KeySet, VerifyError};

use crate::issuer::{load, now, secs, workos_client};

fn fixture(name: &str) -> Value {
    let path = format!("{}/tests/data/wire/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn keys(jwks: &str) -> KeySet {
    load(workos_client().key_set(), &fixture(jwks), now())
}

fn token(name: &str) -> String {
    fixture("jwt_tokens.json")[name].as_str().unwrap().into()
}

#[test]
fn every_token_of_the_fixtures_has_its_result() {
    let table = [
        ("valid_minimal", Ok(())),
        ("valid_full", Ok(())),
        ("valid_impersonated", Ok(())),
        ("valid_template_overrides", Ok(())),
        ("missing_sid", Ok(())),
        ("expired", Err(InvalidToken::Expired)),
        ("unknown_kid", Err(InvalidToken::UnknownKeyId)),
        ("no_kid", Err(InvalidToken::MissingKeyId)),
        ("wrong_key_same_kid", Err(InvalidToken::Signature)),
        ("tampered_payload", Err(InvalidToken::Signature)),
        ("alg_none", Err(InvalidToken::Algorithm)),
        ("missing_exp", Err(InvalidToken::MissingExpiry)),
        ("not_yet_valid", Err(InvalidToken::NotYetValid)),
        ("two_segments", Err(InvalidToken::Malformed)),
    ];
    let tokens = fixture("jwt_tokens.json");
    assert_eq!(tokens.as_object().unwrap().len(), table.len());
    for jwks in [
        "jwks.json",
        "jwks_minimal.json",
        "jwks_rotated_two_keys.json",
    ] {
        let keys = keys(jwks);
        for (name, expected) in table {
            // The token has expired 300 seconds after `now`.
            let now = now() + secs(301);
            let result = keys.verify_access_token(&token(name), now).map(drop);
            let result = match result {
                // The cooldown is over by then.
                Err(VerifyError::KeysRequired { fetch_in }) if fetch_in.is_zero() => {
                    Err(InvalidToken::UnknownKeyId.into())
                }
                result => result,
            };
            assert_eq!(
                result,
                expected.map_err(VerifyError::from),
                "{name} with {jwks}"
            );
        }
    }
}

#[test]
fn every_claim_of_the_fixtures_is_read() {
    let claims = fixture("jwt_claims_full.json");
    let user = keys("jwks.json")
        .verify_access_token(&token("valid_full"), now())
        .unwrap();
    let text = |name: &str| claims[name].as_str().unwrap();
    let texts = |name: &str| {
        let list = claims[name].as_array().unwrap();
        list.iter()
            .map(|text| text.as_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(user.subject(), text("sub"));
    assert_eq!(user.issuer(), Some(text("iss")));
    assert!(user.audiences().eq([text("aud")]));
    assert_eq!(user.token_id(), Some(text("jti")));
    assert_eq!(user.client_id(), Some(text("client_id")));
    assert_eq!(user.session_id().unwrap().as_str(), text("sid"));
    assert_eq!(user.organization_id().unwrap().as_str(), text("org_id"));
    assert_eq!(user.role(), Some(text("role")));
    assert!(user.roles().eq(texts("roles")));
    assert!(user.permissions().eq(texts("permissions")));
    assert!(user.entitlements().eq(texts("entitlements")));
    assert!(user.feature_flags().eq(texts("feature_flags")));
    assert_eq!(user.auth_age(now()), Some(secs(30)));
    assert_eq!(user.impersonator(), None);
    assert_eq!(user.claims::<Value>().unwrap(), claims);
}

#[test]
fn claims_of_templates_and_impersonation_are_read() {
    let keys = keys("jwks.json");
    let user = keys
        .verify_access_token(&token("valid_impersonated"), now())
        .unwrap();
    assert_eq!(user.impersonator(), Some("support@example.org"));
    let user = keys
        .verify_access_token(&token("valid_template_overrides"), now())
        .unwrap();
    assert_eq!(user.role(), None);
    assert_eq!(user.permissions().count(), 0);
    assert_eq!(user.audiences().count(), 2);
    assert_eq!(user.claims::<Value>().unwrap()["custom_tier"], "gold");
}

#[test]
fn the_tokens_of_connect_are_told_apart() {
    use workos_login::{Client, Server};
    let issuer = "https://lagoon-77.authkit.app";
    let endpoint = |path: &str| format!("{issuer}/oauth2/{path}").parse().unwrap();
    let server = Server::new(issuer, &endpoint("authorize"), &endpoint("token"))
        .unwrap()
        .jwks_uri(&endpoint("jwks"))
        .unwrap();
    let client_id = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
    let client = Client::oauth(client_id.parse().unwrap(), server);
    let keys = load(
        client.key_set(client_id).unwrap(),
        &fixture("jwks.json"),
        now(),
    );
    let tokens = fixture("connect_token.json");
    let id_token = tokens["id_token"].as_str().unwrap();
    let access_token = tokens["access_token"].as_str().unwrap();
    let user = keys.verify_id_token(id_token, now()).unwrap();
    assert_eq!(user.email(), Some("nadia.okafor@example.org"));
    let error = keys.verify_access_token(id_token, now()).unwrap_err();
    assert_eq!(error, VerifyError::Invalid(InvalidToken::Type));
    let error = keys.verify_id_token(access_token, now()).unwrap_err();
    assert_eq!(error, VerifyError::Invalid(InvalidToken::Type));
    // The fixture's access token is from the API; a resource server can expect that.
    let keys = keys.issuer("https://api.workos.com");
    keys.verify_access_token(access_token, now()).unwrap();
    let machine = fixture("connect_m2m_token.json");
    let machine = machine["access_token"].as_str().unwrap();
    let machine = keys.verify_access_token(machine, now()).unwrap();
    assert!(machine.scopes().eq(["reports:read", "reports:write"]));
}

#[test]
fn a_jwks_without_keys_verifies_nothing() {
    let error = keys("jwks_empty.json")
        .verify_access_token(&token("valid_full"), now())
        .unwrap_err();
    assert_eq!(error, VerifyError::KeysRequired { fetch_in: secs(30) });
}
