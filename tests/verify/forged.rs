//! Forged and damaged tokens, each named by what is wrong with it.

use serde_json::{Value, json};
use workos_login::keys::{InvalidToken, KeySet, VerifyError};
use workos_login::limits::MAX_TOKEN_BYTES;

use crate::issuer::{
    AUDIENCE, ISSUER, Key, access_claims, access_token, encode, header, load, now, oauth,
    oauth_client, with,
};

const ED: Key = Key::Ed25519(1);
const ATTACKER: Key = Key::Ed25519(66);

/// Keys of which each has a flaw, beside the three good ones.
fn keys() -> KeySet {
    let jwks = json!({"keys": [
        Key::Rsa.jwk("rsa"),
        Key::P256.jwk("ec"),
        ED.jwk("ed"),
        ED.jwk("twice"),
        Key::Rsa.jwk("twice"),
        with(ED.jwk("encryption"), &json!({"use": "enc"})),
        with(ED.jwk("signing"), &json!({"key_ops": ["sign"]})),
        with(Key::Rsa.jwk("rs384"), &json!({"alg": "RS384"})),
    ]});
    load(oauth_client().key_set(AUDIENCE).unwrap(), &jwks, now())
}

/// A token of the right claims with this header.
fn headed(key: Key, header: &Value) -> String {
    key.token(header.to_string(), access_claims().to_string())
}

/// A good token with another signature.
fn signed(alg: &str, kid: &str, sign: impl Fn(&str) -> Vec<u8>) -> String {
    let header = json!({"alg": alg, "typ": "JWT", "kid": kid}).to_string();
    let signed = format!("{}.{}", encode(header), encode(access_claims().to_string()));
    let signature = encode(sign(&signed));
    format!("{signed}.{signature}")
}

fn hmac(secret: &[u8], signed: &str) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    ring::hmac::sign(&key, signed.as_bytes()).as_ref().into()
}

/// The same signature in the encoding of X.509.
fn der(signed: &str) -> Vec<u8> {
    let signature = Key::P256.sign(signed);
    let integer = |number: &[u8]| [&[2, 33, 0], number].concat();
    let (r, s) = signature.split_at(32);
    let body = [integer(r), integer(s)].concat();
    [vec![0x30, 70], body].concat()
}

/// The parts of a good token.
fn parts() -> [String; 3] {
    let token = access_token(&json!({}));
    let parts: Vec<String> = token.split('.').map(Into::into).collect();
    parts.try_into().unwrap()
}

#[track_caller]
fn rejects(name: &str, token: &str, expected: InvalidToken) {
    let error = keys().verify_access_token(token, now()).unwrap_err();
    assert_eq!(error, VerifyError::Invalid(expected), "{name}");
    // Nothing that is no access token is an ID token instead.
    assert!(keys().verify_id_token(token, now()).is_err(), "{name}");
}

#[test]
fn rejects_a_token_of_another_algorithm_than_its_key() {
    let jwk = Key::Rsa.jwk("rsa");
    let n = jwk["n"].as_str().unwrap().to_owned();
    let table = [
        (
            "alg none, no signature",
            signed("none", "rsa", |_| Vec::new()),
        ),
        (
            "alg none, a signature",
            signed("none", "ed", |text| ED.sign(text)),
        ),
        ("alg NONE", signed("NONE", "ed", |text| ED.sign(text))),
        ("an empty alg", signed("", "ed", |text| ED.sign(text))),
        (
            "HMAC with the modulus as the secret",
            signed("HS256", "rsa", |text| hmac(n.as_bytes(), text)),
        ),
        (
            "HMAC with the JWK as the secret",
            signed("HS256", "rsa", |text| {
                hmac(jwk.to_string().as_bytes(), text)
            }),
        ),
        (
            "RS256 with a P-256 key",
            signed("RS256", "ec", |text| Key::P256.sign(text)),
        ),
        (
            "ES256 with an RSA key",
            signed("ES256", "rsa", |text| Key::Rsa.sign(text)),
        ),
        ("RS384", signed("RS384", "rsa", |text| Key::Rsa.sign(text))),
        ("PS256", signed("PS256", "rsa", |text| Key::Rsa.sign(text))),
        (
            "rs256 in lower case",
            signed("rs256", "rsa", |text| Key::Rsa.sign(text)),
        ),
    ];
    for (name, token) in table {
        rejects(name, &token, InvalidToken::Algorithm);
    }
}

#[test]
fn rejects_a_token_with_an_invalid_signature() {
    let [head, payload, signature] = parts();
    let admin = encode(with(access_claims(), &json!({"role": "admin"})).to_string());
    let other_head = encode(header(ED, "ed").to_string().replace("JWT", "at+jwt"));
    let own_key = json!({"alg": "EdDSA", "kid": "ed", "jwk": ATTACKER.jwk("ed")});
    let own_url = json!({"alg": "EdDSA", "kid": "ed", "jku": "https://attacker.example/jwks"});
    let own_certificate =
        json!({"alg": "EdDSA", "kid": "ed", "x5c": ["MIIB"], "x5u": "https://attacker.example"});
    let table = [
        (
            "the key of an attacker",
            signed("EdDSA", "ed", |text| ATTACKER.sign(text)),
        ),
        (
            "the key of an attacker in the header",
            headed(ATTACKER, &own_key),
        ),
        (
            "the URL of an attacker in the header",
            headed(ATTACKER, &own_url),
        ),
        (
            "the certificate of an attacker in the header",
            headed(ATTACKER, &own_certificate),
        ),
        ("another payload", format!("{head}.{admin}.{signature}")),
        (
            "another header",
            format!("{other_head}.{payload}.{signature}"),
        ),
        ("no signature", format!("{head}.{payload}.")),
        (
            "the signature of another token",
            signed("EdDSA", "ed", |_| ED.sign("other")),
        ),
        (
            "half a signature",
            signed("EdDSA", "ed", |text| ED.sign(text)[..32].into()),
        ),
        (
            "a signature with a byte more",
            signed("EdDSA", "ed", |text| [ED.sign(text), vec![0]].concat()),
        ),
        ("EdDSA, zeros", signed("EdDSA", "ed", |_| vec![0; 64])),
        ("ES256, zeros", signed("ES256", "ec", |_| vec![0; 64])),
        ("ES256, encoded as in X.509", signed("ES256", "ec", der)),
        ("RS256, zeros", signed("RS256", "rsa", |_| vec![0; 256])),
        (
            "RS256, the number one",
            signed("RS256", "rsa", |_| {
                let mut one = vec![0; 256];
                one[255] = 1;
                one
            }),
        ),
    ];
    for (name, token) in table {
        rejects(name, &token, InvalidToken::Signature);
    }
}

#[test]
fn rejects_a_token_whose_key_cannot_be_used() {
    let table = [
        (
            "no kid",
            json!({"alg": "EdDSA"}),
            InvalidToken::MissingKeyId,
        ),
        (
            "kid null",
            json!({"alg": "EdDSA", "kid": null}),
            InvalidToken::MissingKeyId,
        ),
        (
            "an empty kid",
            json!({"alg": "EdDSA", "kid": ""}),
            InvalidToken::MissingKeyId,
        ),
        (
            "a made-up kid",
            json!({"alg": "EdDSA", "kid": "ed2"}),
            InvalidToken::UnknownKeyId,
        ),
        (
            "kid in other case",
            json!({"alg": "EdDSA", "kid": "ED"}),
            InvalidToken::UnknownKeyId,
        ),
        (
            "a kid of two keys",
            json!({"alg": "EdDSA", "kid": "twice"}),
            InvalidToken::DuplicateKeyId,
        ),
        (
            "a key for encryption",
            json!({"alg": "EdDSA", "kid": "encryption"}),
            InvalidToken::UnknownKeyId,
        ),
        (
            "a key that only signs",
            json!({"alg": "EdDSA", "kid": "signing"}),
            InvalidToken::UnknownKeyId,
        ),
        (
            "a key of an unsupported algorithm",
            json!({"alg": "RS384", "kid": "rs384"}),
            InvalidToken::UnknownKeyId,
        ),
        (
            "a kid that is a number",
            json!({"alg": "EdDSA", "kid": 1}),
            InvalidToken::Malformed,
        ),
    ];
    for (name, header, expected) in table {
        rejects(name, &headed(ED, &header), expected);
    }
}

#[test]
fn rejects_a_header_with_extensions() {
    for crit in [
        json!(["exp"]),
        json!(["b64"]),
        json!([]),
        json!(null),
        json!("exp"),
    ] {
        let header = json!({"alg": "EdDSA", "kid": "ed", "crit": crit, "b64": false});
        rejects("crit", &headed(ED, &header), InvalidToken::Critical);
    }
}

#[test]
fn rejects_a_malformed_token() {
    let [head, payload, signature] = parts();
    let good = header(ED, "ed").to_string();
    let claims = access_claims().to_string();
    let table = [
        ("empty", String::new()),
        ("a word", "token".into()),
        ("dots", "..".into()),
        ("two parts", format!("{head}.{payload}")),
        (
            "four parts",
            format!("{head}.{payload}.{payload}.{signature}"),
        ),
        (
            "five parts, as a JWE",
            format!("{head}.{payload}.{payload}.{payload}.{signature}"),
        ),
        ("padding", format!("{head}.{payload}.{signature}==")),
        ("a line break", format!("{head}.{payload}.{signature}\n")),
        ("a space", format!(" {head}.{payload}.{signature}")),
        (
            "base64 of another alphabet",
            format!("{head}.{payload}.{}", "+/".repeat(43)),
        ),
        (
            "trailing bits",
            format!("{head}.{payload}.{}B", &signature[..85]),
        ),
        (
            "alg twice",
            ED.token(good.replacen('{', r#"{"alg":"none","#, 1), &claims),
        ),
        (
            "kid twice",
            ED.token(good.replacen('{', r#"{"kid":"ec","#, 1), &claims),
        ),
        ("no alg", headed(ED, &json!({"kid": "ed"}))),
        (
            "typ that is a list",
            headed(ED, &json!({"alg": "EdDSA", "kid": "ed", "typ": ["JWT"]})),
        ),
        (
            "a header that is an array",
            ED.token(r#"["EdDSA","ed"]"#, &claims),
        ),
        (
            "a header with text behind",
            ED.token(format!("{good} x"), &claims),
        ),
        (
            "a header that is not UTF-8",
            ED.token(
                b"{\"alg\":\"EdDSA\",\"kid\":\"ed\",\"x\":\"\xff\"}",
                &claims,
            ),
        ),
        (
            "a payload that is an array",
            ED.token(&good, format!("[{claims}]")),
        ),
        ("a payload that is not JSON", ED.token(&good, "claims")),
        (
            "a payload that is not UTF-8",
            ED.token(&good, b"{\"x\":\"\xff\"}"),
        ),
        ("an empty payload", ED.token(&good, "")),
        (
            "exp twice",
            ED.token(&good, claims.replacen('{', r#"{"exp":4102444800,"#, 1)),
        ),
        (
            "aud twice",
            ED.token(&good, claims.replacen('{', r#"{"aud":"other","#, 1)),
        ),
    ];
    for (name, token) in table {
        rejects(name, &token, InvalidToken::Malformed);
    }
}

#[test]
fn rejects_a_token_that_is_too_long() {
    let filler = "a".repeat(MAX_TOKEN_BYTES);
    let token = access_token(&json!({"filler": filler}));
    rejects("too long", &token, InvalidToken::TooLong);
    rejects(
        "at the limit",
        &"a".repeat(MAX_TOKEN_BYTES),
        InvalidToken::Malformed,
    );
    rejects(
        "beyond it",
        &"a".repeat(MAX_TOKEN_BYTES + 1),
        InvalidToken::TooLong,
    );
}

#[test]
fn rejects_claims_of_another_issuer_audience_or_time() {
    let table = [
        (json!({"iss": null}), InvalidToken::Issuer),
        (
            json!({"iss": "https://auth.example.com/"}),
            InvalidToken::Issuer,
        ),
        (
            json!({"iss": "https://AUTH.example.com"}),
            InvalidToken::Issuer,
        ),
        (json!({"iss": [ISSUER]}), InvalidToken::Issuer),
        (json!({"aud": null}), InvalidToken::Audience),
        (json!({"aud": ""}), InvalidToken::Audience),
        (json!({"aud": []}), InvalidToken::Audience),
        (
            json!({"aud": "https://api.example.com.attacker.example"}),
            InvalidToken::Audience,
        ),
        (
            json!({"aud": ["https://other.example.com"]}),
            InvalidToken::Audience,
        ),
        (json!({"aud": [AUDIENCE, 1]}), InvalidToken::Audience),
        (json!({"aud": {"a": AUDIENCE}}), InvalidToken::Audience),
        (json!({"exp": null}), InvalidToken::MissingExpiry),
        (json!({"exp": "4102444800"}), InvalidToken::MissingExpiry),
        (json!({"exp": true}), InvalidToken::MissingExpiry),
        (json!({"exp": -1}), InvalidToken::MissingExpiry),
        (json!({"exp": 1e300}), InvalidToken::MissingExpiry),
        (json!({"exp": u64::MAX}), InvalidToken::MissingExpiry),
        (json!({"exp": 0}), InvalidToken::Expired),
        (json!({"exp": 1_779_999_999}), InvalidToken::Expired),
        (json!({"exp": 1_780_000_000}), InvalidToken::Expired),
        (json!({"exp": 1_780_000_000.9}), InvalidToken::Expired),
        (json!({"nbf": 1_780_000_001}), InvalidToken::NotYetValid),
        (json!({"nbf": 1e300}), InvalidToken::NotYetValid),
        (json!({"nbf": "0"}), InvalidToken::NotYetValid),
        (json!({"sub": null}), InvalidToken::MissingSubject),
        (json!({"sub": ""}), InvalidToken::MissingSubject),
        (json!({"sub": 7}), InvalidToken::MissingSubject),
    ];
    for (members, expected) in table {
        rejects(&members.to_string(), &access_token(&members), expected);
    }
}

#[test]
fn accepts_the_tokens_that_the_forged_ones_are_made_of() {
    for (key, kid) in [(Key::Rsa, "rsa"), (Key::P256, "ec"), (ED, "ed")] {
        for keys in [keys(), oauth()] {
            let token = headed(key, &header(key, kid));
            let verified = keys.verify_access_token(&token, now()).unwrap();
            assert_eq!(verified.subject(), "user_1");
        }
    }
    let renamed = json!({"alg": "Ed25519", "kid": "ed"});
    keys()
        .verify_access_token(&headed(ED, &renamed), now())
        .unwrap();
}
