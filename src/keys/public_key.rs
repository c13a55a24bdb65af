//! A key of a JWKS, and the algorithm that it is pinned to.
//!
//! A key that is not understood is ignored, as RFC 7517 section 5 recommends. Its numbers are checked here, before a backend sees them, so that
//! the backends agree on the sizes of keys.

use std::fmt;
use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::keys::backend::VerifyingKey;
use crate::wire::jose::Jwk;

/// The sizes of a modulus in bits (RFC 7518 section 3.3 requires 2048 or more).
pub(super) const RSA_BITS: RangeInclusive<usize> = 2048..=8192;

/// A signature algorithm. Each key has one, whatever the header of a token says (RFC 8725 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    EdDsa,
    Es256,
    Rs256,
}

impl Algorithm {
    /// Returns the `alg` of the algorithm: the usual one first.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            // RFC 9864 section 2.2 has the second one.
            Self::EdDsa => &["EdDSA", "Ed25519"],
            Self::Es256 => &["ES256"],
            Self::Rs256 => &["RS256"],
        }
    }
}

/// A public key that verifies signatures of one algorithm.
pub(super) struct PublicKey {
    pub(super) id: Box<str>,
    pub(super) algorithm: Algorithm,
    pub(super) key: VerifyingKey,
}

impl PublicKey {
    /// Reads a key. `None` if it has no key ID, is not for signatures, or is of an algorithm that is not among `algorithms`.
    pub(super) fn read(jwk: &Jwk, algorithms: &[Algorithm]) -> Option<Self> {
        let id = jwk.kid.clone().filter(|id| !id.is_empty())?;
        // RFC 7517 sections 4.2 and 4.3: both members are optional, and either can exclude signatures.
        let is_for_signatures = jwk
            .key_use
            .as_deref()
            .is_none_or(|key_use| key_use == "sig")
            && (jwk.key_ops.as_ref()).is_none_or(|ops| ops.iter().any(|op| &**op == "verify"));
        if !is_for_signatures {
            return None;
        }
        // `kty` is the only required member (section 4.1). With the curve it determines the algorithm, so that `alg` can only confirm it.
        let (algorithm, key) = match (&*jwk.kty, jwk.crv.as_deref()) {
            ("RSA", None) => (Algorithm::Rs256, rsa(jwk)?),
            ("EC", Some("P-256")) => (Algorithm::Es256, p256(jwk)?),
            ("OKP", Some("Ed25519")) => {
                let point = octets(jwk.x.as_deref())?.try_into().ok()?;
                (Algorithm::EdDsa, VerifyingKey::ed25519(point)?)
            }
            _ => return None,
        };
        let is_pinned = algorithms.contains(&algorithm)
            && (jwk.alg.as_deref()).is_none_or(|alg| algorithm.names().contains(&alg));
        is_pinned.then_some(Self { id, algorithm, key })
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

fn rsa(jwk: &Jwk) -> Option<VerifyingKey> {
    let n = octets(jwk.n.as_deref())?;
    let e = octets(jwk.e.as_deref())?;
    // RFC 7518 section 6.3.1.1: no leading zeros. Some servers write them.
    let [n, e] = [&n, &e].map(|number| {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        &number[zeros..]
    });
    let bits = 8 * n.len() - usize::try_from(n.first()?.leading_zeros()).ok()?;
    let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
    // 3 to 2^33 - 1: a larger exponent makes a verification slow.
    let is_exponent = match e {
        [byte] => *byte >= 3,
        [high, _, _, _, _] => *high <= 1,
        e => (2..=4).contains(&e.len()),
    };
    if !RSA_BITS.contains(&bits) || !is_odd(n) || !is_odd(e) || !is_exponent {
        return None;
    }
    VerifyingKey::rsa(n, e)
}

fn p256(jwk: &Jwk) -> Option<VerifyingKey> {
    const UNCOMPRESSED: u8 = 4;
    // RFC 7518 section 6.2.1.2: both coordinates have their full length.
    let x: [u8; 32] = octets(jwk.x.as_deref())?.try_into().ok()?;
    let y: [u8; 32] = octets(jwk.y.as_deref())?.try_into().ok()?;
    let mut point = [UNCOMPRESSED; 65];
    point[1..33].copy_from_slice(&x);
    point[33..].copy_from_slice(&y);
    VerifyingKey::p256(point)
}

fn octets(member: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}
