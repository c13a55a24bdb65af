//! Wrong clocks: before 1970, in the far future, and jumping. None makes anything panic.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workos_login::http::header::RETRY_AFTER;
use workos_login::{Exchange, RefreshPolicy};

use crate::scenario::{
    CODE, Counting, STATE, Scenario, callback, fixture, now, response, secs, session, stored,
    success_with_claims, with_header,
};

/// The clocks that no computer should have.
pub(crate) fn odd_clocks() -> Vec<SystemTime> {
    let mut latest = UNIX_EPOCH;
    let mut earliest = UNIX_EPOCH;
    for step in (0..63).rev().map(|bit| secs(1 << bit)) {
        latest = latest.checked_add(step).unwrap_or(latest);
        earliest = earliest.checked_sub(step).unwrap_or(earliest);
    }
    assert!(latest > now() && earliest < UNIX_EPOCH);
    vec![
        earliest,
        UNIX_EPOCH - secs(1),
        UNIX_EPOCH,
        UNIX_EPOCH + secs(1),
        now(),
        latest,
    ]
}

#[test]
fn m4_finishes_a_stored_login_at_any_clock_time() {
    for clock in odd_clocks() {
        let scenario = Scenario::public();
        let (_, pending) = scenario.to_start().begin(clock, &mut Counting::default());
        assert_eq!(pending.expires_in(clock), secs(600), "{clock:?}");
        let pending = serde_json::from_str(&stored(&pending)).unwrap();
        let _: &workos_login::AwaitingCallback = &pending;
        let real = callback(&format!("code={CODE}&state={STATE}"));
        let exchanging = pending.accept(&scenario.client, real, clock).unwrap();
        let response = response(200, fixture("success_refresh_expired_token.json"));
        let session = exchanging
            .response(response, clock)
            .unwrap()
            .authenticated()
            .unwrap();
        assert_eq!(session.expires_in(clock), Some(secs(300)), "{clock:?}");
        assert_eq!(
            session.refresh_in(&RefreshPolicy::default(), clock),
            Some(secs(150))
        );
    }
}

#[test]
fn m4_no_pair_of_clock_times_panics() {
    for begun in odd_clocks() {
        for later in odd_clocks() {
            let (_, pending) = Scenario::public()
                .to_start()
                .begin(begun, &mut Counting::default());
            assert!(pending.expires_in(later) <= secs(600));
            let unavailable = with_header(
                response(429, ""),
                RETRY_AFTER,
                "Thu, 28 May 2026 20:26:50 GMT",
            );
            let refused = Scenario::public()
                .to_refreshing()
                .response(unavailable, begun)
                .unwrap_err();
            assert!(refused.retry_in(later).unwrap() <= secs(60));
            let response = response(200, fixture("success_refresh_expired_token.json"));
            let outcome = Scenario::public()
                .to_exchanging()
                .response(response, begun)
                .unwrap();
            let session = outcome.authenticated().unwrap();
            assert!(session.expires_in(later).unwrap() <= secs(300));
        }
    }
}

#[test]
fn stores_an_unlimited_lifetime() {
    let (_, pending) =
        crate::scenario::begin(Scenario::public().to_start().expires_after(Duration::MAX));
    let far = now() + secs(1_000_000_000);
    assert!(pending.expires_in(far) > secs(1_000_000_000));
    let loaded: workos_login::AwaitingCallback = serde_json::from_str(&stored(&pending)).unwrap();
    assert!(loaded.expires_in(far) > secs(1_000_000_000));
    assert_eq!(stored(&loaded), stored(&pending));

    let endless = session(&success_with_claims(
        r#"{"iat":0,"exp":18446744073709551615}"#,
    ));
    assert!(endless.refresh_in(&RefreshPolicy::default(), far).unwrap() > secs(1_000_000_000));
    let loaded: workos_login::Authenticated = serde_json::from_str(&stored(&endless)).unwrap();
    assert_eq!(loaded.expires_in(far), endless.expires_in(far));
}

#[test]
fn tolerates_a_clock_that_is_a_minute_behind() {
    let pending = Scenario::public().to_awaiting_callback();
    assert_eq!(pending.expires_in(now() - secs(60)), secs(600));
}

#[test]
fn expires_a_login_from_the_future() {
    let pending = Scenario::public().to_awaiting_callback();
    let moment = Duration::from_millis(1);
    assert_eq!(
        pending.expires_in(now() - secs(60) - moment),
        Duration::ZERO
    );
    assert_eq!(pending.expires_in(UNIX_EPOCH), Duration::ZERO);
}

#[test]
fn a_clock_that_is_set_back_does_not_prolong_a_lifetime() {
    let session = session(&fixture("success_refresh_expired_token.json"));
    for (set_back, expires_in) in [(0, 300), (1, 300), (60, 300), (61, 0), (280, 0)] {
        assert_eq!(
            session.expires_in(now() - secs(set_back)),
            Some(secs(expires_in)),
            "{set_back}"
        );
    }
}

#[test]
fn a_wrong_clock_does_not_shorten_a_lifetime() {
    for wrong in [secs(3_000_000_000), secs(86_400)] {
        let clock = UNIX_EPOCH + wrong;
        let response = response(200, fixture("success_refresh_expired_token.json"));
        let outcome = Scenario::public()
            .to_exchanging()
            .response(response, clock)
            .unwrap();
        let session = outcome.authenticated().unwrap();
        assert_eq!(session.expires_in(clock + secs(100)), Some(secs(200)));
    }
}
