//! The device grant.

use std::io;
use std::time::SystemTime;

use serde_json::json;
use workos_login::{AwaitingDevice, DevicePoll, Exchange, SendError};

use crate::oauth;
use crate::scenario::{
    Scenario, edited, fixture, kind, now, refusal, refused, response, secs, stored,
};

/// A device login that is told this interval and this life.
fn started(interval: Option<u64>, life: u64) -> AwaitingDevice {
    Scenario::public().to_awaiting_device_from(&edited("device_authorization.json", |body| {
        body["interval"] = json!(interval);
        body["expires_in"] = json!(life);
    }))
}

/// Polls at this moment, and is answered so.
fn polled(device: AwaitingDevice, at: SystemTime, code: &str) -> AwaitingDevice {
    let polling = device.poll(&Scenario::public().client, at).unwrap();
    let body = json!({ "error": code }).to_string();
    match polling.response(response(400, body), at).unwrap() {
        DevicePoll::Pending(device) => device,
        DevicePoll::Done(outcome) => panic!("{outcome:?}"),
    }
}

#[test]
fn c57_a_device_waits_five_seconds_unless_it_is_told_otherwise() {
    for (told, wait) in [(None, 5), (Some(0), 5), (Some(5), 5), (Some(17), 17)] {
        let device = started(told, 300);
        assert_eq!(device.poll_in(now()), secs(wait), "{told:?}");
        let later = now() + secs(wait);
        assert_eq!(device.poll_in(later), secs(0));
        let device = polled(device, later, "authorization_pending");
        assert_eq!(device.poll_in(later), secs(wait), "{told:?}");
    }
}

#[test]
fn c58_slow_down_adds_five_seconds_for_good() {
    let mut device = polled(started(None, 300), now(), "slow_down");
    assert_eq!(device.poll_in(now()), secs(10));
    device = polled(device, now(), "authorization_pending");
    assert_eq!(device.poll_in(now()), secs(10));
    device = serde_json::from_str(&stored(&polled(device, now(), "slow_down"))).unwrap();
    assert_eq!(device.poll_in(now()), secs(15));
    device = polled(device, now(), "authorization_pending");
    assert_eq!(device.poll_in(now()), secs(15));
}

#[test]
fn c59_a_device_stops_by_itself_when_its_code_has_expired() {
    let client = Scenario::public().client;
    let moment = std::time::Duration::from_millis(1);
    let last = started(None, 300).poll(&client, now() + secs(300) - moment);
    assert!(last.is_ok());
    let (device, error) = refused(started(None, 300).poll(&client, now() + secs(300)));
    assert_eq!(kind(&error), "Expired");
    assert_eq!(device.expires_in(now() + secs(300)), secs(0));
}

#[test]
fn c60_any_other_error_stops_the_polling() {
    for (code, expected) in [
        ("access_denied", "Denied"),
        ("expired_token", "Expired"),
        ("invalid_client", "Client"),
        ("invalid_grant", "InvalidGrant"),
        ("invalid_request", "Client"),
        ("never_heard_of", "Rejected"),
        ("unsupported_grant_type", "Client"),
    ] {
        for polling in [Scenario::public().to_polling(), oauth::polling()] {
            let body = json!({ "error": code }).to_string();
            let refused = polling.response(response(400, body), now()).unwrap_err();
            assert_eq!(kind(refused.error()), expected, "{code}");
            assert_eq!(refused.retry_in(now()), None, "{code}");
        }
    }
}

#[test]
fn c61_a_lost_answer_slows_the_polling_down_and_does_not_end_it() {
    let mut device = Scenario::public().to_awaiting_device();
    for wait in [10, 20, 40, 60, 60] {
        let polling = device.poll(&Scenario::public().client, now()).unwrap();
        let lost = SendError::transport(polling, io::Error::from(io::ErrorKind::TimedOut));
        assert!(lost.retry_in(now()).is_some());
        device = lost.into_state().into_awaiting(now());
        assert_eq!(device.poll_in(now()), secs(wait));
    }
    device = polled(device, now(), "authorization_pending");
    assert_eq!(device.poll_in(now()), secs(5));
}

#[test]
fn c62_the_device_code_is_never_shown() {
    let code = "BeCrt3Rx9CaACMztCLLhC1hTENogM0AuMGzRxUkP0AscguIFXoxwbc95cPK2ixoP";
    let device = Scenario::public().to_awaiting_device();
    assert!(stored(&device).contains(code));
    let polling = Scenario::public().to_polling();
    let pending = Scenario::public().to_polling().response(
        response(400, fixture("error_oauth_authorization_pending.json")),
        now(),
    );
    let quoted = json!({ "error": "invalid_grant", "error_description": code }).to_string();
    let (again, error) = refusal(Scenario::public().to_polling(), response(400, quoted));
    let lost = SendError::transport(again, io::Error::other("x"));
    for shown in [
        format!("{device:?} {device:#?}"),
        format!("{polling:?} {polling:#?}"),
        format!("{pending:?}"),
        format!("{error} {error:?}"),
        format!("{lost} {lost:?}"),
        format!("{} {}", device.user_code(), device.verification_uri()),
    ] {
        assert!(!shown.contains(code), "{shown}");
    }
}

/// Polling that dies on one network error, ignores `slow_down` or never ends.
#[test]
fn m17_polls_through_transient_errors_until_the_device_code_expires() {
    let client = Scenario::public().client;
    let mut device = started(None, 300);
    let mut at = now();
    let mut polls = Vec::new();
    let error = loop {
        at += device.poll_in(at);
        let polling = match device.poll(&client, at) {
            Ok(polling) => polling,
            Err(refused) => break refused.into(),
        };
        polls.push(at.duration_since(now()).unwrap().as_secs());
        device = match polls.len() {
            2 => polling.into_awaiting(at),
            3 => {
                let (polling, _) = refusal(polling, response(503, "<html>"));
                polling.into_awaiting(at)
            }
            count => {
                let code = if count == 5 {
                    "slow_down"
                } else {
                    "authorization_pending"
                };
                let body = json!({ "error": code }).to_string();
                match polling.response(response(400, body), at).unwrap() {
                    DevicePoll::Pending(device) => device,
                    DevicePoll::Done(outcome) => panic!("{outcome:?}"),
                }
            }
        };
        assert!(polls.len() < 100, "{polls:?}");
    };
    assert_eq!(kind(&error), "Expired");
    assert_eq!(polls[..8], [5, 10, 20, 40, 45, 55, 65, 75]);
    assert!(polls.iter().all(|second| *second < 300), "{polls:?}");
}
