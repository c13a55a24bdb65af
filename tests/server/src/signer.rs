//! [`Signer`]: signatures of access tokens, by a private key that is part of the source.
//!
//! The private key is public on purpose. A signature of it proves nothing: whoever downloads this
//! crate can make one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Map, Value, json};

use crate::ids::KEY_ID;

/// An RSA key of 2048 bits in PKCS#1 form, generated with OpenSSL for this crate.
const PRIVATE_KEY: &[u8] = include_bytes!("public_knowledge.der");

pub(crate) struct Signer {
    key: KeyPair,
    random: SystemRandom,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let key = KeyPair::from_der(PRIVATE_KEY)
            .expect("the key is part of the source, and a test parses it");
        Self {
            key,
            random: SystemRandom::new(),
        }
    }

    /// Returns a compact JWS over the claims, signed with RS256.
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
            .expect("the buffer has the length of the modulus, and the system has a random number generator");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the JWKS that verifies every token of this server.
    pub(crate) fn jwks(&self) -> Value {
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.key.public_key());
        json!({"keys": [{
            "alg": "RS256", "kty": "RSA", "use": "sig", "kid": KEY_ID,
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        }]})
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    #[test]
    fn a_token_verifies_with_the_jwks() {
        let signer = Signer::new();
        let token = signer.sign(&Map::from_iter([("sub".to_owned(), "user_x".into())]));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let jwks = signer.jwks();
        let part = |name| {
            URL_SAFE_NO_PAD
                .decode(jwks["keys"][0][name].as_str().unwrap())
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
