//! Access tokens: RS256 with one key that is part of the source.
//!
//! The private key is public knowledge on purpose. A token made with it proves nothing, and a
//! program that trusts this key trusts everybody who can download this crate.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Map, Value, json};

use crate::clock::unix_seconds;
use crate::config::Config;
use crate::ids::ulid;
use crate::session::Session;

/// The key's name in token headers and in the key set.
pub(crate) const KEY_ID: &str = "key_01K1PVB11CKN0W1EDGE0000000";

/// An RSA key of 2048 bits in PKCS#1 form, made once with openssl for this crate alone.
const PRIVATE_KEY: &[u8] = include_bytes!("public_knowledge.der");

pub(crate) struct Signer {
    key: KeyPair,
    random: SystemRandom,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let key = KeyPair::from_der(PRIVATE_KEY)
            .expect("the key is part of the source and was checked by the tests");
        Self {
            key,
            random: SystemRandom::new(),
        }
    }

    /// A compact JWS over the claims.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> String {
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID}).to_string();
        let claims = Value::Object(claims.clone()).to_string();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &self.random,
                signed.as_bytes(),
                &mut signature,
            )
            .expect("the buffer has the length of the modulus");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The key set that verifies every token of this server.
    pub(crate) fn key_set(&self) -> Value {
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.key.public_key());
        json!({"keys": [{
            "alg": "RS256", "kty": "RSA", "use": "sig", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        }]})
    }
}

/// The claims of an access token for the session, as the service issues them and as configured.
pub(crate) fn claims(config: &Config, session: &Session, now: SystemTime) -> Map<String, Value> {
    let issued = unix_seconds(now).saturating_add(config.token_skew);
    let life = i64::try_from(config.access_token_lifetime.as_secs()).unwrap_or(i64::MAX);
    let mut claims = Map::new();
    claims.insert("iss".into(), config.issuer.clone().into());
    claims.insert("sub".into(), session.user_id.clone().into());
    claims.insert("sid".into(), session.id.clone().into());
    claims.insert("jti".into(), ulid(now).into());
    claims.insert("exp".into(), issued.saturating_add(life).into());
    claims.insert("iat".into(), issued.into());
    claims.insert("aud".into(), session.client_id.clone().into());
    claims.insert("client_id".into(), session.client_id.clone().into());
    claims.insert(
        "auth_time".into(),
        unix_seconds(session.signed_in_at).into(),
    );
    if let Some(organization) = &session.organization_id {
        claims.insert("org_id".into(), organization.clone().into());
        let user = config.user(&session.user_id);
        if let Some(membership) = user.and_then(|user| user.membership(organization)) {
            claims.insert("role".into(), membership.role.clone().into());
            claims.insert("roles".into(), vec![membership.role.clone()].into());
            if !membership.permissions.is_empty() {
                claims.insert("permissions".into(), membership.permissions.clone().into());
            }
        }
    }
    for (name, value) in &config.claims {
        match value {
            Some(value) => claims.insert(name.clone(), value.clone()),
            None => claims.remove(name),
        };
    }
    claims
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn a_token_verifies_with_the_key_set() {
        let signer = Signer::new();
        let token = signer.sign(&Map::from_iter([("sub".to_owned(), "user_x".into())]));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let keys = signer.key_set();
        let part = |name| {
            URL_SAFE_NO_PAD
                .decode(keys["keys"][0][name].as_str().unwrap())
                .unwrap()
        };
        let public = RsaPublicKeyComponents {
            n: part("n"),
            e: part("e"),
        };
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
            .unwrap();
        assert!(
            public
                .verify(&RSA_PKCS1_2048_8192_SHA256, b"another text", &signature)
                .is_err()
        );
    }
}
