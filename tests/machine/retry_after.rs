//! How long to wait before the same request is sent again.

use std::time::{Duration, SystemTime};

use workos_login::Exchange;
use workos_login::http::header::RETRY_AFTER;

use crate::scenario::{Scenario, now, response, secs, with_header};

/// The wait after a 429 with this `Retry-After`, asked for at the moment of the answer.
fn wait(retry_after: &str) -> Option<Duration> {
    wait_at(retry_after, now(), now())
}

fn wait_at(retry_after: &str, received: SystemTime, asked: SystemTime) -> Option<Duration> {
    let waits = [429, 503, 408, 500].map(|status| {
        let response = with_header(response(status, ""), RETRY_AFTER, retry_after);
        let refused = Scenario::public()
            .to_refreshing()
            .response(response, received);
        refused.unwrap_err().retry_in(asked)
    });
    assert!(waits.iter().all(|wait| *wait == waits[0]), "{waits:?}");
    waits[0]
}

#[test]
fn accepts_seconds_up_to_a_minute() {
    assert_eq!(wait("1"), Some(secs(1)));
    assert_eq!(wait("30"), Some(secs(30)));
    assert_eq!(wait(" 30 "), Some(secs(30)));
    assert_eq!(wait("007"), Some(secs(7)));
    assert_eq!(wait("59"), Some(secs(59)));
    assert_eq!(wait("60"), Some(secs(60)));
    assert_eq!(wait("61"), Some(secs(60)));
    assert_eq!(wait("86400"), Some(secs(60)));
    assert_eq!(wait("18446744073709551615"), Some(secs(60)));
    assert_eq!(wait(&"9".repeat(1000)), Some(secs(60)));
}

#[test]
fn the_service_may_ask_for_no_wait() {
    assert_eq!(wait("0"), Some(Duration::ZERO));
}

#[test]
fn accepts_a_date() {
    // The scenario begins at 20:26:40.
    assert_eq!(wait("Thu, 28 May 2026 20:26:50 GMT"), Some(secs(10)));
    assert_eq!(wait("Thursday, 28-May-26 20:26:50 GMT"), Some(secs(10)));
    assert_eq!(wait("Thu May 28 20:26:50 2026"), Some(secs(10)));
    assert_eq!(wait("Thu, 28 May 2026 21:26:50 GMT"), Some(secs(60)));
    assert_eq!(wait("Fri, 31 Dec 9999 23:59:59 GMT"), Some(secs(60)));
}

#[test]
fn a_date_that_has_passed_is_now() {
    assert_eq!(wait("Thu, 28 May 2026 20:26:40 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("Thu, 28 May 2026 20:26:39 GMT"), Some(Duration::ZERO));
    assert_eq!(wait("Thu, 01 Jan 1970 00:00:00 GMT"), Some(Duration::ZERO));
}

#[test]
fn is_one_second_if_it_is_invalid_or_missing() {
    for garbage in [
        "",
        "soon",
        "-1",
        "1.5",
        "1e3",
        "+5",
        "0x10",
        "1 second",
        "28 May 2026",
        "2026-05-28T20:26:50Z",
        "é",
    ] {
        assert_eq!(wait(garbage), Some(secs(1)), "{garbage:?}");
    }
    let refused = Scenario::public()
        .to_refreshing()
        .response(response(429, ""), now());
    assert_eq!(refused.unwrap_err().retry_in(now()), Some(secs(1)));
}

#[test]
fn counts_from_receipt() {
    assert_eq!(wait_at("30", now(), now() + secs(10)), Some(secs(20)));
    assert_eq!(wait_at("30", now(), now() + secs(30)), Some(Duration::ZERO));
    assert_eq!(
        wait_at("30", now(), now() + secs(300)),
        Some(Duration::ZERO)
    );
    assert_eq!(wait_at("30", now(), now() - secs(300)), Some(secs(60)));
    assert_eq!(wait_at("30", now(), SystemTime::UNIX_EPOCH), Some(secs(60)));
}

#[test]
fn is_ignored_on_a_final_error() {
    for (status, body) in [
        (400, r#"{"error":"invalid_grant"}"#),
        (404, ""),
        (302, ""),
        (200, "{}"),
    ] {
        let response = with_header(response(status, body), RETRY_AFTER, "5");
        let refused = Scenario::public()
            .to_exchanging()
            .response(response, now())
            .unwrap_err();
        assert_eq!(refused.retry_in(now()), None, "{status}");
    }
}
