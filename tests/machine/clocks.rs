//! Wrong clocks: before 1970, in the far future, and clocks that jump.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workos_login::http::header::RETRY_AFTER;
use workos_login::{Authenticated, Exchange, Exchanging, RefreshPolicy};

use crate::scenario::{
    Counting, Scenario, begin, fixture, now, real_callback, reloaded, response, secs, session,
    success_with_claims, with_header,
};

/// Clock times of a computer with a wrong clock, and [`now`].
pub(crate) fn odd_clocks() -> Vec<SystemTime> {
    let mut latest = UNIX_EPOCH;
    let mut earliest = UNIX_EPOCH;
    for distance in (0..63).rev().map(|bit| secs(1 << bit)) {
        latest = latest.checked_add(distance).unwrap_or(latest);
        earliest = earliest.checked_sub(distance).unwrap_or(earliest);
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

/// A session with a lifetime of five minutes, received at this time.
fn authenticated_at(exchanging: Exchanging, clock: SystemTime) -> Authenticated {
    let response = response(200, fixture("success_refresh_expired_token.json"));
    exchanging
        .response(response, clock)
        .unwrap()
        .authenticated()
        .unwrap()
}

#[test]
fn m4_finishes_a_stored_login_at_any_clock_time() {
    for clock in odd_clocks() {
        let scenario = Scenario::public();
        let (_, pending) = scenario.to_start().begin(clock, &mut Counting::default());
        assert_eq!(pending.expires_in(clock), secs(600), "{clock:?}");
        let pending = reloaded(&pending);
        let exchanging = pending
            .accept(&scenario.client, real_callback(), clock)
            .unwrap();
        let session = authenticated_at(exchanging, clock);
        assert_eq!(session.expires_in(clock), Some(secs(300)), "{clock:?}");
        assert_eq!(
            session.refresh_in(&RefreshPolicy::default(), clock),
            Some(secs(150))
        );
    }
}

#[test]
fn m4_no_pair_of_clock_times_panics() {
    let scenario = Scenario::public();
    for first in odd_clocks() {
        for second in odd_clocks() {
            let (_, pending) = scenario.to_start().begin(first, &mut Counting::default());
            assert!(pending.expires_in(second) <= secs(600));
            let date = "Thu, 28 May 2026 20:26:50 GMT";
            let unavailable = with_header(response(429, ""), RETRY_AFTER, date);
            let refused = scenario
                .to_refreshing()
                .response(unavailable, first)
                .unwrap_err();
            assert!(refused.retry_in(second).unwrap() <= secs(60));
            let session = authenticated_at(scenario.to_exchanging(), first);
            assert!(session.expires_in(second).unwrap() <= secs(300));
        }
    }
}

#[test]
fn stores_an_unlimited_lifetime() {
    let (_, pending) = begin(Scenario::public().to_start().expires_after(Duration::MAX));
    let far = now() + secs(1_000_000_000);
    assert!(pending.expires_in(far) > secs(1_000_000_000));
    assert!(reloaded(&pending).expires_in(far) > secs(1_000_000_000));

    let claims = r#"{"iat":0,"exp":18446744073709551615}"#;
    let session = session(&success_with_claims(claims));
    assert!(session.refresh_in(&RefreshPolicy::default(), far).unwrap() > secs(1_000_000_000));
    assert_eq!(reloaded(&session).expires_in(far), session.expires_in(far));
}

#[test]
fn expires_a_login_that_began_more_than_a_minute_in_the_future() {
    let pending = Scenario::public().to_awaiting_callback();
    let behind = now() - secs(60);
    assert_eq!(pending.expires_in(behind), secs(600));
    assert_eq!(
        pending.expires_in(behind - Duration::from_millis(1)),
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
        let session = authenticated_at(Scenario::public().to_exchanging(), clock);
        assert_eq!(session.expires_in(clock + secs(100)), Some(secs(200)));
    }
}
