//! Any sequence of rotations, damaged responses, tokens and times: what is accepted was published, and fetches keep their distance.

use std::time::SystemTime;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::Exchange;
use workos_login::keys::{InvalidToken, KeySet, VerifyError};
use workos_login::limits::{KEYS_COOLDOWN, KEYS_RETRY, KEYS_TTL};
use workos_login_strategies::{KeyIssuer, KeyMove};

use crate::issuer::{AUDIENCE, Key, access_claims, header, oauth_client, secs, with};

fn key_id(number: u8) -> String {
    format!("key-{number}")
}

fn token(number: u8) -> String {
    let key = Key::Ed25519(number);
    let claims = with(access_claims(), &json!({"exp": 4_102_444_800_u64}));
    let header = header(key, &key_id(number));
    key.token(header.to_string(), claims.to_string())
}

/// The keys that the verifier has, by their numbers.
struct Snapshot {
    numbers: Vec<u8>,
    fetched_at: SystemTime,
    is_intact: bool,
}

struct Verifier {
    keys: KeySet,
    snapshot: Option<Snapshot>,
    /// The beginning of the last fetch, unless the clock was set back since.
    requested: Option<SystemTime>,
}

impl Verifier {
    fn fetch(&mut self, issuer: &KeyIssuer) -> Result<(), TestCaseError> {
        let now = issuer.now();
        if let Some(requested) = self.requested.replace(now) {
            let is_loaded = self.snapshot.as_ref().is_some_and(|snapshot| {
                now.duration_since(snapshot.fetched_at)
                    .is_ok_and(|age| age < KEYS_TTL)
            });
            let minimum = if is_loaded { KEYS_COOLDOWN } else { KEYS_RETRY };
            prop_assert!(requested + minimum <= now);
        }
        let numbers: Vec<u8> = issuer.published().collect();
        let jwks: Vec<Value> = numbers
            .iter()
            .map(|number| Key::Ed25519(*number).jwk(&key_id(*number)))
            .collect();
        let response = issuer.response();
        let result = self.keys.fetch(now).response(response.to_http(&jwks), now);
        prop_assert!(result.is_ok() || !response.is_intact());
        if let Ok(keys) = result {
            self.keys = keys;
            self.snapshot = Some(Snapshot {
                numbers,
                fetched_at: now,
                is_intact: response.is_intact(),
            });
        }
        Ok(())
    }

    /// Verifies a token as a resource server does: a due fetch comes first, a required one in between.
    fn verify(&mut self, issuer: &KeyIssuer, number: u8) -> Result<(), TestCaseError> {
        let (token, now) = (token(number), issuer.now());
        if self.keys.needs_fetch_in(now).is_zero() {
            self.fetch(issuer)?;
        }
        let mut result = self.keys.verify_access_token(&token, now).map(drop);
        if result == Err(VerifyError::KeysRequired { fetch_in: secs(0) }) {
            self.fetch(issuer)?;
            result = self.keys.verify_access_token(&token, now).map(drop);
        }
        let snapshot = self.snapshot.as_ref();
        let is_known = snapshot.is_some_and(|snapshot| snapshot.numbers.contains(&number));
        // A JWKS with damage can have fewer keys, so no token has to be accepted.
        let is_intact = snapshot.is_some_and(|snapshot| snapshot.is_intact);
        match result {
            Ok(()) => prop_assert!(is_known, "accepted {number}"),
            Err(VerifyError::Invalid(InvalidToken::UnknownKeyId)) => {
                prop_assert!(!is_known || !is_intact, "rejected {number}");
                // A key that is unknown to older keys can be a new one.
                let is_last = |snapshot: &Snapshot| {
                    let requested = self.requested;
                    requested.is_none_or(|requested| requested == snapshot.fetched_at)
                };
                prop_assert!(snapshot.is_some_and(is_last));
            }
            Err(VerifyError::Invalid(invalid)) => prop_assert!(!is_intact, "{invalid}"),
            // A fetch has just failed, or the key can be newer than the keys.
            Err(VerifyError::KeysRequired { fetch_in }) => prop_assert!(!fetch_in.is_zero()),
        }
        let is_fresh = snapshot.is_some_and(|snapshot| {
            now.duration_since(snapshot.fetched_at)
                .is_ok_and(|age| age < KEYS_TTL)
        });
        if is_known && is_intact && is_fresh {
            prop_assert_eq!(result, Ok(()));
        }
        Ok(())
    }
}

proptest! {
    #[test]
    fn what_is_accepted_was_published_and_fetches_keep_their_distance(moves in vec(any::<KeyMove>(), 0..80)) {
        let mut issuer = KeyIssuer::new();
        let mut verifier = Verifier {
            keys: oauth_client().key_set(AUDIENCE).unwrap(),
            snapshot: None,
            requested: None,
        };
        for step in &moves {
            if let KeyMove::SetClockBack(_) = step {
                verifier.requested = None;
            }
            if let Some(number) = issuer.apply(step) {
                verifier.verify(&issuer, number)?;
            }
        }
    }
}
