//! The examples of RFC 7517 and RFC 7519. The signatures of RFC 7515 and RFC 8037 are tested with each backend.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use workos_login::keys::{InvalidToken, KeySet, VerifyError};

use crate::issuer::{Key, encode, header, load, now, workos_client};

/// RFC 7517 appendix A.1: a key for encryption, and one for signatures.
const PUBLIC_KEYS: &str = r#"{"keys": [
    {"kty": "EC", "crv": "P-256",
     "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
     "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
     "use": "enc", "kid": "1"},
    {"kty": "RSA",
     "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw",
     "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}]}"#;

/// RFC 7517 appendix A.3: the symmetric key of RFC 7519 section 3.1.
const HMAC_KEY_ID: &str = "HMAC key used in JWS spec Appendix A.1 example";
const HMAC_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// RFC 7519 section 3.1.
const CLAIMS: &str =
    "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";
const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// RFC 7519 section 6.1.
const UNSECURED: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn error(keys: &KeySet, token: &str, now: SystemTime) -> InvalidToken {
    match keys.verify_access_token(token, now).unwrap_err() {
        VerifyError::Invalid(invalid) => invalid,
        error @ VerifyError::KeysRequired { .. } => panic!("{error}"),
    }
}

#[test]
fn rfc_7517_a_key_for_signatures_is_used() {
    let mut jwks: Value = serde_json::from_str(PUBLIC_KEYS).unwrap();
    let symmetric = json!({"kty": "oct", "k": HMAC_KEY, "kid": HMAC_KEY_ID});
    jwks["keys"].as_array_mut().unwrap().push(symmetric);
    let keys = load(workos_client().key_set(), &jwks, now());
    for (kid, expected) in [
        ("2011-04-29", InvalidToken::Signature),
        ("1", InvalidToken::UnknownKeyId),
        (HMAC_KEY_ID, InvalidToken::UnknownKeyId),
    ] {
        let token = Key::Rsa.token(header(Key::Rsa, kid).to_string(), CLAIMS);
        assert_eq!(error(&keys, &token, now()), expected, "{kid}");
    }
}

/// The key set of the issuer `joe`, with the RSA key of the tests.
fn joe() -> KeySet {
    let keys = workos_client().key_set().issuer("joe");
    load(
        keys,
        &json!({"keys": [Key::Rsa.jwk("rsa")]}),
        at(1_300_819_370),
    )
}

#[test]
fn rfc_7519_the_example_expires_at_its_exp() {
    let claims = CLAIMS.replacen('{', r#"{"sub":"joe","#, 1);
    let token = Key::Rsa.token(header(Key::Rsa, "rsa").to_string(), claims);
    let verified = joe()
        .verify_access_token(&token, at(1_300_819_379))
        .unwrap();
    assert_eq!(verified.issuer(), Some("joe"));
    assert_eq!(verified.expires_in(at(1_300_819_379)).as_secs(), 1);
    let claims: Value = verified.claims().unwrap();
    assert_eq!(claims["http://example.com/is_root"], true);
    let expired = error(&joe(), &token, at(1_300_819_380));
    assert_eq!(expired, InvalidToken::Expired);
    // As it is, the example tells no subject.
    let token = Key::Rsa.token(header(Key::Rsa, "rsa").to_string(), CLAIMS);
    let invalid = error(&joe(), &token, at(1_300_819_379));
    assert_eq!(invalid, InvalidToken::MissingSubject);
}

#[test]
fn rfc_7519_a_token_with_a_symmetric_key_or_without_a_key_is_rejected() {
    let payload = encode(CLAIMS);
    for (token, alg) in [(HS256, "HS256"), (UNSECURED, "none")] {
        assert_eq!(token.split('.').nth(1), Some(&*payload));
        let invalid = error(&joe(), token, at(1_300_819_379));
        assert_eq!(invalid, InvalidToken::MissingKeyId);
        // Also if the header names the key of the issuer.
        let header = encode(json!({"alg": alg, "kid": "rsa"}).to_string());
        let (_, rest) = token.split_once('.').unwrap();
        let invalid = error(&joe(), &format!("{header}.{rest}"), at(1_300_819_379));
        assert_eq!(invalid, InvalidToken::Algorithm);
    }
}
