//! Proof Key for Code Exchange (RFC 7636), method `S256` only.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::stored::expose;

/// The bytes behind one token: 264 bits, so that every one of its 43 characters is uniform.
pub(crate) const TOKEN_BYTES: usize = 33;

/// The characters of one token, and of every challenge.
pub(crate) const TOKEN_CHARS: usize = 43;

/// The code verifier: 43 to 128 unreserved characters (RFC 7636 section 4.1).
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "SecretString")]
pub(crate) struct Verifier(#[serde(serialize_with = "expose")] SecretString);

impl Verifier {
    pub(crate) fn new(random: &[u8; TOKEN_BYTES]) -> Self {
        Self(token(random, ""))
    }

    pub(crate) fn challenge(&self) -> [u8; TOKEN_CHARS] {
        let mut challenge = [0; TOKEN_CHARS];
        URL_SAFE_NO_PAD
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
        if exposed.trim().is_empty() {
            return Err(InvalidVerifier::Empty);
        }
        if !(43..=128).contains(&exposed.len()) {
            return Err(InvalidVerifier::Length);
        }
        if !exposed
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
        {
            return Err(InvalidVerifier::Alphabet);
        }
        Ok(Self(text))
    }
}

/// 43 random characters of the base64url alphabet, and what is to follow them.
///
/// 33 bytes encode to 44 characters; the last is cut off, because with 32 bytes the
/// 43rd character would only ever take 16 of its 64 values.
pub(crate) fn token(random: &[u8; TOKEN_BYTES], suffix: &str) -> SecretString {
    let mut encoded = Zeroizing::new([0; TOKEN_CHARS + 1]);
    URL_SAFE_NO_PAD
        .encode_slice(random, &mut *encoded)
        .expect("33 bytes are 44 characters of unpadded base64");
    let random = std::str::from_utf8(&encoded[..TOKEN_CHARS]).expect("base64 is ASCII");
    let mut text = String::with_capacity(TOKEN_CHARS + suffix.len());
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
            Self::Alphabet => {
                "the code verifier contains a character outside of A-Z a-z 0-9 - . _ ~"
            }
            Self::Empty => "the code verifier is empty",
            Self::Length => "the code verifier is not 43 to 128 characters long",
        })?;
        f.write_str(": what was stored is damaged; store the pending login whole and unchanged, and begin again")
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
    fn every_vector_has_its_challenge() {
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
    fn the_length_of_a_verifier_is_43_to_128() {
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
    fn a_verifier_of_spaces_counts_as_empty() {
        let refused = Verifier::try_from(SecretString::from(" ".repeat(50))).err();
        assert_eq!(refused, Some(InvalidVerifier::Empty));
    }

    #[test]
    fn a_verifier_with_a_reserved_character_is_refused() {
        let refused = Verifier::try_from(SecretString::from(format!("{}+", "a".repeat(43)))).err();
        assert_eq!(refused, Some(InvalidVerifier::Alphabet));
    }

    #[test]
    fn a_token_is_the_first_43_characters_of_its_33_bytes() {
        assert_eq!(token(&[0xff; 33], "").expose_secret(), "_".repeat(43));
        assert_eq!(
            token(&[0; 33], ".x").expose_secret(),
            format!("{}.x", "A".repeat(43))
        );
    }
}
