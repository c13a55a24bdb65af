//! How long a device login waits before it asks again: the interval, `slow_down`, lost answers, any clock.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use workos_login::http::header::RETRY_AFTER;
use workos_login::{AwaitingDevice, Exchange, SendError};

use super::{PENDING, SLOW_DOWN_INCREMENT, pending};
use crate::clocks::odd_clocks;
use crate::scenario::{Scenario, answer, edited, fixture, now, refusal, secs, stored, with_header};

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
    let mut response = answer(503, "<html>");
    if let Some(wait) = retry_after {
        response = with_header(response, RETRY_AFTER, wait);
    }
    let refused = polling.response(response, *at).unwrap_err();
    assert!(refused.retry_in(*at).is_some());
    refused.into_parts().0.into_awaiting(*at)
}

#[test]
fn the_first_poll_waits_too_and_every_wait_becomes_shorter_as_time_passes() {
    let device = started();
    assert_eq!(device.poll_in(now()), secs(5));
    assert_eq!(device.poll_in(now() + secs(2)), secs(3));
    assert_eq!(device.poll_in(now() + secs(5)), Duration::ZERO);
    assert_eq!(device.poll_in(now() + secs(500)), Duration::ZERO);
}

#[test]
fn the_wait_begins_with_the_answer() {
    let polling = Scenario::public().to_polling();
    let later = now() + secs(20);
    let device = pending(polling, PENDING, later);
    assert_eq!(device.poll_in(later), secs(5));
    assert_eq!(device.poll_in(later + secs(1)), secs(4));
}

#[test]
fn slow_down_adds_five_seconds_to_this_and_all_later_waits() {
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
fn a_lost_answer_doubles_the_wait_up_to_a_minute_and_an_answer_brings_the_interval_back() {
    let mut at = now();
    let body = edited("device_authorization.json", |body| {
        body["expires_in"] = json!(9_000);
    });
    let mut device = Scenario::public().to_awaiting_device_by(&body);
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
fn an_interval_of_more_than_a_minute_stays_after_a_lost_answer() {
    let body = edited("device_authorization.json", |body| {
        body["interval"] = json!(90)
    });
    let mut at = now();
    let device = Scenario::public().to_awaiting_device_by(&body);
    let device = lost(device, &mut at);
    assert_eq!(device.poll_in(at), secs(90));
}

#[test]
fn the_service_may_ask_for_a_longer_wait_and_never_for_a_shorter_one() {
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
fn refusals_in_a_row_wait_ever_longer() {
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
fn the_wait_that_was_asked_for_is_not_forgotten_when_the_answer_to_a_repetition_is_lost() {
    let mut at = now();
    let mut device = not_now(started(), Some("50"), &mut at);
    assert_eq!(device.poll_in(at), secs(50));
    device = lost(device, &mut at);
    assert_eq!(device.poll_in(at), secs(60));
}

#[test]
fn a_refused_poll_that_is_sent_again_has_the_wait_of_its_last_answer() {
    let polling = Scenario::public().to_polling();
    let first = with_header(answer(429, ""), RETRY_AFTER, "50");
    let (polling, _) = refusal(polling, first);
    let (polling, _) = refusal(polling, answer(503, ""));
    assert_eq!(polling.into_awaiting(now()).poll_in(now()), secs(10));
}

#[test]
fn no_interval_is_too_long_to_be_counted() {
    for interval in [1e9, 1e15, 1e18, 1.8e19] {
        let body = edited("device_authorization.json", |body| {
            body["interval"] = json!(interval);
            body["expires_in"] = json!(interval);
        });
        let device = Scenario::public().to_awaiting_device_by(&body);
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
fn a_clock_that_is_set_back_makes_no_busy_loop() {
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
fn a_clock_that_is_set_forward_costs_one_poll_or_ends_the_login() {
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
fn no_three_clocks_make_a_panic_or_a_poll_at_once() {
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
    requesting.response(answer(200, body), begun).unwrap()
}
