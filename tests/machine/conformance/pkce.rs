//! Proof Key for Code Exchange.

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use workos_login::rand_core::{TryCryptoRng, TryRng};
use workos_login::{AwaitingCallback, Exchange};

use crate::conformance::{
    VSCHAR, authorization_urls, begun_with, only, requests, significant_bits,
};
use crate::oauth;
use crate::scenario::{
    CODE_CHALLENGE, CODE_VERIFIER, Scenario, begin, body, fixture, now, real_callback, refusal,
    response, stored,
};

/// A generator of these bytes, in one call.
pub(super) struct Fixed(pub(super) [u8; 66]);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("the bytes are generated in one call")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("the bytes are generated in one call")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

/// A member of the stored form of a pending login.
fn text(pending: &AwaitingCallback, member: &str) -> String {
    let form: Value = serde_json::from_str(&stored(pending)).unwrap();
    form[member].as_str().unwrap().to_owned()
}

/// A pending login with another code verifier.
fn with_code_verifier(verifier: &str) -> Result<AwaitingCallback, serde_json::Error> {
    let form = stored(&Scenario::public().to_awaiting_callback());
    let mut form: Value = serde_json::from_str(&form).unwrap();
    form["code_verifier"] = verifier.into();
    serde_json::from_value(form)
}

#[test]
fn c10_sends_a_code_challenge_with_every_authorization_request() {
    for url in authorization_urls() {
        assert_eq!(only(&url, "code_challenge"), CODE_CHALLENGE);
    }
}

#[test]
fn c11_uses_s256_only() {
    for url in authorization_urls() {
        assert_eq!(only(&url, "code_challenge_method"), "S256");
    }
}

#[test]
fn c12_a_code_verifier_is_43_to_128_unreserved_characters() {
    for (length, valid) in [(42, false), (43, true), (128, true), (129, false)] {
        assert_eq!(with_code_verifier(&"a".repeat(length)).is_ok(), valid);
    }
    for character in VSCHAR.chars().chain(['é', '\n', '\0']) {
        let text = format!("{}{character}", "a".repeat(42 + character.len_utf8() - 1));
        let unreserved = character.is_ascii_alphanumeric() || "-._~".contains(character);
        assert_eq!(
            with_code_verifier(&text).is_ok(),
            unreserved,
            "{character:?}"
        );
    }
    let sent = with_code_verifier(&"-._~".repeat(32)).unwrap();
    let exchanging = sent.accept(&Scenario::public().client, real_callback(), now());
    assert_eq!(
        body(&exchanging.unwrap().request())["code_verifier"],
        "-._~".repeat(32)
    );
}

#[test]
fn c13_a_code_verifier_has_at_least_256_random_bits() {
    let bits = significant_bits(|pending| text(pending, "code_verifier"));
    assert!(bits >= 256, "{bits}");
}

#[test]
fn c18_a_state_has_at_least_128_random_bits() {
    let bits = significant_bits(|pending| text(pending, "state"));
    assert!(bits >= 128, "{bits}");
}

#[test]
fn c15_computes_the_example_of_rfc_7636_appendix_b() {
    let example = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let bytes = URL_SAFE_NO_PAD.decode(format!("{example}A")).unwrap();
    let mut random = [0; 66];
    random[33..].copy_from_slice(&bytes);
    let (url, pending) = begun_with(random);
    assert_eq!(text(&pending, "code_verifier"), example);
    assert_eq!(
        only(&url, "code_challenge"),
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    );
}

#[test]
fn c16_never_falls_back_to_plain() {
    for (status, refused) in [
        (400, fixture("error_oauth_invalid_grant_code.json")),
        (400, fixture("error_oauth_pkce_not_supported.json")),
        (400, fixture("error_plain_code_challenge_not_found.json")),
        (400, fixture("error_oauth_invalid_request.json")),
        (503, String::new()),
    ] {
        let scenario = Scenario::public();
        let (exchanging, _) = refusal(scenario.to_exchanging(), response(status, refused));
        assert_eq!(body(&exchanging.request())["code_verifier"], CODE_VERIFIER);
        let (url, _) = begin(scenario.to_start());
        assert_eq!(only(&url, "code_challenge_method"), "S256");
    }
}

#[test]
fn c17_sends_the_code_verifier_only_to_the_token_endpoint_over_tls() {
    let mut sent = Vec::new();
    for (name, request) in requests() {
        let text = format!("{request:?} {}", String::from_utf8_lossy(request.body()));
        if text.contains(CODE_VERIFIER) {
            sent.push((name, request.uri().to_string()));
        }
    }
    let workos = "https://api.workos.com/user_management/authenticate".to_owned();
    let token = format!("{}/oauth2/token", oauth::ISSUER);
    assert_eq!(
        sent,
        [
            ("public code", workos.clone()),
            ("oauth code", token),
            ("confidential code", workos),
        ]
    );
}
