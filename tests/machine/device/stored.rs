//! The stored form of a device login.

use serde_json::{Value, json};
use workos_login::{AwaitingDevice, Exchange};

use super::{SLOW_DOWN_INCREMENT, pending};
use crate::oauth;
use crate::scenario::{API_KEY, Scenario, body, data, now, secs, stored};
use crate::stored::{golden, refused, with, without};

/// A device login that was slowed down once, and then lost an answer.
fn waiting() -> AwaitingDevice {
    let client = Scenario::public().client;
    let slower = pending(
        Scenario::public().to_polling(),
        SLOW_DOWN_INCREMENT,
        now() + secs(5),
    );
    let polling = slower.poll(&client, now() + secs(15)).unwrap();
    polling.into_awaiting(now() + secs(20))
}

fn read(form: &str) -> AwaitingDevice {
    serde_json::from_str(form).unwrap()
}

#[test]
fn a_device_login_is_stored_as_version_1() {
    golden("saved_awaiting_device_v1.json", &waiting());
    assert!(stored(&waiting()).starts_with(r#"{"version":1,"#));
}

#[test]
fn a_device_login_stored_as_version_1_can_be_polled() {
    let device = read(&data("saved_awaiting_device_v1.json"));
    assert_eq!(device.user_code(), "KVRT-MPWD");
    assert_eq!(device.poll_in(now() + secs(20)), secs(20));
    assert_eq!(device.expires_in(now() + secs(20)), secs(280));
    let scenario = Scenario::public();
    let polling = device.poll(&scenario.client, now() + secs(40)).unwrap();
    assert_eq!(
        body(&polling.request()),
        body(&scenario.to_polling().request())
    );
    let device = pending(polling, super::PENDING, now() + secs(40));
    assert_eq!(device.poll_in(now() + secs(40)), secs(10));
}

#[test]
fn a_device_login_is_the_same_after_a_restart() {
    let minimal = crate::scenario::fixture("device_authorization_minimal.json");
    for device in [
        waiting(),
        oauth::awaiting_device(),
        Scenario::public().to_awaiting_device(),
        Scenario::public().to_awaiting_device_by(&minimal),
    ] {
        let again = read(&stored(&device));
        assert_eq!(stored(&again), stored(&device));
        assert_eq!(format!("{again:?}"), format!("{device:?}"));
        for seconds in [0, 1, 7, 299, 300] {
            let at = now() + secs(seconds);
            assert_eq!(again.poll_in(at), device.poll_in(at));
            assert_eq!(again.expires_in(at), device.expires_in(at));
        }
        let value = serde_json::to_value(&device).unwrap();
        let again: AwaitingDevice = serde_json::from_value(value).unwrap();
        assert_eq!(stored(&again), stored(&device));
    }
}

#[test]
fn no_api_key_is_stored() {
    let device = Scenario::confidential().to_awaiting_device();
    assert!(!stored(&device).contains(API_KEY));
}

#[test]
fn another_version_is_refused_by_its_name() {
    for version in [0, 2, 4_294_967_295_u32] {
        let why = format!("version {version}, and only version 1 can be read: begin again");
        refused::<AwaitingDevice>(&with(&waiting(), "/version", version.into()), &why);
    }
    refused::<AwaitingDevice>(&without(&waiting(), "/version"), "missing field `version`");
    refused::<AwaitingDevice>(r#"{"version":2,"device":{}}"#, "version 2");
}

#[test]
fn every_member_is_needed() {
    for member in [
        "owner",
        "device_code",
        "user_code",
        "verification_uri",
        "begun",
        "life",
        "interval",
        "last",
        "wait",
    ] {
        let form = without(&waiting(), &format!("/{member}"));
        refused::<AwaitingDevice>(&form, member);
    }
}

#[test]
fn every_prefix_is_refused_and_quotes_nothing() {
    let form = stored(&waiting());
    for length in 0..form.len() {
        refused::<AwaitingDevice>(&form[..length], "");
    }
}

#[test]
fn a_stored_device_login_is_nothing_but_an_object() {
    refused::<AwaitingDevice>("null", "no pending login is stored");
    let twice = serde_json::to_string(&stored(&waiting())).unwrap();
    refused::<AwaitingDevice>(&twice, "encoded twice");
    let form: Value = serde_json::from_str(&stored(&waiting())).unwrap();
    let members: Vec<_> = form.as_object().unwrap().values().cloned().collect();
    refused::<AwaitingDevice>(&json!(members).to_string(), "expected a stored form");
    let login = stored(&Scenario::public().to_awaiting_callback());
    refused::<AwaitingDevice>(&login, "missing field");
}

#[test]
fn a_member_in_the_wrong_place_is_not_quoted() {
    let form: Value = serde_json::from_str(&stored(&waiting())).unwrap();
    for member in form.as_object().unwrap().keys() {
        for odd in [json!("fixture-secret\n"), json!(["fixture-secret"])] {
            let misplaced = with(&waiting(), &format!("/{member}"), odd);
            if let Err(error) = serde_json::from_str::<AwaitingDevice>(&misplaced) {
                let error = error.to_string();
                assert!(!error.contains("fixture-secret"), "{member}: {error}");
            }
        }
    }
}

#[test]
fn members_of_a_later_release_are_ignored() {
    let form = stored(&waiting());
    let extended = form.replacen('{', r#"{"added":{"later":[1]},"#, 1);
    assert_eq!(stored(&read(&extended)), form);
}
