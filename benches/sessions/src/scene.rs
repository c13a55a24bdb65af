//! The session of all contenders: a token response with a signed access token, and a service in memory that sends it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Value, json};
use workos_login_axum::workos_login::http::{Request, Response};
use workos_login_axum::workos_login::{BoxFuture, ExchangeLimits, HttpClient};

pub(crate) const CLIENT_ID: &str = "client_01KNSDWF9DQP23M7WQGY8FE2N1";
const KEY_ID: &str = "sso_oidc_key_pair_1";
/// A private key that is public on purpose.
const PRIVATE_KEY: &[u8] = include_bytes!("../../../tests/server/src/public_knowledge_1.der");
const RESPONSE: &str = include_str!("../../../tests/data/wire/success_full.json");
const CLAIMS: &str = include_str!("../../../tests/data/wire/jwt_claims_full.json");

/// A service in memory.
#[derive(Clone)]
pub(crate) struct Service(Arc<Tokens>);

pub(crate) struct Tokens {
    pub(crate) response: Value,
    pub(crate) jwks: Value,
}

impl Service {
    pub(crate) fn new() -> Self {
        let key = KeyPair::from_der(PRIVATE_KEY).expect("the key is part of the source");
        let mut response: Value = serde_json::from_str(RESPONSE).expect("a fixture is JSON");
        let mut claims: Value = serde_json::from_str(CLAIMS).expect("a fixture is JSON");
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.expect("the clock is later than 1970").as_secs();
        claims["iat"] = now.into();
        // Longer than a run, and not due within it.
        claims["exp"] = (now + 24 * 3600).into();
        claims["sub"] = response["user"]["id"].clone();
        claims["org_id"] = response["organization_id"].clone();
        response["access_token"] = sign(&key, &claims).into();
        if let Some(members) = response.as_object_mut() {
            // The other libraries do not keep them.
            members.remove("oauth_tokens");
            members.remove("authkit_authorization_code");
            members.remove("impersonator");
        }
        let jwks = jwks(&key);
        Self(Arc::new(Tokens { response, jwks }))
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0
    }
}

impl HttpClient for Service {
    type Error = Infallible;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        _: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Infallible>> {
        let body = match request.uri().path().contains("/jwks/") {
            true => &self.0.jwks,
            false => &self.0.response,
        };
        let response = Response::builder().header("content-type", "application/json");
        let response = response.body(body.to_string().into_bytes());
        Box::pin(async { Ok(response.expect("the header is valid")) })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

fn sign(key: &KeyPair, claims: &Value) -> String {
    let header = json!({"alg": "RS256", "kid": KEY_ID}).to_string();
    let [header, claims] = [header, claims.to_string()].map(|part| URL_SAFE_NO_PAD.encode(part));
    let signed = format!("{header}.{claims}");
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

fn jwks(key: &KeyPair) -> Value {
    let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(key.public_key());
    let [n, e] = [public.n, public.e].map(|part| URL_SAFE_NO_PAD.encode(part));
    json!({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KEY_ID, "n": n, "e": e}]})
}
