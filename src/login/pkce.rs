//! Proof Key for Code Exchange (RFC 7636) with the method `S256`, and the random values of a login.
//!
//! A code verifier and the random part of a `state` are both 43 characters of the base64url alphabet, each made of 33 random bytes.
//! A verifier that was stored is checked again when it is read back, so that every [`Verifier`] satisfies RFC 7636 section 4.1.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::wiped::Wiped;

/// The random bytes of a value: 264 bits, so that each of its 43 characters is uniform.
pub(crate) const RANDOM_BYTES: usize = 33;

/// The characters of a value, and of a code challenge.
pub(crate) const RANDOM_CHARS: usize = 43;

/// The code verifier: 43 to 128 unreserved characters (RFC 7636 section 4.1).
#[derive(Clone)]
pub(crate) struct Verifier(SecretString);

impl Verifier {
    pub(crate) fn new(random: &[u8; RANDOM_BYTES]) -> Self {
        Self(random_text(random, ""))
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.0
    }

    pub(crate) fn challenge(&self) -> [u8; RANDOM_CHARS] {
        let mut challenge = [0; RANDOM_CHARS];
        URL_SAFE_NO_PAD
            // Section 4.2 hashes the characters of the verifier, not the bytes that they encode.
            .encode_slice(Sha256::digest(self.0.expose_secret()), &mut challenge)
            .expect("32 bytes are 43 characters of unpadded base64");
        challenge
    }
}

impl From<Verifier> for SecretString {
    fn from(verifier: Verifier) -> Self {
        verifier.0
    }
}

impl TryFrom<SecretString> for Verifier {
    type Error = InvalidVerifier;

    fn try_from(text: SecretString) -> Result<Self, Self::Error> {
        let exposed = text.expose_secret();
        // Before the length, because a text of 43 spaces has a valid one. Usually it means that the store lost the value.
        if exposed.trim().is_empty() {
            return Err(InvalidVerifier::Empty);
        }
        if !(43..=128).contains(&exposed.len()) {
            return Err(InvalidVerifier::Length);
        }
        let unreserved =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
        if !exposed.bytes().all(unreserved) {
            return Err(InvalidVerifier::Alphabet);
        }
        Ok(Self(text))
    }
}

/// Returns 43 random characters of the base64url alphabet, followed by `suffix`.
///
/// 33 bytes are 44 characters, and the last one is cut off: of 32 bytes, the 43rd character would have only 16 of its 64 values.
pub(crate) fn random_text(random: &[u8; RANDOM_BYTES], suffix: &str) -> SecretString {
    let mut encoded = Wiped::<{ RANDOM_CHARS + 1 }>::new();
    URL_SAFE_NO_PAD
        .encode_slice(random, &mut *encoded)
        .expect("33 bytes are 44 characters of unpadded base64");
    let random = std::str::from_utf8(&encoded[..RANDOM_CHARS]).expect("base64 is ASCII");
    // Of the exact size: a buffer that grew, or shrank into the secret, would leave an unwiped copy.
    let mut text = String::with_capacity(RANDOM_CHARS + suffix.len());
    text.push_str(random);
    text.push_str(suffix);
    text.into()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvalidVerifier {
    Alphabet,
    Empty,
    Length,
}

impl fmt::Display for InvalidVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alphabet => "code verifier has a character other than A-Z a-z 0-9 - . _ ~",
            Self::Empty => "code verifier is empty",
            Self::Length => "code verifier does not have 43 to 128 characters",
        })?;
        f.write_str("; store the pending login unchanged and start a new login")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/data/wire/pkce_vectors.json")).unwrap()
    }

    #[test]
    fn computes_the_challenge_of_every_test_vector() {
        let vectors = vectors();
        let vectors = vectors["vectors"].as_array().unwrap();
        assert!(!vectors.is_empty());
        for vector in vectors {
            let verifier =
                Verifier::try_from(SecretString::from(vector["verifier"].as_str().unwrap()))
                    .unwrap();
            assert_eq!(
                std::str::from_utf8(&verifier.challenge()).unwrap(),
                vector["challenge"]
            );
        }
    }

    #[test]
    fn accepts_verifiers_of_43_to_128_characters() {
        let vectors = vectors();
        for (key, valid) in [("valid_lengths", true), ("invalid_lengths", false)] {
            for length in vectors[key].as_array().unwrap() {
                let length = usize::try_from(length.as_u64().unwrap()).unwrap();
                assert_eq!(
                    Verifier::try_from(SecretString::from("a".repeat(length))).is_ok(),
                    valid,
                    "{length}"
                );
            }
        }
    }

    #[test]
    fn rejects_a_verifier_of_spaces_as_empty() {
        let refused = Verifier::try_from(SecretString::from(" ".repeat(50))).err();
        assert_eq!(refused, Some(InvalidVerifier::Empty));
    }

    #[test]
    fn rejects_a_verifier_with_a_reserved_character() {
        let refused = Verifier::try_from(SecretString::from(format!("{}+", "a".repeat(43)))).err();
        assert_eq!(refused, Some(InvalidVerifier::Alphabet));
    }

    #[test]
    fn a_random_text_is_the_first_43_characters_of_its_33_bytes() {
        assert_eq!(random_text(&[0xff; 33], "").expose_secret(), "_".repeat(43));
        assert_eq!(
            random_text(&[0; 33], ".x").expose_secret(),
            format!("{}.x", "A".repeat(43))
        );
    }
}
