//! The polling interval and the backoff of a device login.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;
use workos_login::http::header::RETRY_AFTER;
use workos_login::{AwaitingDevice, Exchange, PollingDevice};

use super::{PENDING, SLOW_DOWN, pending};
use crate::clocks::odd_clocks;
use crate::scenario::{
    Scenario, edited, fixture, lost, now, refusal, reloaded, response, secs, with_header,
};

fn started() -> AwaitingDevice {
    Scenario::public().to_awaiting_device()
}

/// A device login whose response has these members.
fn started_with(members: &[(&str, f64)]) -> AwaitingDevice {
    Scenario::public().to_awaiting_device_from(&edited("device_authorization.json", |body| {
        for (member, value) in members {
            body[member] = json!(value);
        }
    }))
}

/// A device login that is polled when it is due.
struct Polled {
    device: AwaitingDevice,
    at: SystemTime,
}

impl Polled {
    fn new(device: AwaitingDevice) -> Self {
        Self { device, at: now() }
    }

    /// Polls when due and checks the time until the next poll after this error code.
    #[track_caller]
    fn responds(&mut self, code: &str, seconds: u64) {
        let device = pending(self.poll(), code, self.at);
        self.next(device, seconds);
    }

    /// Polls when due and loses the response.
    #[track_caller]
    fn loses(&mut self, seconds: u64) {
        let device = lost(self.poll(), self.at).into_awaiting(self.at);
        self.next(device, seconds);
    }

    /// Polls when due and receives a transient error.
    #[track_caller]
    fn is_unavailable(&mut self, retry_after: Option<&str>, seconds: u64) {
        let page = response(503, "<html>");
        let response = match retry_after {
            Some(value) => with_header(page, RETRY_AFTER, value),
            None => page,
        };
        let refused = self.poll().response(response, self.at).unwrap_err();
        assert!(refused.retry_in(self.at).is_some());
        let device = refused.into_parts().0.into_awaiting(self.at);
        self.next(device, seconds);
    }

    fn poll(&mut self) -> PollingDevice {
        self.at += self.device.poll_in(self.at);
        let device = self.device.clone();
        device.poll(&Scenario::public().client, self.at).unwrap()
    }

    #[track_caller]
    fn next(&mut self, device: AwaitingDevice, seconds: u64) {
        assert_eq!(device.poll_in(self.at), secs(seconds));
        self.device = device;
    }
}

#[test]
fn c57_the_polling_interval_is_five_seconds_by_default() {
    for (interval, seconds) in [
        (json!(null), 5),
        (json!(0), 5),
        (json!(5), 5),
        (json!(17), 17),
    ] {
        let body = edited("device_authorization.json", |body| {
            body["interval"] = interval
        });
        let device = Scenario::public().to_awaiting_device_from(&body);
        assert_eq!(device.poll_in(now()), secs(seconds));
        Polled::new(device).responds(PENDING, seconds);
    }
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
    let mut polled = Polled::new(started());
    for (code, seconds) in [
        (PENDING, 5),
        (SLOW_DOWN, 10),
        (PENDING, 10),
        (PENDING, 10),
        (SLOW_DOWN, 15),
        (SLOW_DOWN, 20),
        (PENDING, 20),
    ] {
        polled.responds(code, seconds);
        polled.device = reloaded(&polled.device);
    }
}

#[test]
fn c61_backs_off_after_a_lost_response_and_goes_on() {
    let mut polled = Polled::new(started_with(&[("expires_in", 9e3)]));
    for seconds in [10, 20, 40, 60, 60, 60] {
        polled.loses(seconds);
    }
    polled.responds(PENDING, 5);
    polled.loses(10);
    polled.responds(SLOW_DOWN, 10);
    polled.loses(20);
    polled.responds(PENDING, 10);
}

#[test]
fn keeps_an_interval_of_more_than_a_minute() {
    Polled::new(started_with(&[("interval", 90.0)])).loses(90);
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
        let mut polled = Polled::new(started());
        polled.is_unavailable(retry_after, seconds);
        polled.responds(PENDING, 5);
    }
}

#[test]
fn backs_off_further_with_each_transient_error() {
    let mut polled = Polled::new(started());
    for seconds in [10, 20, 40, 60, 60] {
        polled.is_unavailable(Some("1"), seconds);
    }
}

#[test]
fn backs_off_from_the_retry_after_if_the_next_response_is_lost() {
    let mut polled = Polled::new(started());
    polled.is_unavailable(Some("50"), 50);
    polled.loses(60);
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
    let client = Scenario::public().client;
    for interval in [1e9, 1e15, 1e18, 1.8e19] {
        let device = started_with(&[("interval", interval), ("expires_in", interval)]);
        let slower = pending(device.poll(&client, now()).unwrap(), SLOW_DOWN, now());
        assert!(slower.poll_in(now()) > secs(900_000_000));
        let slower = slower.poll(&client, now()).unwrap().into_awaiting(now());
        assert!(slower.poll_in(now()) > secs(900_000_000));
        let read = reloaded(&slower);
        assert!(read.poll_in(now()) > secs(900_000_000));
        assert!(read.expires_in(now()) > secs(900_000_000));
    }
}

#[test]
fn stores_times_with_fractions() {
    for member in ["interval", "expires_in"] {
        for odd in [0.0015, 300.0000001, 1e18] {
            let device = started_with(&[(member, odd)]);
            let read = reloaded(&device);
            assert_eq!(read.poll_in(now()), device.poll_in(now()), "{member} {odd}");
            assert_eq!(
                read.expires_in(now()),
                device.expires_in(now()),
                "{member} {odd}"
            );
        }
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
    for start in odd_clocks() {
        for later in odd_clocks() {
            let device = started_at(start);
            assert_eq!(device.poll_in(start), secs(5));
            assert!(device.poll_in(later) <= secs(5));
            assert!(device.expires_in(later) <= secs(300));
            let Ok(polling) = device.poll(&scenario.client, later) else {
                continue;
            };
            for receipt in odd_clocks() {
                let polling = started_at(start).poll(&scenario.client, later).unwrap();
                let device = pending(polling, SLOW_DOWN, receipt);
                let wait = secs(10).min(device.expires_in(receipt));
                assert_eq!(device.poll_in(receipt), wait);
            }
            assert_eq!(polling.into_awaiting(later).poll_in(later), secs(10));
        }
    }
}

fn started_at(start: SystemTime) -> AwaitingDevice {
    let body = fixture("device_authorization.json");
    let requesting = Scenario::public().client.device();
    requesting.response(response(200, body), start).unwrap()
}
