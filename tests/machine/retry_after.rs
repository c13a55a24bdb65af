//! The time until a retry.

use std::time::{Duration, SystemTime};

use workos_login::Exchange;
use workos_login::http::header::RETRY_AFTER;

use crate::scenario::{Scenario, now, refusal, response, secs, with_header};

/// The time until a retry, on receipt of a transient error with this `Retry-After`.
fn wait(retry_after: &str) -> Duration {
    wait_at(retry_after, now(), now())
}

fn wait_at(retry_after: &str, received: SystemTime, asked: SystemTime) -> Duration {
    let waits = [429, 503, 408, 500].map(|status| {
        let response = with_header(response(status, ""), RETRY_AFTER, retry_after);
        let refused = Scenario::public()
            .to_refreshing()
            .response(response, received);
        refused.unwrap_err().retry_in(asked).unwrap()
    });
    assert!(waits.iter().all(|wait| *wait == waits[0]), "{waits:?}");
    waits[0]
}

#[test]
fn accepts_seconds_up_to_a_minute() {
    for (value, seconds) in [
        ("0", 0),
        ("1", 1),
        ("30", 30),
        (" 30 ", 30),
        ("007", 7),
        ("59", 59),
        ("60", 60),
        ("61", 60),
        ("86400", 60),
        ("18446744073709551615", 60),
        (&"9".repeat(1000), 60),
    ] {
        assert_eq!(wait(value), secs(seconds), "{value}");
    }
}

#[test]
fn accepts_a_date() {
    // The scenario begins at 20:26:40.
    for (value, seconds) in [
        ("Thu, 28 May 2026 20:26:50 GMT", 10),
        ("Thursday, 28-May-26 20:26:50 GMT", 10),
        ("Thu May 28 20:26:50 2026", 10),
        ("Thu, 28 May 2026 21:26:50 GMT", 60),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 60),
        ("Thu, 28 May 2026 20:26:40 GMT", 0),
        ("Thu, 28 May 2026 20:26:39 GMT", 0),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ] {
        assert_eq!(wait(value), secs(seconds), "{value}");
    }
}

#[test]
fn is_one_second_if_it_is_invalid_or_missing() {
    for invalid in [
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
        assert_eq!(wait(invalid), secs(1), "{invalid:?}");
    }
    let (_, error) = refusal(Scenario::public().to_refreshing(), response(429, ""));
    assert_eq!(error.retry_in(now()), Some(secs(1)));
}

#[test]
fn counts_from_receipt() {
    assert_eq!(wait_at("30", now(), now() + secs(10)), secs(20));
    assert_eq!(wait_at("30", now(), now() + secs(30)), Duration::ZERO);
    assert_eq!(wait_at("30", now(), now() + secs(300)), Duration::ZERO);
    assert_eq!(wait_at("30", now(), now() - secs(300)), secs(60));
    assert_eq!(wait_at("30", now(), SystemTime::UNIX_EPOCH), secs(60));
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
        let (_, error) = refusal(Scenario::public().to_exchanging(), response);
        assert_eq!(error.retry_in(now()), None, "{status}");
    }
}
