//! What a device login and an unknown challenge are told.

use serde_json::json;
use workos_login::secrecy::ExposeSecret;
use workos_login::{AuthenticationChallenge, AwaitingDevice, Exchange, Outcome};

use crate::scenario::{Scenario, edited, now, response, secs, stored};
fn device(member: &str, value: serde_json::Value) -> AwaitingDevice {
    Scenario::public()
        .to_awaiting_device_from(&edited("device_authorization.json", |b| b[member] = value))
}
#[test]
fn an_unknown_step_has_the_whole_answer_or_is_none() {
    let body = b"{\"code\":\"new\",\"pending_authentication_token\":\"p\",\"x\":\"\xff\"}".to_vec();
    if let Ok(Outcome::AuthenticationChallenge(challenge)) = Scenario::public()
        .to_exchanging()
        .response(response(403, body), now())
        && let AuthenticationChallenge::Unknown(challenge) = *challenge
    {
        assert!(!challenge.body().expose_secret().is_empty());
    }
}
#[test]
fn a_device_is_the_same_after_a_restart_whatever_times_it_was_told() {
    for member in ["interval", "expires_in"] {
        for odd in [0.0015, 300.0000001, 1e18] {
            let device = device(member, json!(odd));
            let read: AwaitingDevice = serde_json::from_str(&stored(&device)).unwrap();
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
fn an_interval_near_nothing_makes_no_busy_loop() {
    assert!(device("interval", json!(1e-9)).poll_in(now()) >= secs(1));
}
#[test]
fn a_wait_between_polls_ends_with_the_code() {
    let device = device("interval", json!(1e9));
    assert!(device.poll_in(now()) <= device.expires_in(now()));
}
#[test]
fn what_is_shown_to_the_user_cannot_drive_a_terminal() {
    for (member, bad) in [
        ("user_code", "A\u{1b}[2J"),
        ("verification_uri", "https://ex.org/\u{1b}[2J"),
        ("verification_uri", "ht\ntps://ex.org/"),
    ] {
        let body = edited("device_authorization.json", |b| b[member] = json!(bad));
        let came = Scenario::public()
            .client
            .device()
            .response(response(200, body), now());
        assert!(came.is_err(), "{member} {bad:?}");
    }
}
