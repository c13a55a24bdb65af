//! Limits of durations.

use std::time::Duration;

use serde_json::json;
use workos_login::http::header::RETRY_AFTER;
use workos_login::limits::{
    EXCHANGE_TIMEOUT, MAX_POLLING_BACKOFF, MAX_RETRY_AFTER, MIN_POLLING_INTERVAL,
    PENDING_LOGIN_TTL, POLLING_INTERVAL, REFRESH_MARGIN, SLOW_DOWN_INCREMENT, TIMESTAMP_TOLERANCE,
};
use workos_login::{ExchangeLimits, RefreshPolicy};

use crate::scenario::{
    Scenario, edited, kind, now, refusal, refused, response, secs, session, success_with_claims,
    with_header,
};

const MOMENT: Duration = Duration::from_millis(1);

#[test]
fn expires_a_pending_login_after_its_ttl() {
    let pending = Scenario::public().to_awaiting_callback();
    let left = |age: Duration| pending.expires_in(now() + age);
    assert_eq!(left(PENDING_LOGIN_TTL - MOMENT), MOMENT);
    assert_eq!(left(PENDING_LOGIN_TTL), Duration::ZERO);
    assert_eq!(left(PENDING_LOGIN_TTL + MOMENT), Duration::ZERO);
}

#[test]
fn tolerates_a_timestamp_in_the_future() {
    let scenario = Scenario::public();
    let pending = scenario.to_awaiting_callback();
    let device = scenario.to_awaiting_device();
    let session = session(&success_with_claims(r#"{"iat":0,"exp":300}"#));
    let valid = |before: Duration| {
        let now = now() - before;
        [
            !pending.expires_in(now).is_zero(),
            !device.expires_in(now).is_zero(),
            !session.expires_in(now).unwrap().is_zero(),
        ]
    };
    assert_eq!(valid(TIMESTAMP_TOLERANCE - MOMENT), [true; 3]);
    assert_eq!(valid(TIMESTAMP_TOLERANCE), [true; 3]);
    assert_eq!(valid(TIMESTAMP_TOLERANCE + MOMENT), [false; 3]);
    let (_, error) = refused(device.poll(&scenario.client, now() - TIMESTAMP_TOLERANCE - MOMENT));
    assert_eq!(kind(&error), "Expired");
}

#[test]
fn is_due_for_refresh_before_its_expiry() {
    let due = |lifetime: u64| {
        let claims = json!({ "iat": 1000, "exp": 1000 + lifetime }).to_string();
        let session = session(&success_with_claims(&claims));
        session
            .refresh_in(&RefreshPolicy::default(), now())
            .unwrap()
    };
    let twice = 2 * REFRESH_MARGIN.as_secs();
    assert_eq!(due(twice - 2), secs(twice / 2 - 1));
    assert_eq!(due(twice), secs(twice) - REFRESH_MARGIN);
    assert_eq!(due(twice + 2), secs(twice + 2) - REFRESH_MARGIN);
}

#[test]
fn limits_the_polling_interval_and_the_backoff() {
    let client = Scenario::public().client;
    let device = |interval: Option<u64>| {
        Scenario::public().to_awaiting_device_from(&edited("device_authorization.json", |body| {
            body["interval"] = json!(interval)
        }))
    };
    let polling = |interval| device(interval).poll(&client, now()).unwrap();
    assert_eq!(device(None).poll_in(now()), POLLING_INTERVAL);
    let minimum = MIN_POLLING_INTERVAL.as_secs();
    assert_eq!(device(Some(minimum)).poll_in(now()), MIN_POLLING_INTERVAL);
    assert_eq!(device(Some(minimum + 1)).poll_in(now()), secs(minimum + 1));
    let slower = crate::device::pending(polling(None), "slow_down", now());
    assert_eq!(
        slower.poll_in(now()),
        POLLING_INTERVAL + SLOW_DOWN_INCREMENT
    );
    let backoff = |interval| polling(Some(interval)).into_awaiting(now()).poll_in(now());
    let half = MAX_POLLING_BACKOFF.as_secs() / 2;
    assert_eq!(backoff(half - 1), MAX_POLLING_BACKOFF - secs(2));
    assert_eq!(backoff(half), MAX_POLLING_BACKOFF);
    assert_eq!(backoff(half + 1), MAX_POLLING_BACKOFF);
    // The interval of the service has no such limit.
    assert_eq!(backoff(90), secs(90));
}

#[test]
fn limits_the_timeout_of_an_exchange() {
    let set = |timeout| ExchangeLimits::default().timeout(timeout).timeout;
    assert_eq!(ExchangeLimits::default().timeout, EXCHANGE_TIMEOUT);
    assert_eq!(set(EXCHANGE_TIMEOUT - MOMENT), EXCHANGE_TIMEOUT - MOMENT);
    assert_eq!(set(EXCHANGE_TIMEOUT), EXCHANGE_TIMEOUT);
    assert_eq!(set(EXCHANGE_TIMEOUT + MOMENT), EXCHANGE_TIMEOUT);
}

#[test]
fn limits_retry_after() {
    let waits = |value: &str| {
        let response = with_header(response(429, ""), RETRY_AFTER, value);
        let (_, error) = refusal(Scenario::public().to_exchanging(), response);
        error.retry_in(now()).unwrap()
    };
    let limit = MAX_RETRY_AFTER.as_secs();
    assert_eq!(waits(&(limit - 1).to_string()), secs(limit - 1));
    assert_eq!(waits(&limit.to_string()), MAX_RETRY_AFTER);
    assert_eq!(waits(&(limit + 1).to_string()), MAX_RETRY_AFTER);
    assert_eq!(waits(&"9".repeat(60_000)), MAX_RETRY_AFTER);
    assert_eq!(waits(&"0".repeat(60_000)), Duration::ZERO);
}
