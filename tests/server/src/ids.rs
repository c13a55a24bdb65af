//! Identifiers and random values in the forms of the service.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};

use crate::timestamp::unix_millis;

/// Returns a ULID: 48 bits of time and 80 random bits, in Crockford's base 32.
pub(crate) fn ulid(now: SystemTime) -> String {
    let mut random = [0; 16];
    // The first six bytes are those of the time.
    random[6..].copy_from_slice(&bytes::<10>());
    let time = u128::from(unix_millis(now) & 0xffff_ffff_ffff) << 80;
    let value = time | u128::from_be_bytes(random);
    (0..26)
        .rev()
        .map(|place| char::from(CROCKFORD[usize::from((value >> (place * 5)) as u8 & 31)]))
        .collect()
}

/// Returns a prefix, an underscore and a ULID.
pub(crate) fn id(prefix: &str, now: SystemTime) -> String {
    format!("{prefix}_{}", ulid(now))
}

/// Returns an authorization code or token of 192 random bits.
pub(crate) fn opaque() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<24>())
}

/// Returns a user code. RFC 8628 section 6.1 recommends consonants, so that no word is formed.
pub(crate) fn user_code() -> String {
    let letters =
        // The modulo is slightly biased, which does not matter for a test.
        bytes::<8>().map(|byte| char::from(CONSONANTS[usize::from(byte) % CONSONANTS.len()]));
    let (left, right) = letters.split_at(4);
    format!("{}-{}", String::from_iter(left), String::from_iter(right))
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("every supported system has a random number generator");
    bytes
}

/// The SSO connection of `sso_required`.
pub(crate) const CONNECTION_ID: &str = "conn_01K1C0NNECT10N0000000000A0";
/// The `kid` of each signing key, in token headers and in the JWKS.
pub(crate) const KEY_IDS: [&str; 2] = [
    "key_01K1PVB11CKN0W1EDGE0000000",
    "key_01K1PVB11CKN0W1EDGE0000001",
];
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CONSONANTS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;
    use crate::{Config, Organization, User};

    #[test]
    fn an_identifier_is_a_prefix_and_a_ulid_that_begins_with_the_time() {
        let id = id(
            "session",
            UNIX_EPOCH + Duration::from_millis(1_469_918_176_385),
        );
        let ulid = id.strip_prefix("session_").unwrap();
        assert_eq!(ulid.len(), 26);
        assert!(ulid.starts_with("01ARYZ6S41"), "{ulid}");
        assert!(ulid.bytes().all(|byte| CROCKFORD.contains(&byte)));
    }

    #[test]
    fn opaque_values_are_unique() {
        assert_ne!(opaque(), opaque());
        assert_eq!(opaque().len(), 32);
    }

    #[test]
    fn a_user_code_has_two_groups_of_four_letters() {
        let code = user_code();
        assert_eq!(code.len(), 9);
        assert_eq!(code.as_bytes()[4], b'-');
    }

    #[test]
    fn constant_identifiers_have_the_form_of_generated_ones() {
        let user = [User::ALICE_ID, User::BOB_ID, User::CAROL_ID];
        let organization = [Organization::ACME_ID, Organization::GLOBEX_ID];
        let others = [Config::CLIENT_ID, CONNECTION_ID, KEY_IDS[0], KEY_IDS[1]];
        for id in user.iter().chain(&organization).chain(&others) {
            let (_, ulid) = id.rsplit_once('_').unwrap();
            assert_eq!(ulid.len(), 26, "{id}");
            assert!(ulid.bytes().all(|byte| CROCKFORD.contains(&byte)), "{id}");
        }
    }
}
