//! When keys are fetched, as data: age, cooldown, failures.

use std::time::{Duration, SystemTime};

use serde_json::json;
use workos_login::http::Response;
use workos_login::keys::{InvalidToken, KeySet, VerifyError};
use workos_login::limits::{KEYS_COOLDOWN, KEYS_MAX_AGE, KEYS_RETRY, KEYS_TTL};
use workos_login::{Error, Exchange};

use crate::issuer::{
    AUDIENCE, CLIENT_ID, Key, access_claims, access_token, header, load, now, oauth, oauth_client,
    response, secs, workos_client,
};

const ED: Key = Key::Ed25519(1);

fn token(kid: &str) -> String {
    let claims = crate::issuer::with(access_claims(), &json!({"exp": 4_102_444_800_u64}));
    ED.token(header(ED, kid).to_string(), claims.to_string())
}

fn verify(keys: &KeySet, kid: &str, now: SystemTime) -> Result<(), VerifyError> {
    keys.verify_access_token(&token(kid), now).map(drop)
}

/// Begins a fetch that fails.
fn fail(keys: &mut KeySet, now: SystemTime) {
    let response = Response::builder().status(503).body(Vec::new()).unwrap();
    let refused = keys.fetch(now).response(response, now).unwrap_err();
    assert!(matches!(refused.error(), Error::Unavailable(_)));
}

fn required(fetch_in: Duration) -> Result<(), VerifyError> {
    Err(VerifyError::KeysRequired { fetch_in })
}

#[test]
fn keys_are_fetched_from_the_jwks_endpoint_without_authentication() {
    let mut keys = workos_client().key_set();
    let request = keys.fetch(now()).request();
    assert_eq!(request.method(), "GET");
    assert_eq!(
        request.uri().to_string(),
        format!("https://api.workos.com/sso/jwks/{CLIENT_ID}")
    );
    assert!(!request.headers().contains_key("authorization"));
    assert!(request.body().is_empty());
    let mut keys = oauth_client().key_set(AUDIENCE).unwrap();
    assert_eq!(
        keys.fetch(now()).request().uri(),
        "https://auth.example.com/jwks"
    );
}

#[test]
fn a_client_id_is_percent_encoded() {
    let client = workos_login::Client::public("client/../?#é".parse().unwrap());
    let client = client
        .base_url("http://127.0.0.1:9/base/".parse().unwrap())
        .unwrap();
    assert_eq!(
        client.key_set().fetch(now()).request().uri(),
        "http://127.0.0.1:9/base/sso/jwks/client%2F..%2F%3F%23%C3%A9"
    );
    let longest = workos_login::Client::public("é".repeat(128).parse().unwrap());
    let base = format!("https://example.com/{}", "a".repeat(32_000));
    let longest = longest.base_url(base.parse().unwrap()).unwrap();
    let _ = longest.key_set();
}

#[test]
fn an_oauth_server_needs_a_jwks_uri() {
    let endpoint = |path: &str| format!("https://auth.example.com/{path}").parse().unwrap();
    let server =
        workos_login::Server::new("https://auth.example.com", &endpoint("a"), &endpoint("t"))
            .unwrap();
    let client = workos_login::Client::oauth(CLIENT_ID.parse().unwrap(), server);
    let error = client.key_set(AUDIENCE).unwrap_err();
    assert_eq!(
        error.to_string(),
        "server has no JWKS URI; set it to verify tokens"
    );
}

#[test]
fn a_key_set_without_keys_requires_them() {
    let keys = oauth_client().key_set(AUDIENCE).unwrap();
    assert_eq!(keys.needs_fetch_in(now()), Duration::ZERO);
    assert_eq!(verify(&keys, "ed", now()), required(Duration::ZERO));
}

#[test]
fn keys_are_due_at_their_maximum_age_and_stay_in_use() {
    let keys = oauth();
    assert_eq!(keys.needs_fetch_in(now()), KEYS_MAX_AGE);
    assert_eq!(keys.needs_fetch_in(now() + secs(599)), secs(1));
    assert_eq!(keys.needs_fetch_in(now() + KEYS_MAX_AGE), Duration::ZERO);
    assert_eq!(verify(&keys, "ed", now() + KEYS_MAX_AGE), Ok(()));
}

#[test]
fn made_up_key_ids_cause_one_fetch_in_a_cooldown() {
    let mut keys = oauth();
    let mut fetches = 0;
    for second in 0..120 {
        let now = now() + secs(second);
        match verify(&keys, &format!("made-up-{second}"), now) {
            Err(VerifyError::KeysRequired { fetch_in }) => {
                assert_eq!(fetch_in, Duration::ZERO);
                fetches += 1;
                let jwks = json!({"keys": [ED.jwk("ed")]});
                keys = load(keys, &jwks, now);
                assert_eq!(
                    verify(&keys, "made-up", now),
                    Err(InvalidToken::UnknownKeyId.into())
                );
            }
            result => assert_eq!(result, Err(InvalidToken::UnknownKeyId.into())),
        }
        assert_eq!(verify(&keys, "ed", now), Ok(()));
    }
    assert_eq!(fetches, 3);
}

#[test]
fn a_new_key_leads_to_a_fetch() {
    let keys = oauth();
    let later = now() + KEYS_COOLDOWN;
    assert_eq!(verify(&keys, "new", later), required(Duration::ZERO));
    let keys = load(keys, &json!({"keys": [ED.jwk("ed"), ED.jwk("new")]}), later);
    assert_eq!(verify(&keys, "new", later), Ok(()));
    assert_eq!(verify(&keys, "ed", later), Ok(()));
}

#[test]
fn a_removed_key_is_not_used_after_the_fetch() {
    let keys = load(
        oauth(),
        &json!({"keys": [ED.jwk("new")]}),
        now() + KEYS_MAX_AGE,
    );
    assert_eq!(
        verify(&keys, "ed", now() + KEYS_MAX_AGE),
        Err(InvalidToken::UnknownKeyId.into())
    );
}

#[test]
fn old_keys_stay_in_use_for_a_day_if_fetches_fail() {
    let mut keys = oauth();
    let end = now() + KEYS_TTL;
    let mut time = now() + KEYS_MAX_AGE;
    let mut fetches = 0;
    let [token, unknown] = ["ed", "new"].map(token);
    while time < end {
        assert_eq!(keys.needs_fetch_in(time), Duration::ZERO);
        fail(&mut keys, time);
        fetches += 1;
        assert_eq!(keys.needs_fetch_in(time), KEYS_COOLDOWN);
        assert_eq!(keys.verify_access_token(&token, time).map(drop), Ok(()));
        // A failed fetch does not make a token of an unknown key invalid.
        assert_eq!(
            keys.verify_access_token(&unknown, time).map(drop),
            required(KEYS_COOLDOWN)
        );
        time += KEYS_COOLDOWN;
    }
    assert_eq!(
        fetches,
        (KEYS_TTL - KEYS_MAX_AGE).as_secs() / KEYS_COOLDOWN.as_secs()
    );
    assert_eq!(verify(&keys, "ed", end - secs(1)), Ok(()));
    assert_eq!(verify(&keys, "ed", end), required(Duration::ZERO));
}

#[test]
fn the_first_fetch_is_retried_sooner() {
    let mut keys = oauth_client().key_set(AUDIENCE).unwrap();
    fail(&mut keys, now());
    assert_eq!(keys.needs_fetch_in(now()), KEYS_RETRY);
    assert_eq!(verify(&keys, "ed", now()), required(KEYS_RETRY));
    assert_eq!(keys.needs_fetch_in(now() + KEYS_RETRY), Duration::ZERO);
}

#[test]
fn a_fetch_in_flight_is_not_begun_again() {
    let mut keys = oauth();
    let later = now() + KEYS_COOLDOWN;
    let exchange = keys.fetch(later);
    assert_eq!(verify(&keys, "new", later + secs(2)), required(secs(28)));
    assert_eq!(verify(&keys, "ed", later + secs(2)), Ok(()));
    let jwks = json!({"keys": [ED.jwk("new")]});
    let keys = exchange.response(response(&jwks), later + secs(3)).unwrap();
    assert_eq!(verify(&keys, "new", later + secs(3)), Ok(()));
    // The age counts from the request: a key that was published after it may be missing.
    assert_eq!(keys.needs_fetch_in(later + secs(3)), KEYS_MAX_AGE - secs(3));
}

#[test]
fn a_clock_that_is_set_back_delays_no_fetch() {
    let keys = oauth();
    // A small step is within the tolerance.
    assert_eq!(verify(&keys, "ed", now() - secs(60)), Ok(()));
    let year = secs(365 * 24 * 60 * 60);
    assert_eq!(keys.needs_fetch_in(now() - year), Duration::ZERO);
    assert_eq!(verify(&keys, "ed", now() - year), required(Duration::ZERO));
    let keys = load(keys, &json!({"keys": [ED.jwk("ed")]}), now() - year);
    assert_eq!(verify(&keys, "ed", now() - year), Ok(()));
}

#[test]
fn a_clone_is_a_snapshot() {
    let keys = oauth();
    let snapshot = keys.clone();
    let keys = load(keys, &json!({"keys": []}), now() + KEYS_MAX_AGE);
    assert_eq!(verify(&snapshot, "ed", now() + KEYS_MAX_AGE), Ok(()));
    assert!(verify(&keys, "ed", now() + KEYS_MAX_AGE).is_err());
    assert!(
        snapshot
            .verify_access_token(&access_token(&json!({})), now())
            .is_ok()
    );
}
