//! Any JWKS is read or rejected, and any header and payload, signed by a key of the issuer, is not accepted as two kinds of token.
//!
//! The input is three lines: a JWKS (the default one if the line is empty), a header and a payload. A fourth replaces the whole token.
#![no_main]

use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Response;
use libfuzzer_sys::fuzz_target;
use ring::signature::{Ed25519KeyPair, KeyPair};
use workos_login::keys::{KeySet, VerifyError};
use workos_login::limits::MAX_TOKEN_BYTES;
use workos_login::{Client, Exchange, Server};
use workos_login_fuzz::now;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(4, '\n');
    let jwks = lines.next().unwrap_or_default();
    let header = lines.next().unwrap_or_default();
    let payload = lines.next().unwrap_or_default();
    let whole_token = lines.next();
    let signed = format!("{}.{}", base64url(header), base64url(payload));
    let signature = base64url(key().sign(signed.as_bytes()));
    let token = format!("{signed}.{signature}");
    let default = default_jwks();
    let jwks = if jwks.is_empty() { &default } else { jwks };

    let Some(keys) = load(oauth(), jwks) else {
        return;
    };
    verify(&keys, &token, true);
    for keys in [load(oauth(), &default), load(workos(), &default)] {
        let keys = keys.expect("the default JWKS");
        verify(&keys, &token, true);
        if let Some(token) = whole_token {
            verify(&keys, token, false);
        }
    }
});

fn verify(keys: &KeySet, token: &str, is_signed: bool) {
    let access = keys.verify_access_token(token, now());
    let id = keys.verify_id_token(token, now());
    assert!(access.is_err() || id.is_err(), "accepted as both");
    if let Ok(user) = &access {
        let _ = format!("{user:?}");
        assert!(is_signed, "accepted without a signature of the issuer");
        assert!(token.len() <= MAX_TOKEN_BYTES);
        assert!(!user.subject().is_empty());
        assert!(!user.expires_in(now()).is_zero());
    }
    if let Ok(user) = &id {
        assert!(is_signed, "accepted without a signature of the issuer");
        assert!(!user.subject().is_empty());
    }
    if let Err(error) = access {
        let _ = error.to_string();
        // The keys were fetched at this moment, so an unknown key is invalid, unless there are none.
        if let VerifyError::KeysRequired { fetch_in } = error {
            assert!(!fetch_in.is_zero());
        }
    }
}

fn load(mut keys: KeySet, jwks: &str) -> Option<KeySet> {
    let response = Response::builder()
        .header("content-type", "application/jwk-set+json")
        .body(jwks)
        .expect("a response");
    keys.fetch(now()).response(response, now()).ok()
}

fn oauth() -> KeySet {
    let url = |path: &str| {
        format!("https://auth.example.com/{path}")
            .parse()
            .expect("a URL")
    };
    let server = Server::new("https://auth.example.com", &url("authorize"), &url("token"))
        .and_then(|server| server.jwks_uri(&url("jwks")))
        .expect("a server");
    let client = Client::oauth("client_01".parse().expect("a client ID"), server);
    client
        .key_set("https://api.example.com")
        .expect("a server with a JWKS URI")
}

fn workos() -> KeySet {
    workos_login_fuzz::client().key_set()
}

fn key() -> &'static Ed25519KeyPair {
    static KEY: OnceLock<Ed25519KeyPair> = OnceLock::new();
    KEY.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&[1; 32]).expect("a seed of 32 bytes"))
}

fn default_jwks() -> String {
    let x = base64url(key().public_key());
    format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"key","x":"{x}"}}]}}"#)
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
