//! Signatures in pure Rust. Only public keys are held, so timing is of no concern.

use p256::ecdsa::signature::Verifier as _;
use rsa::sha2::Sha256;
use rsa::{BoxedUint, PublicKey};

use crate::keys::public_key::RSA_BITS;

/// A public key.
pub(in crate::keys) enum VerifyingKey {
    Rsa(rsa::pkcs1v15::VerifyingKey<Sha256>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

impl VerifyingKey {
    /// Makes an RSA key from its modulus and its exponent, big-endian, without leading zeros.
    pub(in crate::keys) fn rsa(n: &[u8], e: &[u8]) -> Option<Self> {
        let n = BoxedUint::from_be_slice_vartime(n);
        let e = BoxedUint::from_be_slice_vartime(e);
        let key = PublicKey::new_with_size_limits(n, e, RSA_BITS).ok()?;
        Some(Self::Rsa(rsa::pkcs1v15::VerifyingKey::new(key)))
    }

    /// Makes a P-256 key from an uncompressed point (SEC 1 section 2.3.3).
    pub(in crate::keys) fn p256(point: [u8; 65]) -> Option<Self> {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok()?;
        Some(Self::P256(Box::new(key)))
    }

    pub(in crate::keys) fn ed25519(point: [u8; 32]) -> Option<Self> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&point).ok()?;
        Some(Self::Ed25519(Box::new(key)))
    }

    pub(in crate::keys) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Rsa(key) => rsa::pkcs1v15::Signature::try_from(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Self::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                // `verify` would accept a key of small order, for which one signature is valid for every message.
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}
