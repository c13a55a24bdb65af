//! Signatures with *ring*.

use ::ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

/// A public key. A point that is not on the curve verifies nothing.
pub(in crate::keys) enum VerifyingKey {
    Rsa(RsaPublicKeyComponents<Box<[u8]>>),
    P256([u8; 65]),
    Ed25519([u8; 32]),
}

impl VerifyingKey {
    /// Makes an RSA key from its modulus and its exponent, big-endian, without leading zeros.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the other implementation can reject a key"
    )]
    pub(in crate::keys) fn rsa(n: &[u8], e: &[u8]) -> Option<Self> {
        let (n, e) = (n.into(), e.into());
        Some(Self::Rsa(RsaPublicKeyComponents { n, e }))
    }

    /// Makes a P-256 key from an uncompressed point (SEC 1 section 2.3.3).
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the other implementation can reject a key"
    )]
    pub(in crate::keys) fn p256(point: [u8; 65]) -> Option<Self> {
        Some(Self::P256(point))
    }

    #[expect(
        clippy::unnecessary_wraps,
        reason = "the other implementation can reject a key"
    )]
    pub(in crate::keys) fn ed25519(point: [u8; 32]) -> Option<Self> {
        Some(Self::Ed25519(point))
    }

    pub(in crate::keys) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self {
            Self::Rsa(key) => key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            Self::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Self::Ed25519(point) => {
                UnparsedPublicKey::new(&ED25519, point).verify(message, signature)
            }
        };
        verified.is_ok()
    }
}
