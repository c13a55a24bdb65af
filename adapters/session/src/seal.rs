//! Sealed values, for cookies and databases: AES-256-GCM with a key ID in front.
//!
//! A sealed value is the key ID (4 bytes), the nonce (12 bytes), the ciphertext and the tag (16 bytes). The associated data is the key ID and
//! the context, which says what the value is for: a value that was sealed in one context does not open in another.

use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// The keys of sealed values: the first one seals, and all open.
///
/// To rotate, make the new key the first one, and let the old one open until no value of it is left. Keys are wiped from memory on drop.
///
/// ```
/// use workos_login_session::SealingKeys;
///
/// let old = SealingKeys::new(1, &[7; 32]);
/// let sealed = old.seal(&["session", "client_123"], b"text", &mut rand::rng());
///
/// let keys = SealingKeys::new(2, &[8; 32]).and_opens(1, &[7; 32]);
/// assert_eq!(*keys.open(&["session", "client_123"], &sealed).unwrap(), b"text");
/// assert!(keys.open(&["session", "client_456"], &sealed).is_none());
/// ```
///
/// # Limits
///
/// A nonce is random and has 96 bits: a key seals at most 2³² values (NIST SP 800-38D section 8.3).
pub struct SealingKeys {
    first: Key,
    others: Vec<Key>,
}

struct Key {
    id: [u8; ID_BYTES],
    cipher: Aes256Gcm,
}

impl SealingKeys {
    /// Makes keys of one key that seals and opens.
    ///
    /// The key is random, such as the result of `openssl rand 32`. It is not a password.
    #[must_use]
    pub fn new(id: u32, key: &[u8; 32]) -> Self {
        Self {
            first: Key::new(id, key),
            others: Vec::new(),
        }
    }

    /// Adds an older key, which opens only.
    #[must_use]
    pub fn and_opens(mut self, id: u32, key: &[u8; 32]) -> Self {
        self.others.push(Key::new(id, key));
        self
    }

    /// Seals a value with the first key.
    ///
    /// # Panics
    ///
    /// If the plaintext is longer than 64 GiB, the maximum of AES-GCM.
    #[must_use]
    pub fn seal(&self, context: &[&str], plaintext: &[u8], rng: &mut impl CryptoRng) -> Vec<u8> {
        let mut nonce = [0; NONCE_BYTES];
        rng.fill_bytes(&mut nonce);
        let Key { id, cipher } = &self.first;
        // The ciphertext replaces the plaintext in a buffer that does not grow, so no copy of the plaintext is left.
        let mut sealed = Vec::with_capacity(HEADER_BYTES + plaintext.len() + TAG_BYTES);
        sealed.extend_from_slice(id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = cipher
            .encrypt_inout_detached(
                &Nonce::from(nonce),
                &associated_data(*id, context),
                (&mut sealed[HEADER_BYTES..]).into(),
            )
            .expect("a value in memory is shorter than 64 GiB");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Opens a value that was sealed in this context with one of the keys.
    #[must_use]
    pub fn open(&self, context: &[&str], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let length = self.open_in_place(context, &mut buffer)?.len();
        buffer.copy_within(HEADER_BYTES..HEADER_BYTES + length, 0);
        buffer.truncate(length);
        Some(buffer)
    }

    /// Opens a value as [`open`](Self::open) does, and returns the part of the buffer that is the plaintext. The caller wipes the buffer.
    #[must_use]
    pub fn open_in_place<'a>(&self, context: &[&str], sealed: &'a mut [u8]) -> Option<&'a [u8]> {
        let (id, rest) = sealed.split_first_chunk_mut::<ID_BYTES>()?;
        let (nonce, rest) = rest.split_first_chunk_mut::<NONCE_BYTES>()?;
        let (ciphertext, tag) = rest.split_last_chunk_mut::<TAG_BYTES>()?;
        let mut keys = std::iter::once(&self.first).chain(&self.others);
        let key = keys.find(|key| key.id == *id)?;
        key.cipher
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                &associated_data(*id, context),
                (&mut *ciphertext).into(),
                &(*tag).into(),
            )
            .ok()?;
        Some(ciphertext)
    }
}

impl fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKeys").finish_non_exhaustive()
    }
}

impl Key {
    fn new(id: u32, key: &[u8; 32]) -> Self {
        Self {
            id: id.to_be_bytes(),
            cipher: Aes256Gcm::new(&(*key).into()),
        }
    }
}

/// Each part has its length in front: otherwise `["ab", "c"]` and `["a", "bc"]` would be the same context.
fn associated_data(id: [u8; ID_BYTES], context: &[&str]) -> Vec<u8> {
    let length: usize = context
        .iter()
        .map(|part| size_of::<u64>() + part.len())
        .sum();
    let mut data = Vec::with_capacity(ID_BYTES + length);
    data.extend_from_slice(&id);
    for part in context {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data
}

const ID_BYTES: usize = 4;
const NONCE_BYTES: usize = 12;
const HEADER_BYTES: usize = ID_BYTES + NONCE_BYTES;
const TAG_BYTES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_was_sealed_with_its_key_in_its_context() {
        let keys = SealingKeys::new(1, &[1; 32]);
        let sealed = keys.seal(&["ab", "c"], b"plaintext", &mut rand::rng());
        assert_eq!(**keys.open(&["ab", "c"], &sealed).unwrap(), *b"plaintext");

        assert!(keys.open(&["a", "bc"], &sealed).is_none());
        assert!(keys.open(&["ab"], &sealed).is_none());
        assert!(
            SealingKeys::new(2, &[1; 32])
                .open(&["ab", "c"], &sealed)
                .is_none()
        );
        assert!(
            SealingKeys::new(1, &[2; 32])
                .open(&["ab", "c"], &sealed)
                .is_none()
        );
        for end in 0..sealed.len() {
            assert!(keys.open(&["ab", "c"], &sealed[..end]).is_none());
            let mut changed = sealed.clone();
            changed[end] ^= 1;
            assert!(keys.open(&["ab", "c"], &changed).is_none());
        }
    }
}
