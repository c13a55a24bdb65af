//! [`Signer`]: signatures of access tokens, by private keys that are part of the source.
//!
//! The private keys are public on purpose. A signature of them proves nothing, because anyone can make one.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Map, Value, json};

use crate::ids::KEY_IDS;

/// RSA keys of 2048 bits in PKCS#1 form, generated with OpenSSL for this crate.
const PRIVATE_KEYS: [&[u8]; 2] = [
    include_bytes!("public_knowledge_1.der"),
    include_bytes!("public_knowledge_2.der"),
];

/// Two keys: one signs, and the other one follows it in a rotation.
pub(crate) struct Signer {
    keys: [KeyPair; 2],
    /// The index of the key that signs.
    current: usize,
    is_other_published: bool,
    random: SystemRandom,
}

impl Signer {
    pub(crate) fn new() -> Self {
        let keys = PRIVATE_KEYS.map(|key| {
            KeyPair::from_der(key).expect("the keys are part of the source, and a test parses them")
        });
        Self {
            keys,
            current: 0,
            is_other_published: false,
            random: SystemRandom::new(),
        }
    }

    /// Adds the key that does not sign to the JWKS.
    pub(crate) fn publish_other(&mut self) {
        self.is_other_published = true;
    }

    /// Signs with the other key. The old one stays in the JWKS, because its tokens are still valid.
    pub(crate) fn rotate(&mut self) {
        self.is_other_published = true;
        self.current = self.other();
    }

    /// Returns a compact JWS over the claims, signed with RS256.
    pub(crate) fn sign(&self, claims: &Map<String, Value>) -> String {
        let (id, key) = (KEY_IDS[self.current], &self.keys[self.current]);
        let header = json!({"alg": "RS256", "typ": "JWT", "kid": id}).to_string();
        let claims = Value::Object(claims.clone()).to_string();
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &self.random,
            signed.as_bytes(),
            &mut signature,
        )
        .expect(
            "the buffer has the length of the modulus, and the system has a random number generator",
        );
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the JWKS that verifies every token of this server.
    pub(crate) fn jwks(&self) -> Value {
        let mut published = vec![self.jwk(self.current)];
        if self.is_other_published {
            published.push(self.jwk(self.other()));
        }
        json!({"keys": published})
    }

    fn jwk(&self, index: usize) -> Value {
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.keys[index].public_key());
        json!({
            "alg": "RS256", "kty": "RSA", "use": "sig", "kid": KEY_IDS[index],
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        })
    }

    fn other(&self) -> usize {
        1 - self.current
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

    use super::*;

    /// Returns whether the first key of the JWKS verifies this text.
    fn is_verified_by_the_first_key(signer: &Signer, text: &str, signature: &[u8]) -> bool {
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
        public
            .verify(&RSA_PKCS1_2048_8192_SHA256, text.as_bytes(), signature)
            .is_ok()
    }

    #[test]
    fn a_token_verifies_with_the_jwks() {
        let mut signer = Signer::new();
        for published in [1, 2, 2] {
            assert_eq!(signer.jwks()["keys"].as_array().unwrap().len(), published);
            let token = signer.sign(&Map::from_iter([("sub".to_owned(), "user_x".into())]));
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            assert!(is_verified_by_the_first_key(&signer, signed, &signature));
            assert!(!is_verified_by_the_first_key(
                &signer,
                "another text",
                &signature
            ));
            signer.rotate();
            assert!(!is_verified_by_the_first_key(&signer, signed, &signature));
        }
    }
}
