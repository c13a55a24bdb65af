//! `at_hash`: an ID token and the access token that it came with (OpenID Connect Core section 3.1.3.6).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use workos_login::Exchange;

use super::{client, exchanging, id_token, session_from, tokens};
use crate::scenario::{now, response};

/// The `at_hash` of the access token `opaque`: SHA-256, SHA-384 and SHA-512.
const SHA_256: &str = "bSKYhMEmi7CrMtjaMV0P5Q";
const SHA_384: &str = "r4fRMzLLjsZ2n1Iv3-hxo7piIBhARm0O";
const SHA_512: &str = "fbMJhlShp9jmuAqXBJET-ShZLVNUaW7dkNnxSGjGex8";

/// A token response with an ID token of this algorithm and this `at_hash`.
fn token_body(header: &Value, at_hash: &Value) -> String {
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let id_token = id_token(|claims| claims["at_hash"] = at_hash.clone());
    let id_token = id_token.replacen("e30", &header, 1);
    tokens(|body| {
        body["id_token"] = id_token.into();
        body["refresh_token"] = "r".into();
    })
}

#[track_caller]
fn compares(algorithm: &str, hashes: &[&str]) {
    let header = json!({ "alg": algorithm });
    let sessions = hashes.iter();
    let sessions = sessions.map(|hash| session_from(&token_body(&header, &json!(hash))));
    let sessions: Vec<_> = sessions.collect();
    let (session, hash) = (&sessions[0], hashes[0]);
    for other in [
        SHA_256,
        SHA_384,
        SHA_512,
        "",
        &hash[1..],
        &format!("{hash}="),
    ] {
        if hashes.contains(&other) {
            continue;
        }
        let body = token_body(&header, &json!(other));
        let refused = exchanging()
            .response(response(200, &*body), now())
            .unwrap_err();
        let why = "ID token that belongs to another access token";
        assert!(refused.to_string().contains(why), "{algorithm}: {refused}");
        let refreshing = session.clone().refresh(&client()).unwrap();
        assert!(
            refreshing.response(response(200, body), now()).is_err(),
            "{algorithm}"
        );
    }
}

#[test]
fn rejects_an_id_token_of_another_access_token() {
    for algorithm in ["RS256", "ES256", "PS256", "HS256"] {
        compares(algorithm, &[SHA_256]);
    }
    compares("ES384", &[SHA_384]);
    compares("RS512", &[SHA_512]);
    // Ed25519 uses SHA-512 itself (RFC 8032 section 5.1), and glewlwyd SHA-256.
    compares("EdDSA", &[SHA_512, SHA_256]);
    compares("Ed25519", &[SHA_512, SHA_256]);
}

#[test]
fn computes_the_hash_of_the_example_of_openid_connect() {
    // OpenID Connect Core, appendix A.3.
    let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
    let hash = "77QmUPtjPfzWtF2AnpK9RQ";
    let id_token = id_token(|claims| claims["at_hash"] = hash.into());
    session_from(&tokens(|body| {
        body["access_token"] = access_token.into();
        body["id_token"] = id_token.replacen("e30", &header, 1).into();
    }));
}

#[test]
fn an_id_token_without_a_hash_or_of_an_unknown_algorithm_is_not_compared() {
    for absent in [json!(null), json!(7), json!([SHA_512])] {
        session_from(&token_body(&json!({ "alg": "RS256" }), &absent));
    }
    for unknown in [
        json!({ "alg": "none" }),
        json!({ "alg": "rs256" }),
        json!({}),
        json!({ "alg": 7 }),
    ] {
        session_from(&token_body(&unknown, &json!("of an unknown algorithm")));
    }
}
