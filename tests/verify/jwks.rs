//! Responses with a JWKS: what is read, what is ignored, what is rejected.

use serde_json::{Value, json};
use workos_login::http::Response;
use workos_login::keys::{InvalidToken, KeySet, VerifyError};
use workos_login::limits::{MAX_KEYS, MAX_RESPONSE_BYTES};
use workos_login::{Error, Exchange};

use crate::issuer::{
    AUDIENCE, Key, access_claims, encode, header, load, now, oauth_client, response, with,
};

fn empty() -> KeySet {
    oauth_client().key_set(AUDIENCE).unwrap()
}

fn error(response: Response<Vec<u8>>) -> Error {
    let refused = empty().fetch(now()).response(response, now()).unwrap_err();
    refused.into_parts().1
}

/// Returns whether a token of this key verifies with its JWK, changed.
fn is_used(key: Key, members: &Value) -> bool {
    let jwks = json!({"keys": [with(key.jwk("key"), members), Key::Ed25519(9).jwk("other")]});
    let keys = load(empty(), &jwks, now());
    let token = key.token(header(key, "key").to_string(), access_claims().to_string());
    match keys.verify_access_token(&token, now()) {
        Ok(_) => true,
        Err(VerifyError::Invalid(InvalidToken::UnknownKeyId)) => false,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_key_is_used_if_it_is_for_signatures_of_its_algorithm() {
    for key in [Key::Rsa, Key::P256, Key::Ed25519(1)] {
        let used = [
            json!({}),
            json!({"alg": null}),
            json!({"use": null}),
            json!({"key_ops": ["verify"]}),
            json!({"key_ops": ["sign", "verify"]}),
            json!({"x5c": ["x"], "x5t#S256": 1, "future": {}}),
        ];
        for members in used {
            assert!(is_used(key, &members), "{key:?} {members}");
        }
        let ignored = [
            json!({"kid": null}),
            json!({"kid": ""}),
            json!({"kid": 1}),
            json!({"alg": "HS256"}),
            json!({"alg": "none"}),
            json!({"alg": ""}),
            json!({"alg": 1}),
            json!({"use": "enc"}),
            json!({"use": ["sig"]}),
            json!({"key_ops": []}),
            json!({"key_ops": ["sign"]}),
            json!({"key_ops": "verify"}),
            json!({"kty": "oct"}),
            json!({"kty": null}),
            json!({"crv": "P-384"}),
            json!({"x": "AA", "n": "AA"}),
            json!({"x": "*", "n": "*"}),
            json!({"x": null, "n": null}),
        ];
        for members in ignored {
            assert!(!is_used(key, &members), "{key:?} {members}");
        }
    }
}

#[test]
fn an_rsa_key_has_a_size_and_an_exponent_within_limits() {
    let number = |bytes: usize| {
        let mut number = vec![0xff; bytes];
        number[bytes - 1] = 0xfd;
        encode(number)
    };
    let table = [
        (json!({"n": number(128)}), false),
        (json!({"n": number(255)}), false),
        (json!({"n": number(1025)}), false),
        (json!({"n": encode(vec![0xfe; 256])}), false),
        (json!({"n": ""}), false),
        (json!({"e": encode([0])}), false),
        (json!({"e": encode([1])}), false),
        (json!({"e": encode([2])}), false),
        (json!({"e": encode([1, 0, 0])}), false),
        (json!({"e": encode([2, 0, 0, 0, 1])}), false),
        (json!({"e": encode([1, 0, 0, 0, 0, 1])}), false),
        (json!({"e": ""}), false),
        // Some servers write leading zeros.
        (json!({"e": encode([0, 1, 0, 1])}), true),
    ];
    for (members, expected) in table {
        assert_eq!(is_used(Key::Rsa, &members), expected, "{members}");
    }
    let jwk = Key::Rsa.jwk("key");
    let padded = format!("AAAA{}", jwk["n"].as_str().unwrap());
    assert!(is_used(Key::Rsa, &json!({"n": padded})));
}

#[test]
fn a_point_that_is_not_on_the_curve_verifies_nothing() {
    let jwks = json!({"keys": [with(Key::P256.jwk("key"), &json!({"y": encode([1; 32])}))]});
    let keys = load(empty(), &jwks, now());
    let token = Key::P256.token(
        header(Key::P256, "key").to_string(),
        access_claims().to_string(),
    );
    assert!(keys.verify_access_token(&token, now()).is_err());
}

#[test]
fn an_unusable_key_is_ignored() {
    let jwks = json!({"keys": [1, null, [], {}, "key", {"kty": 1}, Key::Rsa.jwk("key"), {"kty": "future", "kid": "key"}]});
    let keys = load(empty(), &jwks, now());
    let token = Key::Rsa.token(
        header(Key::Rsa, "key").to_string(),
        access_claims().to_string(),
    );
    keys.verify_access_token(&token, now()).unwrap();
}

#[test]
fn a_response_that_is_not_a_jwks_is_malformed() {
    let large = format!(
        r#"{{"keys": [], "x": "{}"}}"#,
        "a".repeat(MAX_RESPONSE_BYTES)
    );
    let many = json!({"keys": vec![json!({}); MAX_KEYS + 1]});
    let table = [
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"keys": null}"#.to_owned(),
        r#"{"keys": {}}"#.to_owned(),
        r#"{"keys": [}"#.to_owned(),
        r#"{"keys": [], "keys": []}"#.to_owned(),
        "<html>".to_owned(),
        String::new(),
        large,
        many.to_string(),
    ];
    for body in table {
        assert!(
            matches!(error(response(&body)), Error::Malformed(_)),
            "{body}"
        );
    }
    let most = json!({"keys": vec![json!({}); MAX_KEYS]});
    load(empty(), &most, now());
}

#[test]
fn the_media_type_is_json_or_a_jwk_set() {
    let jwks = json!({"keys": [Key::Rsa.jwk("key")]})
        .to_string()
        .into_bytes();
    let typed = |media_type: &str| {
        let builder = Response::builder().header("content-type", media_type);
        let response = builder.body(jwks.clone()).unwrap();
        empty().fetch(now()).response(response, now()).is_ok()
    };
    for media_type in [
        "application/json",
        "application/jwk-set+json",
        "application/JSON; charset=utf-8",
    ] {
        assert!(typed(media_type), "{media_type}");
    }
    for media_type in ["text/html", "text/plain", "application/jwt", ""] {
        assert!(!typed(media_type), "{media_type}");
    }
}

#[test]
fn a_status_is_an_error() {
    let status = |status: u16, body: &str| {
        let builder = Response::builder()
            .status(status)
            .header("content-type", "application/json");
        error(builder.body(body.as_bytes().to_vec()).unwrap())
    };
    for code in [408, 429, 500, 503] {
        assert!(matches!(status(code, ""), Error::Unavailable(_)), "{code}");
    }
    assert!(matches!(
        status(404, r#"{"message": "Not found"}"#),
        Error::Rejected(_)
    ));
    // Error codes of the token endpoint mean nothing here.
    assert!(matches!(
        status(400, r#"{"error": "invalid_grant"}"#),
        Error::Rejected(_)
    ));
    assert!(matches!(status(302, ""), Error::Malformed(_)));
}
