//! Rotations: a new key is published, then it signs, and no token of it is lost.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use workos_login::keys::{InvalidToken, KeySet, VerifyError};
use workos_login::limits::{KEYS_COOLDOWN, KEYS_MAX_AGE};
use workos_login::{Exchange, http::Response};

use crate::issuer::{
    AUDIENCE, Key, access_claims, header, now, oauth_client, response, secs, with,
};

const ED: Key = Key::Ed25519(1);

/// The service: it publishes a key and removes the old one, and can be unavailable. Times are seconds after the beginning.
#[derive(Clone, Debug)]
struct Service {
    published: u64,
    /// The new key signs from here on.
    signs: u64,
    unavailable: std::ops::Range<u64>,
}

impl Service {
    fn jwks(&self, time: u64) -> Value {
        if time >= self.published {
            json!({"keys": [ED.jwk("old"), ED.jwk("new")]})
        } else {
            json!({"keys": [ED.jwk("old")]})
        }
    }

    fn response(&self, time: u64) -> Response<Vec<u8>> {
        if self.unavailable.contains(&time) {
            Response::builder().status(503).body(Vec::new()).unwrap()
        } else {
            response(&self.jwks(time))
        }
    }
}

/// A verifier as simple as it can be: a due fetch comes first, a required one in between.
struct Verifier {
    keys: KeySet,
    fetches: Vec<u64>,
}

impl Verifier {
    fn new() -> Self {
        Self {
            keys: oauth_client().key_set(AUDIENCE).unwrap(),
            fetches: Vec::new(),
        }
    }

    fn fetch(&mut self, service: &Service, time: u64) {
        self.fetches.push(time);
        let at = now() + secs(time);
        if let Ok(keys) = self.keys.fetch(at).response(service.response(time), at) {
            self.keys = keys;
        }
    }

    fn verify(&mut self, service: &Service, kid: &str, time: u64) -> Result<(), VerifyError> {
        let at = now() + secs(time);
        let claims = with(access_claims(), &json!({"exp": 4_102_444_800_u64}));
        let token = ED.token(header(ED, kid).to_string(), claims.to_string());
        if self.keys.needs_fetch_in(at).is_zero() {
            self.fetch(service, time);
        }
        let result = self.keys.verify_access_token(&token, at);
        if result.as_ref().is_err_and(|error| {
            *error
                == (VerifyError::KeysRequired {
                    fetch_in: Duration::ZERO,
                })
        }) {
            self.fetch(service, time);
            return self.keys.verify_access_token(&token, at).map(drop);
        }
        result.map(drop)
    }
}

#[test]
fn made_up_key_ids_just_before_a_rotation_lose_no_token() {
    // Published a cooldown before it signs; made-up key IDs are sent in every second.
    let service = Service {
        published: 1_000,
        signs: 1_000 + KEYS_COOLDOWN.as_secs(),
        unavailable: 0..0,
    };
    let mut verifier = Verifier::new();
    for time in 900..1_200 {
        let made_up = verifier.verify(&service, "made-up", time);
        assert_eq!(made_up, Err(InvalidToken::UnknownKeyId.into()));
        let kid = if time >= service.signs { "new" } else { "old" };
        assert_eq!(verifier.verify(&service, kid, time), Ok(()), "{time}");
    }
    assert!(verifier.fetches.len() <= 1 + 300 / 30);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_key_that_is_published_a_cooldown_before_it_signs_loses_no_token(
        published in 1_u64..3_000,
        lead in 0_u64..100,
        tokens in prop::collection::vec((0_u64..100, any::<bool>()), 1..80),
    ) {
        let signs = published + KEYS_COOLDOWN.as_secs() + lead;
        run(&Service { published, signs, unavailable: 0..0 }, tokens)?;
    }

    #[test]
    fn a_key_that_is_published_a_maximum_age_before_it_signs_survives_a_failed_fetch(
        published in 1_000_u64..2_000,
        begins in 1_000_u64..3_000,
        lasts in 0_u64..30,
        tokens in prop::collection::vec((0_u64..40, any::<bool>()), 1..150),
    ) {
        let signs = published + KEYS_MAX_AGE.as_secs() + 2 * KEYS_COOLDOWN.as_secs();
        run(&Service { published, signs, unavailable: begins..begins + lasts }, tokens)?;
    }
}

/// Verifies tokens after these pauses; each is a made-up one or that of the key that signs.
fn run(service: &Service, tokens: Vec<(u64, bool)>) -> Result<(), TestCaseError> {
    let mut verifier = Verifier::new();
    let mut time = 0;
    for (pause, is_made_up) in tokens {
        time += pause;
        if is_made_up {
            prop_assert!(verifier.verify(service, "made-up", time).is_err());
        } else {
            let kid = if time >= service.signs { "new" } else { "old" };
            prop_assert_eq!(
                verifier.verify(service, kid, time),
                Ok(()),
                "{} at {}",
                kid,
                time
            );
        }
    }
    for pair in verifier.fetches.windows(2) {
        prop_assert!(pair[1] - pair[0] >= KEYS_COOLDOWN.as_secs());
    }
    Ok(())
}
