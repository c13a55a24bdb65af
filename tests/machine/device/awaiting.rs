//! How long a device login waits before it asks again: the interval, `slow_down`, lost answers, any clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use workos_login::http::header::RETRY_AFTER;
use workos_login::{AwaitingDevice, Exchange, SendError};

use super::{PENDING, SLOW_DOWN_INCREMENT, pending};
use crate::clocks::odd_clocks;
use crate::scenario::{
    Scenario, edited, fixture, now, refusal, response, secs, stored, with_header,
};

fn started() -> AwaitingDevice {
    Scenario::public().to_awaiting_device()
}

/// Polls when it is time, and returns what comes of this answer, with the moment it came.
#[track_caller]
fn polled(device: AwaitingDevice, name: &str, at: &mut SystemTime) -> AwaitingDevice {
    *at += device.poll_in(*at);
    let polling = device.poll(&Scenario::public().client, *at).unwrap();
    pending(polling, name, *at)
}

/// Polls when it is time, and gets no answer.
#[track_caller]
fn lost(device: AwaitingDevice, at: &mut SystemTime) -> AwaitingDevice {
    *at += device.poll_in(*at);
    let polling = device.poll(&Scenario::public().client, *at).unwrap();
    let lost = SendError::transport(polling, "connection reset");
    assert!(lost.retry_in(*at).is_some());
    lost.into_state().into_awaiting(*at)
}

/// Polls when it is time, and is answered "not now".
#[track_caller]
fn not_now(
    device: AwaitingDevice,
    retry_after: Option<&str>,
    at: &mut SystemTime,
) -> AwaitingDevice {
    *at += device.poll_in(*at);
    let polling = device.poll(&Scenario::public().client, *at).unwrap();
    let mut response = response(503, "<html>");
    if let Some(wait) = retry_after {
        response = with_header(response, RETRY_AFTER, wait);
    }
    let refused = polling.response(response, *at).unwrap_err();
    assert!(refused.retry_in(*at).is_some());
    refused.into_parts().0.into_awaiting(*at)
}

#[test]
fn waits_before_the_first_poll() {
    let device = started();
    assert_eq!(device.poll_in(now()), secs(5));
    assert_eq!(device.poll_in(now() + secs(2)), secs(3));
    assert_eq!(device.poll_in(now() + secs(5)), Duration::ZERO);
    assert_eq!(device.poll_in(now() + secs(500)), Duration::ZERO);
}

#[test]
fn counts_the_interval_from_receipt() {
    let polling = Scenario::public().to_polling();
    let later = now() + secs(20);
    let device = pending(polling, PENDING, later);
    assert_eq!(device.poll_in(later), secs(5));
    assert_eq!(device.poll_in(later + secs(1)), secs(4));
}

#[test]
fn c58_slow_down_adds_five_seconds_to_all_later_intervals() {
    let mut at = now();
    let mut device = started();
    for (name, seconds) in [
        (PENDING, 5),
        (SLOW_DOWN_INCREMENT, 10),
        (PENDING, 10),
        (PENDING, 10),
        (SLOW_DOWN_INCREMENT, 15),
        (SLOW_DOWN_INCREMENT, 20),
        (PENDING, 20),
    ] {
        device = polled(device, name, &mut at);
        assert_eq!(device.poll_in(at), secs(seconds), "{name}");
    }
}

#[test]
fn c61_backs_off_after_a_lost_response_and_goes_on() {
    let mut at = now();
    let body = edited("device_authorization.json", |body| {
        body["expires_in"] = json!(9_000);
    });
    let mut device = Scenario::public().to_awaiting_device_from(&body);
    for seconds in [10, 20, 40, 60, 60, 60] {
        device = lost(device, &mut at);
        assert_eq!(device.poll_in(at), secs(seconds));
    }
    device = polled(device, PENDING, &mut at);
    assert_eq!(device.poll_in(at), secs(5));
    device = lost(device, &mut at);
    assert_eq!(device.poll_in(at), secs(10));
    device = polled(device, SLOW_DOWN_INCREMENT, &mut at);
    assert_eq!(device.poll_in(at), secs(10));
    device = lost(device, &mut at);
    assert_eq!(device.poll_in(at), secs(20));
    device = polled(device, PENDING, &mut at);
    assert_eq!(device.poll_in(at), secs(10));
}

#[test]
fn keeps_an_interval_of_more_than_a_minute() {
    let body = edited("device_authorization.json", |body| {
        body["interval"] = json!(90)
    });
    let mut at = now();
    let device = Scenario::public().to_awaiting_device_from(&body);
    let device = lost(device, &mut at);
    assert_eq!(device.poll_in(at), secs(90));
}

#[test]
fn retry_after_prolongs_the_backoff_and_never_shortens_it() {
    for (retry_after, seconds) in [
        (Some("30"), 30),
        (Some("86400"), 60),
        (Some("Thu, 28 May 2026 20:27:15 GMT"), 30),
        (Some("1"), 10),
        (Some("0"), 10),
        (Some("soon"), 10),
        (None, 10),
    ] {
        let mut at = now();
        let device = not_now(started(), retry_after, &mut at);
        assert_eq!(device.poll_in(at), secs(seconds), "{retry_after:?}");
        let device = polled(device, PENDING, &mut at);
        assert_eq!(device.poll_in(at), secs(5), "{retry_after:?}");
    }
}

#[test]
fn backs_off_further_with_each_transient_error() {
    let mut at = now();
    let mut device = started();
    for seconds in [10, 20, 40, 60, 60] {
        device = not_now(device, Some("1"), &mut at);
        assert_eq!(device.poll_in(at), secs(seconds));
    }
    device = not_now(started(), Some("45"), &mut at);
    assert_eq!(device.poll_in(at), secs(45));
}

#[test]
fn keeps_the_retry_after_if_the_response_to_a_retry_is_lost() {
    let mut at = now();
    let mut device = not_now(started(), Some("50"), &mut at);
    assert_eq!(device.poll_in(at), secs(50));
    device = lost(device, &mut at);
    assert_eq!(device.poll_in(at), secs(60));
}

#[test]
fn a_retried_poll_has_the_backoff_of_its_last_response() {
    let polling = Scenario::public().to_polling();
    let first = with_header(response(429, ""), RETRY_AFTER, "50");
    let (polling, _) = refusal(polling, first);
    let (polling, _) = refusal(polling, response(503, ""));
    assert_eq!(polling.into_awaiting(now()).poll_in(now()), secs(10));
}

#[test]
fn counts_the_longest_intervals() {
    for interval in [1e9, 1e15, 1e18, 1.8e19] {
        let body = edited("device_authorization.json", |body| {
            body["interval"] = json!(interval);
            body["expires_in"] = json!(interval);
        });
        let device = Scenario::public().to_awaiting_device_from(&body);
        let client = Scenario::public().client;
        let slower = pending(
            device.poll(&client, now()).unwrap(),
            SLOW_DOWN_INCREMENT,
            now(),
        );
        assert!(slower.poll_in(now()) > secs(900_000_000));
        let slower = slower.poll(&client, now()).unwrap().into_awaiting(now());
        assert!(slower.poll_in(now()) > secs(900_000_000));
        let read: AwaitingDevice = serde_json::from_str(&stored(&slower)).unwrap();
        assert!(read.poll_in(now()) > secs(900_000_000));
        assert!(read.expires_in(now()) > secs(900_000_000));
    }
}

#[test]
fn a_clock_that_is_set_back_causes_no_busy_loop() {
    for behind in [1, 30, 60] {
        let device = started();
        let at = now() - secs(behind);
        assert_eq!(device.poll_in(at), secs(5), "{behind}");
        assert_eq!(device.expires_in(at), secs(300), "{behind}");
        let polling = device.poll(&Scenario::public().client, at).unwrap();
        let device = pending(polling, PENDING, at);
        assert_eq!(device.poll_in(at), secs(5), "{behind}");
    }
    let at = now() - secs(60) - Duration::from_millis(1);
    assert_eq!(started().expires_in(at), Duration::ZERO);
    assert!(started().poll(&Scenario::public().client, at).is_err());
    assert_eq!(started().expires_in(UNIX_EPOCH), Duration::ZERO);
}

#[test]
fn a_clock_that_is_set_forward_causes_one_poll_or_expires_the_login() {
    let at = now() + secs(200);
    let device = started();
    assert_eq!(device.poll_in(at), Duration::ZERO);
    let device = pending(
        device.poll(&Scenario::public().client, at).unwrap(),
        PENDING,
        at,
    );
    assert_eq!(device.poll_in(at), secs(5));
    let year = now() + secs(31_000_000);
    assert!(started().poll(&Scenario::public().client, year).is_err());
}

#[test]
fn no_three_clock_times_panic_or_poll_at_once() {
    let scenario = Scenario::public();
    for begun in odd_clocks() {
        for later in odd_clocks() {
            let device = started_at(begun);
            assert_eq!(device.poll_in(begun), secs(5));
            assert!(device.poll_in(later) <= secs(5));
            assert!(device.expires_in(later) <= secs(300));
            let Ok(polling) = device.poll(&scenario.client, later) else {
                continue;
            };
            for answered in odd_clocks() {
                let polling = started_at(begun).poll(&scenario.client, later).unwrap();
                let device = pending(polling, SLOW_DOWN_INCREMENT, answered);
                let wait = secs(10).min(device.expires_in(answered));
                assert_eq!(device.poll_in(answered), wait);
            }
            assert_eq!(polling.into_awaiting(later).poll_in(later), secs(10));
        }
    }
}

fn started_at(begun: SystemTime) -> AwaitingDevice {
    let body = fixture("device_authorization.json");
    let requesting = Scenario::public().client.device();
    requesting.response(response(200, body), begun).unwrap()
}
