//! The verifiers, each as a function of a token.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use workos::helpers::{SessionData, seal_session};
use workos_login::Client;
use workos_login::keys::KeySet;

use crate::issuer::{CLIENT_ID, Issuer, jwk};

const PASSWORD: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// Returns a key set of this library without keys.
pub(crate) fn key_set() -> KeySet {
    let id = CLIENT_ID.parse().expect("a client ID");
    Client::public(id).key_set()
}

/// The claims that `jsonwebtoken` alone reads: those of this library.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading them is the work")]
pub(crate) struct Claims {
    sub: Box<str>,
    iss: Option<Box<str>>,
    aud: Option<Box<str>>,
    jti: Option<Box<str>>,
    client_id: Option<Box<str>>,
    sid: Option<Box<str>>,
    org_id: Option<Box<str>>,
    role: Option<Box<str>>,
    roles: Vec<Box<str>>,
    permissions: Vec<Box<str>>,
    entitlements: Vec<Box<str>>,
    feature_flags: Vec<Box<str>>,
    auth_time: Option<u64>,
}

/// `jsonwebtoken` with the key and the rules prepared.
pub(crate) struct JsonWebToken {
    key: DecodingKey,
    validation: Validation,
}

impl JsonWebToken {
    pub(crate) fn new() -> Self {
        let jwk = serde_json::from_value(jwk("key_old")).expect("a JWK");
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.validate_aud = false;
        validation.leeway = 0;
        Self {
            key: DecodingKey::from_jwk(&jwk).expect("an RSA key"),
            validation,
        }
    }

    pub(crate) fn verify(&self, token: &str) -> Option<Claims> {
        let decoded = jsonwebtoken::decode(token, &self.key, &self.validation);
        Some(decoded.ok()?.claims)
    }
}

/// `workos`, which verifies the access token of a sealed session.
pub(crate) struct WorkOs(workos::Client);

impl WorkOs {
    pub(crate) fn new(issuer: Arc<Issuer>) -> Self {
        let client = workos::Client::builder().client_id(CLIENT_ID);
        Self(client.transport(issuer).build())
    }

    pub(crate) fn verify(&self, sealed: &str) -> bool {
        block_on(self.0.session(sealed, PASSWORD).authenticate()).authenticated
    }
}

/// Seals a session with this access token and no user.
pub(crate) fn sealed(token: &str) -> String {
    let session = SessionData {
        access_token: token.to_owned().into(),
        refresh_token: "refresh_token".to_owned().into(),
        user: None,
        impersonator: None,
    };
    seal_session(&session, PASSWORD).expect("the password is a key in hexadecimal digits")
}

/// Runs a future on this thread, which sleeps until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
