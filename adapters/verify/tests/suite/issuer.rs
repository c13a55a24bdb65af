//! An issuer without a network: it answers fetches when the test allows it.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_lock::Semaphore;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use workos_login::http::header::{AUTHORIZATION, HeaderMap};
use workos_login::http::{Request, Response};
use workos_login::keys::KeySet;
use workos_login::limits::KEYS_TIMEOUT;
use workos_login::{BlockingHttpClient, BoxFuture, Client, ExchangeLimits, HttpClient, Server};

const ISSUER: &str = "https://auth.example.com";
const AUDIENCE: &str = "https://api.example.com";

/// The issuer and the clock. Clones share them.
#[derive(Clone)]
pub(crate) struct Issuer(Arc<Inner>);

struct Inner {
    now: Mutex<SystemTime>,
    key_ids: Mutex<Vec<&'static str>>,
    answer: Mutex<Answer>,
    fetches: AtomicUsize,
    /// A fetch of an [`HttpClient`] takes a permit.
    permits: Semaphore,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Jwks,
    Panic,
    Status(u16),
    TransportError,
}

impl Issuer {
    /// An issuer with the key `key`, which answers as many fetches.
    pub(crate) fn new(permits: usize) -> Self {
        Self(Arc::new(Inner {
            now: Mutex::new(UNIX_EPOCH + secs(1_780_000_000)),
            key_ids: Mutex::new(vec!["key"]),
            answer: Mutex::new(Answer::Jwks),
            fetches: AtomicUsize::new(0),
            permits: Semaphore::new(permits),
        }))
    }

    pub(crate) fn keys() -> KeySet {
        let endpoint = |path: &str| format!("{ISSUER}/{path}").parse().unwrap();
        let server = Server::new(ISSUER, &endpoint("authorize"), &endpoint("token"))
            .unwrap()
            .jwks_uri(&endpoint("jwks"))
            .unwrap();
        let client = Client::oauth("client_app".parse().unwrap(), server);
        client.key_set(AUDIENCE).unwrap()
    }

    pub(crate) fn advance(&self, time: Duration) {
        *self.0.now.lock().unwrap() += time;
    }

    pub(crate) fn publish(&self, key_id: &'static str) {
        self.0.key_ids.lock().unwrap().push(key_id);
    }

    pub(crate) fn answer(&self, answer: Answer) {
        *self.0.answer.lock().unwrap() = answer;
    }

    /// Lets one more fetch be answered.
    pub(crate) fn permit(&self) {
        self.0.permits.add_permits(1);
    }

    pub(crate) fn fetches(&self) -> usize {
        self.0.fetches.load(Ordering::SeqCst)
    }

    fn now(&self) -> SystemTime {
        *self.0.now.lock().unwrap()
    }

    fn respond(&self, request: &Request<Vec<u8>>) -> io::Result<Response<Vec<u8>>> {
        assert_eq!(request.uri(), "https://auth.example.com/jwks");
        let answer = *self.0.answer.lock().unwrap();
        match answer {
            Answer::Jwks => {
                let keys: Vec<_> = self
                    .0
                    .key_ids
                    .lock()
                    .unwrap()
                    .iter()
                    .map(|id| jwk(id))
                    .collect();
                let body = json!({"keys": keys}).to_string().into_bytes();
                let builder = Response::builder().header("content-type", "application/json");
                Ok(builder.body(body).unwrap())
            }
            Answer::Panic => panic!("the HTTP client panics"),
            Answer::Status(status) => {
                Ok(Response::builder().status(status).body(Vec::new()).unwrap())
            }
            Answer::TransportError => Err(io::Error::other("no network")),
        }
    }
}

impl HttpClient for Issuer {
    type Error = io::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, io::Result<Response<Vec<u8>>>> {
        assert_eq!(limits.timeout, KEYS_TIMEOUT);
        self.0.fetches.fetch_add(1, Ordering::SeqCst);
        Box::pin(async move {
            self.0.permits.acquire().await.forget();
            self.respond(&request)
        })
    }

    fn now(&self) -> SystemTime {
        self.now()
    }
}

impl BlockingHttpClient for Issuer {
    type Error = io::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        _: ExchangeLimits,
    ) -> io::Result<Response<Vec<u8>>> {
        self.0.fetches.fetch_add(1, Ordering::SeqCst);
        // Others have time to come while the fetch is in flight; the test does not depend on it.
        std::thread::yield_now();
        self.respond(&request)
    }

    fn now(&self) -> SystemTime {
        self.now()
    }
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap()
}

fn jwk(key_id: &str) -> serde_json::Value {
    let x = URL_SAFE_NO_PAD.encode(key().public_key());
    json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key_id})
}

pub(crate) fn token(key_id: &str) -> String {
    let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": key_id}).to_string();
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "user_1", "exp": 4_102_444_800_u64})
        .to_string();
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let signature = URL_SAFE_NO_PAD.encode(key().sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

pub(crate) fn headers(token: &str) -> HeaderMap {
    let value = format!("Bearer {token}").parse().unwrap();
    [(AUTHORIZATION, value)].into_iter().collect()
}
