//! The issuer: its token, its keys, and both HTTP clients, which fetch the keys without a network.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request, Response, StatusCode};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use workos::transport::{HttpRequest, HttpResponse, HttpTransport, TransportError};
use workos_login::{BlockingHttpClient, ExchangeLimits};

pub(crate) const CLIENT_ID: &str = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
pub(crate) const USER_ID: &str = "user_01KRD61NFP1TMK7DSQQ9C3Z534";
/// The key that signs before the rotation, and the one after it.
pub(crate) const KEY_IDS: [&str; 2] = ["key_old", "key_new"];

/// A key of the mock server, which is public on purpose. Both key IDs have it.
const KEY: &[u8] = include_bytes!("../../../tests/server/src/public_knowledge_1.der");
/// The time of a fetch.
const FETCH: Duration = Duration::from_millis(2);

/// An issuer that publishes its new key at a time, with a clock that a benchmark advances.
pub(crate) struct Issuer {
    /// Milliseconds after the beginning.
    clock: AtomicU64,
    published_at: u64,
    fetches: AtomicUsize,
}

impl Issuer {
    /// Makes an issuer that publishes the new key so many milliseconds after the beginning.
    pub(crate) fn new(published_at: u64) -> Self {
        Self {
            clock: AtomicU64::new(0),
            published_at,
            fetches: AtomicUsize::new(0),
        }
    }

    pub(crate) fn advance_to(&self, millis: u64) {
        self.clock.fetch_max(millis, Ordering::SeqCst);
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn jwks(&self) -> Vec<u8> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let is_published = self.clock.load(Ordering::SeqCst) >= self.published_at;
        std::thread::sleep(FETCH);
        let keys: Vec<_> = KEY_IDS[..1 + usize::from(is_published)]
            .iter()
            .map(|id| jwk(id))
            .collect();
        json!({"keys": keys}).to_string().into_bytes()
    }
}

impl BlockingHttpClient for &Issuer {
    type Error = io::Error;

    fn execute(&self, _: Request<Vec<u8>>, _: ExchangeLimits) -> io::Result<Response<Vec<u8>>> {
        let builder = Response::builder().header("content-type", "application/json");
        builder.body(self.jwks()).map_err(io::Error::other)
    }

    fn now(&self) -> SystemTime {
        // The claims of the token have no `nbf`, so the beginning is any time before its expiry.
        UNIX_EPOCH + Duration::from_millis(1_780_000_000_000 + self.clock.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl HttpTransport for Issuer {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
        Ok(HttpResponse {
            status: StatusCode::OK,
            headers: http::HeaderMap::new(),
            body: self.jwks().into(),
        })
    }
}

fn key() -> RsaKeyPair {
    RsaKeyPair::from_der(KEY).expect("the mock server signs with this key")
}

pub(crate) fn jwk(id: &str) -> Value {
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key().public());
    json!({
        "alg": "RS256", "kty": "RSA", "use": "sig", "kid": id,
        "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
    })
}

/// Returns an access token of 600 bytes of claims, which expires in the year 2100.
pub(crate) fn token(key_id: &str) -> String {
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": key_id}).to_string();
    let claims = json!({
        "iss": "https://api.workos.com", "sub": USER_ID, "sid": "session_01KRD61NHJ1TMK7DSQQ9C3Z535",
        "aud": CLIENT_ID, "client_id": CLIENT_ID, "jti": "01KRD61NHK1TMK7DSQQ9C3Z536",
        "iat": 1_780_000_000, "exp": 4_102_444_800_u64, "auth_time": 1_779_999_970,
        "org_id": "org_01KEPGSE9RM77V5PXS4ANVE3N7", "role": "admin", "roles": ["admin", "billing"],
        "permissions": ["reports:read", "reports:write", "members:manage", "billing:read"],
        "entitlements": ["audit-logs", "sso"], "feature_flags": ["new-dashboard"],
    });
    let signed = [header, claims.to_string()]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let key = key();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .expect("the buffer has the length of the modulus");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
