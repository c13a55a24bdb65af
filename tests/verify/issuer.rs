//! An issuer of tokens: its keys, its JWKS and its signatures.

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use serde_json::{Value, json};
use workos_login::http::Response;
use workos_login::keys::KeySet;
use workos_login::{Client, Exchange, OAuth, Public, Server};

pub(crate) const CLIENT_ID: &str = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
pub(crate) const ISSUER: &str = "https://auth.example.com";
pub(crate) const AUDIENCE: &str = "https://api.example.com";

/// A key pair, by its algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// Keys from different seeds are different.
    Ed25519(u8),
    P256,
    Rsa,
}

pub(crate) fn now() -> SystemTime {
    UNIX_EPOCH + secs(1_780_000_000)
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn rsa() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    // The mock server's key, which is public on purpose.
    let der = include_bytes!("../server/src/public_knowledge_1.der");
    KEY.get_or_init(|| RsaKeyPair::from_der(der).unwrap())
}

fn p256() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap()
    })
}

fn ed25519(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

impl Key {
    pub(crate) fn alg(self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256 => "ES256",
            Self::Rsa => "RS256",
        }
    }

    /// Returns the public key as a JWK.
    pub(crate) fn jwk(self, kid: &str) -> Value {
        let mut jwk = match self {
            Self::Ed25519(seed) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": encode(ed25519(seed).public_key())})
            }
            Self::P256 => {
                let (x, y) = p256().public_key().as_ref()[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Self::Rsa => {
                let key = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(rsa().public());
                json!({"kty": "RSA", "n": encode(key.n), "e": encode(key.e)})
            }
        };
        jwk["kid"] = kid.into();
        jwk["alg"] = self.alg().into();
        jwk["use"] = "sig".into();
        jwk
    }

    pub(crate) fn sign(self, signed: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ed25519(seed) => ed25519(seed).sign(signed.as_bytes()).as_ref().into(),
            Self::P256 => p256()
                .sign(&random, signed.as_bytes())
                .unwrap()
                .as_ref()
                .into(),
            Self::Rsa => {
                let mut signature = vec![0; rsa().public().modulus_len()];
                rsa()
                    .sign(
                        &RSA_PKCS1_SHA256,
                        &random,
                        signed.as_bytes(),
                        &mut signature,
                    )
                    .unwrap();
                signature
            }
        }
    }

    /// Returns a compact JWS of any header and payload.
    pub(crate) fn token(self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let signature = encode(self.sign(&signed));
        format!("{signed}.{signature}")
    }
}

/// The header of a token with the `typ` that most servers send.
pub(crate) fn header(key: Key, kid: &str) -> Value {
    json!({"alg": key.alg(), "typ": "JWT", "kid": kid})
}

/// The claims of an access token of the OAuth server.
pub(crate) fn access_claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "user_1", "iat": 1_780_000_000, "exp": 1_780_000_300, "client_id": "client_app"})
}

/// The claims of an ID token of the OAuth server.
pub(crate) fn id_claims() -> Value {
    json!({"iss": ISSUER, "aud": CLIENT_ID, "sub": "user_1", "iat": 1_780_000_000, "exp": 1_780_000_300, "email": "user@example.com"})
}

/// Returns `claims` with other members; `null` removes one.
pub(crate) fn with(mut claims: Value, members: &Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

pub(crate) fn oauth_client() -> Client<OAuth> {
    let endpoint = |path: &str| format!("{ISSUER}/{path}").parse().unwrap();
    let server = Server::new(ISSUER, &endpoint("authorize"), &endpoint("token"))
        .unwrap()
        .jwks_uri(&endpoint("jwks"))
        .unwrap();
    Client::oauth(CLIENT_ID.parse().unwrap(), server)
}

pub(crate) fn workos_client() -> Client<Public> {
    Client::public(CLIENT_ID.parse().unwrap())
}

pub(crate) fn response(jwks: &(impl ToString + ?Sized)) -> Response<Vec<u8>> {
    Response::builder()
        .header("content-type", "application/json")
        .body(jwks.to_string().into_bytes())
        .unwrap()
}

/// Fetches these keys.
pub(crate) fn load(mut keys: KeySet, jwks: &Value, now: SystemTime) -> KeySet {
    keys.fetch(now).response(response(jwks), now).unwrap()
}

/// The key set of the OAuth server, with one key of each algorithm: `rsa`, `ec` and `ed`.
pub(crate) fn oauth() -> KeySet {
    let jwks = json!({"keys": [
        Key::Rsa.jwk("rsa"),
        Key::P256.jwk("ec"),
        Key::Ed25519(1).jwk("ed"),
    ]});
    load(oauth_client().key_set(AUDIENCE).unwrap(), &jwks, now())
}

/// The key set of User Management, with the keys `rsa` and, not to be used, `ec` and `ed`.
pub(crate) fn workos() -> KeySet {
    let jwks = json!({"keys": [
        Key::Rsa.jwk("rsa"),
        Key::P256.jwk("ec"),
        Key::Ed25519(1).jwk("ed"),
    ]});
    load(workos_client().key_set(), &jwks, now())
}

/// An access token of the OAuth server with other claims.
pub(crate) fn access_token(members: &Value) -> String {
    let claims = with(access_claims(), members).to_string();
    Key::Ed25519(1).token(header(Key::Ed25519(1), "ed").to_string(), claims)
}

/// An ID token of the OAuth server with other claims.
pub(crate) fn id_token(members: &Value) -> String {
    let claims = with(id_claims(), members).to_string();
    Key::Ed25519(1).token(header(Key::Ed25519(1), "ed").to_string(), claims)
}

/// A token of User Management with these claims beside `sub` and `exp`.
pub(crate) fn workos_token(members: &Value) -> String {
    let claims = with(json!({"sub": "user_1", "exp": 1_780_000_300}), members).to_string();
    Key::Rsa.token(header(Key::Rsa, "rsa").to_string(), claims)
}
