//! The seal of Node: version 2 of the iron format, which the npm packages `iron-webcrypto` and `iron-session` share.
//!
//! Eight parts are joined by `*`: the prefix `Fe26.2`, the key ID, the salt of the encryption key, the IV, the ciphertext (AES-256-CBC), the
//! expiry in milliseconds or nothing, the salt of the integrity key, and the HMAC-SHA256 of the parts before it, without that salt. A salt is
//! used as the text that it is. Each key is derived from the password with PBKDF2-HMAC-SHA1 and one iteration, which does not slow a guess
//! down: the password has to be random.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::{CryptoRng, RngExt as _};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

const PREFIX: &str = "Fe26.2";
/// The key ID of the only password.
const KEY_ID: &str = "1";
/// The time for which a seal is accepted after its expiry.
const SKEW: Duration = Duration::from_secs(60);
const BLOCK_BYTES: usize = 16;

/// A password that seals and opens.
pub(crate) struct Iron(Hmac<Sha1>);

impl Iron {
    pub(crate) fn new(password: &[u8]) -> Self {
        Self(Hmac::new_from_slice(password).expect("HMAC takes a key of any length"))
    }

    /// Seals a text until a time.
    pub(crate) fn seal(
        &self,
        text: &[u8],
        expires: SystemTime,
        rng: &mut impl CryptoRng,
    ) -> String {
        let [salt, mac_salt] = [(); 2].map(|()| hex(&rng.random::<[u8; 32]>()));
        let iv: [u8; BLOCK_BYTES] = rng.random();
        let mut buffer = Zeroizing::new(text.to_vec());
        buffer.resize(text.len() + BLOCK_BYTES, 0);
        let key = self.key(&salt);
        let ciphertext = cbc::Encryptor::<Aes256>::new((&*key).into(), &iv.into())
            .encrypt_padded::<Pkcs7>(&mut buffer, text.len())
            .expect("a block of padding fits behind the text");
        let [iv, ciphertext] = [&iv[..], ciphertext].map(|bytes| URL_SAFE_NO_PAD.encode(bytes));
        let expires = expires.duration_since(UNIX_EPOCH).unwrap_or_default();
        let expires = expires.as_millis();
        let head = format!("{PREFIX}*{KEY_ID}*{salt}*{iv}*{ciphertext}*{expires}");
        let mac = self.mac(&mac_salt, &head).finalize().into_bytes();
        let mac = URL_SAFE_NO_PAD.encode(mac);
        format!("{head}*{mac_salt}*{mac}")
    }

    /// Opens a seal.
    pub(crate) fn open(&self, sealed: &str, now: SystemTime) -> Option<Zeroizing<Vec<u8>>> {
        let (rest, mac) = sealed.rsplit_once('*')?;
        let (head, mac_salt) = rest.rsplit_once('*')?;
        let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
        self.mac(mac_salt, head).verify_slice(&mac).ok()?;
        let mut parts = head.split('*');
        let mut next = || parts.next();
        let (prefix, key_id, salt) = (next()?, next()?, next()?);
        let (iv, ciphertext, expires) = (next()?, next()?, next()?);
        let is_known = prefix == PREFIX && key_id == KEY_ID && next().is_none();
        if !is_known || !is_valid(expires, now)? {
            return None;
        }
        let iv: [u8; BLOCK_BYTES] = URL_SAFE_NO_PAD.decode(iv).ok()?.try_into().ok()?;
        let mut buffer = Zeroizing::new(URL_SAFE_NO_PAD.decode(ciphertext).ok()?);
        let key = self.key(salt);
        let length = cbc::Decryptor::<Aes256>::new((&*key).into(), &iv.into())
            .decrypt_padded::<Pkcs7>(&mut buffer)
            .ok()?
            .len();
        buffer.truncate(length);
        Some(buffer)
    }

    /// Returns a secret of this password for a purpose: no key of a seal, because a salt has no such prefix.
    pub(crate) fn secret(&self, purpose: &str, text: &str) -> Zeroizing<[u8; 32]> {
        self.key(&format!("workos-login {purpose}\0{text}"))
    }

    fn mac(&self, salt: &str, head: &str) -> Hmac<Sha256> {
        Hmac::new_from_slice(&*self.key(salt))
            .expect("HMAC takes a key of any length")
            .chain_update(head)
    }

    /// PBKDF2 with one iteration (RFC 8018 section 5.2): a block is the HMAC of the salt and the number of the block.
    fn key(&self, salt: &str) -> Zeroizing<[u8; 32]> {
        let block = |number: u32| {
            let hmac = self.0.clone().chain_update(salt);
            hmac.chain_update(number.to_be_bytes())
                .finalize()
                .into_bytes()
        };
        let mut key = Zeroizing::new([0; 32]);
        for (part, number) in key.chunks_mut(20).zip(1..) {
            part.copy_from_slice(&block(number)[..part.len()]);
        }
        key
    }
}

/// Returns whether a seal with this expiry is valid; `None` if it is not a number. One without an expiry is.
fn is_valid(expires: &str, now: SystemTime) -> Option<bool> {
    if expires.is_empty() {
        return Some(true);
    }
    let expires = Duration::from_millis(expires.parse().ok()?);
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    Some(expires.saturating_add(SKEW) > now)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &[u8] = b"correct horse battery staple, 1234";
    const TEXT: &str = r#"{"a":"ä","n":1}"#;
    /// Sealed by `iron-webcrypto` 2.0.
    const SEALED: &str = "Fe26.2*1*666d4dd1dba99778ec87ddf4c5b0da653ede1f973fbaa17701e334aebb8950df*Eqpylu6wz3JrpQf0dM6SfA*1VzskLK4BzEme7Wl9_vbbLW4bvRJf28RE1r6b35eEZA**81e476e1bf9b47d4bf50814bb4ea9c6a3445e7f7ea5bf51aa5a6eb357394a65a*Ts2-Y4AFPHzGylOqFuwijp81IxyPKYgYvhaVelCIXvs";
    /// The same with an hour from the Unix time 1 780 000 000.
    const EXPIRES: &str = "Fe26.2*1*3c8896d4f60e437e605738477450fe6750bb4355247365ea538ec0ac65fc3ac5*kJCxsflwUfiMhZFPyuglUw*saycZzzLtktmTQllyG9Hs8WeB4AXTEyY_eGI-gw1uuc*1780003600000*740125f2ab3ae1ed2056259380628b178e1314a43c0234a35ad24e0c24427fd7*bI7h4VsmqduOUBneXrkDcg8dGGPgqlG-SL3EWnj_FZM";

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_780_000_000 + seconds)
    }

    #[test]
    fn opens_what_node_sealed() {
        let iron = Iron::new(PASSWORD);
        for seconds in [0, 1 << 32] {
            let text = iron.open(SEALED, at(seconds)).unwrap();
            assert_eq!(**text, *TEXT.as_bytes());
        }
        for (seconds, is_valid) in [(0, true), (3659, true), (3660, false), (4000, false)] {
            assert_eq!(iron.open(EXPIRES, at(seconds)).is_some(), is_valid);
        }
    }

    #[test]
    fn opens_what_it_sealed_and_nothing_else() {
        let iron = Iron::new(PASSWORD);
        for length in [0, 1, 15, 16, 17, 3000] {
            let text = "x".repeat(length);
            let sealed = iron.seal(text.as_bytes(), at(60), &mut rand::rng());
            assert_eq!(**iron.open(&sealed, at(0)).unwrap(), *text.as_bytes());
            assert!(Iron::new(b"other").open(&sealed, at(0)).is_none());
        }
        for end in 0..EXPIRES.len() {
            assert!(iron.open(&EXPIRES[..end], at(0)).is_none(), "{end}");
            let mut changed = EXPIRES.to_owned().into_bytes();
            changed[end] = if changed[end] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(iron.open(&changed, at(0)).is_none(), "{end}");
        }
        for text in ["", "*******", "Fe26.2*1******", "ä*ä*ä*ä*ä*ä*ä*ä"] {
            assert!(iron.open(text, at(0)).is_none());
        }
    }

    #[test]
    fn a_key_is_that_of_pbkdf2() {
        // RFC 6070, the first vector.
        let key = Iron::new(b"password").key("salt");
        let expected = [
            0x0c, 0x60, 0xc8, 0x0f, 0x96, 0x1f, 0x0e, 0x71, 0xf3, 0xa9, 0xb5, 0x24, 0xaf, 0x60,
            0x12, 0x06, 0x2f, 0xe0, 0x37, 0xa6,
        ];
        assert_eq!(key[..20], expected);
    }
}
