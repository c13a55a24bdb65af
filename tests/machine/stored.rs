//! The stored forms: one golden file for each state and version, and what is refused.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use workos_login::{Authenticated, AwaitingCallback, Exchange};

use crate::scenario::{
    CODE, STATE, Scenario, VERIFIER, begin, body, callback, data, now, secs, stored,
};

fn pending_login() -> AwaitingCallback {
    let scenario = Scenario::public();
    begin(scenario.to_start().app_state("/after").unwrap()).1
}

/// Checks that `state` is stored as in the golden file, and that the file is read and written unchanged.
#[track_caller]
pub(crate) fn golden<T: Serialize + DeserializeOwned>(file: &str, state: &T) {
    let golden: Value = serde_json::from_str(&data(file)).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&stored(state)).unwrap(),
        golden,
        "{file}"
    );
    let read: T = serde_json::from_str(&data(file)).unwrap();
    assert_eq!(stored(&read), stored(state), "{file}");
}

#[test]
fn a_pending_login_is_stored_as_version_1() {
    golden("saved_awaiting_callback_v1.json", &pending_login());
}

#[test]
fn a_session_is_stored_as_version_1() {
    golden(
        "saved_authenticated_v1.json",
        &Scenario::public().to_authenticated(),
    );
}

#[test]
fn a_login_stored_as_version_1_can_be_finished() {
    let pending: AwaitingCallback =
        serde_json::from_str(&data("saved_awaiting_callback_v1.json")).unwrap();
    assert_eq!(pending.app_state(), Some("/after"));
    assert_eq!(pending.expires_in(now() + secs(1)), secs(599));
    let real = callback(&format!("/callback?code={CODE}&state={STATE}.%2Fafter"));
    let exchanging = pending
        .accept(&Scenario::public().client, real, now())
        .unwrap();
    assert_eq!(body(&exchanging.request())["code_verifier"], VERIFIER);
}

#[test]
fn a_session_stored_as_version_1_can_be_refreshed() {
    let session: Authenticated =
        serde_json::from_str(&data("saved_authenticated_v1.json")).unwrap();
    let refreshing = session.refresh(&Scenario::public().client).unwrap();
    let sent = refreshing.request();
    assert_eq!(
        sent.body(),
        Scenario::public().to_refreshing().request().body()
    );
}

#[test]
fn the_version_comes_first() {
    assert!(stored(&pending_login()).starts_with(r#"{"version":1,"#));
    assert!(stored(&Scenario::public().to_authenticated()).starts_with(r#"{"version":1,"#));
}

#[test]
fn no_api_key_is_ever_stored() {
    let scenario = Scenario::confidential();
    let all = stored(&scenario.to_awaiting_callback()) + &stored(&scenario.to_authenticated());
    assert!(!all.contains(crate::scenario::API_KEY));
    assert!(!all.contains("client_secret"));
}

/// A stored form with one member set to `value`; the member is named by a JSON pointer.
pub(crate) fn with(state: &impl Serialize, member: &str, value: Value) -> String {
    let mut fields: Value = serde_json::from_str(&stored(state)).unwrap();
    *fields.pointer_mut(member).unwrap() = value;
    fields.to_string()
}

/// A stored form without a member, named by a JSON pointer.
pub(crate) fn without(state: &impl Serialize, member: &str) -> String {
    let mut fields: Value = serde_json::from_str(&stored(state)).unwrap();
    let (parent, name) = member.rsplit_once('/').unwrap();
    let parent = fields.pointer_mut(parent).unwrap();
    assert!(parent.as_object_mut().unwrap().remove(name).is_some());
    fields.to_string()
}

#[track_caller]
pub(crate) fn refused<T: DeserializeOwned + Debug>(form: &str, why: &str) {
    let message = serde_json::from_str::<T>(form).unwrap_err().to_string();
    assert!(message.contains(why), "{message}");
    for secret in [
        STATE,
        VERIFIER,
        "FC7JQLJUDKHbzfId42QyWFwxt",
        "idp-at-",
        "eyJ",
        "BeCrt3Rx9CaACMztCLLhC1hTENogM0AuMGzRxUkP0AscguIFXoxwbc95cPK2ixoP",
        "Q64Pj0KHUPeeZmWtScFLps2Iu",
        "dKGy5AwwyWlt6XyILDquQhvaB",
        "iUKhPHGYZNCHz8ifgB77J5qjw",
        "x29DuqKl24TgmFAh3jbPCiho6",
    ] {
        assert!(!message.contains(secret), "{message}");
    }
}

#[test]
fn another_version_is_refused_by_its_name() {
    for version in [0, 2, 4_294_967_295_u32] {
        let why = format!("version {version}, and only version 1 can be read: begin again");
        refused::<AwaitingCallback>(&with(&pending_login(), "/version", version.into()), &why);
        let session = Scenario::public().to_authenticated();
        refused::<Authenticated>(&with(&session, "/version", version.into()), &why);
    }
    // A later version may have nothing in common with this one but its number.
    refused::<AwaitingCallback>(r#"{"version":2,"login":{}}"#, "version 2");
    refused::<Authenticated>(r#"{"version":2,"session":{}}"#, "version 2");
}

#[test]
fn a_form_without_a_version_is_refused() {
    refused::<AwaitingCallback>(
        &without(&pending_login(), "/version"),
        "missing field `version`",
    );
    let session = Scenario::public().to_authenticated();
    refused::<Authenticated>(&without(&session, "/version"), "missing field `version`");
    refused::<Authenticated>(&with(&session, "/version", json!("1")), "is not a number");
    refused::<Authenticated>(
        &with(&session, "/version", json!(-1)),
        "expected the number of a version",
    );
}

#[test]
fn every_member_of_a_pending_login_is_needed() {
    for member in [
        "owner",
        "redirect_uri",
        "state",
        "verifier",
        "begun",
        "life",
    ] {
        refused::<AwaitingCallback>(&without(&pending_login(), &format!("/{member}")), member);
    }
}

#[test]
fn a_damaged_pending_login_is_refused() {
    let damaged = |member: &str, value: Value, why: &str| {
        refused::<AwaitingCallback>(&with(&pending_login(), member, value), why);
    };
    damaged(
        "/state",
        json!(""),
        "the state of the stored login is too short",
    );
    damaged(
        "/state",
        json!(&STATE[..42]),
        "the state of the stored login is too short",
    );
    damaged("/state", json!(null), "null");
    damaged("/verifier", json!(null), "null");
    damaged("/verifier", json!([VERIFIER]), "sequence");
    damaged(
        "/redirect_uri",
        json!("/callback"),
        "redirect URI is not absolute",
    );
    damaged("/redirect_uri", json!("javascript:x"), "scheme");
    damaged("/owner/client_id", json!(""), "the client id is empty");
    damaged("/owner/client_id", json!("sk_test_x"), "API key");
    damaged("/begun", json!(-1), "damaged");
    damaged("/life", json!("10 minutes"), "damaged");
}

#[test]
fn every_prefix_of_a_stored_form_is_refused_and_quotes_nothing() {
    let (login, session) = (
        stored(&pending_login()),
        stored(&Scenario::public().to_authenticated()),
    );
    for length in 0..login.len() {
        refused::<AwaitingCallback>(&login[..length], "");
    }
    for length in (0..session.len()).step_by(7) {
        refused::<Authenticated>(&session[..length], "");
    }
}

#[test]
fn one_state_is_not_read_as_another() {
    refused::<Authenticated>(&stored(&pending_login()), "missing field");
    refused::<AwaitingCallback>(
        &stored(&Scenario::public().to_authenticated()),
        "missing field",
    );
}

#[test]
fn nothing_stored_is_no_session() {
    assert!(serde_json::from_str::<Authenticated>("null").is_err());
    assert!(
        serde_json::from_str::<Option<Authenticated>>("null")
            .unwrap()
            .is_none()
    );
}

#[test]
fn members_of_a_later_release_are_ignored() {
    let extended = |form: String| form.replacen('{', r#"{"added":{"later":[1]},"#, 1);
    let login: AwaitingCallback =
        serde_json::from_str(&extended(stored(&pending_login()))).unwrap();
    assert_eq!(stored(&login), stored(&pending_login()));
    let session = stored(&Scenario::public().to_authenticated());
    let read: Authenticated = serde_json::from_str(&extended(session.clone())).unwrap();
    assert_eq!(stored(&read), session);
}

#[test]
fn every_success_can_be_stored_and_read_back() {
    for name in [
        "success_minimal.json",
        "success_full.json",
        "success_null_optionals.json",
        "success_impersonated.json",
        "success_refresh_rotated.json",
        "success_refresh_expired_token.json",
        "success_forward_compatible.json",
    ] {
        let session = crate::scenario::session(&crate::scenario::fixture(name));
        let read: Authenticated = serde_json::from_str(&stored(&session)).unwrap();
        assert_eq!(stored(&read), stored(&session), "{name}");
        assert_eq!(read.user(), session.user(), "{name}");
        assert_eq!(
            read.expires_in(now() + secs(7)),
            session.expires_in(now() + secs(7)),
            "{name}"
        );
    }
}

#[test]
fn a_pending_login_can_be_kept_as_a_json_value() {
    let value = serde_json::to_value(pending_login()).unwrap();
    let read: AwaitingCallback = serde_json::from_value(value).unwrap();
    assert_eq!(stored(&read), stored(&pending_login()));
}

#[test]
fn a_form_that_was_encoded_twice_is_refused_without_being_quoted() {
    let twice = serde_json::to_string(&stored(&pending_login())).unwrap();
    refused::<AwaitingCallback>(&twice, "encoded twice");
    let twice = serde_json::to_string(&stored(&Scenario::public().to_authenticated())).unwrap();
    refused::<Authenticated>(&twice, "encoded twice");
}

#[test]
fn a_member_in_the_wrong_place_is_not_quoted() {
    let session = Scenario::public().to_authenticated();
    let form: Value = serde_json::from_str(&stored(&session)).unwrap();
    for member in form.as_object().unwrap().keys() {
        let misplaced = with(&session, &format!("/{member}"), json!("fixture-secret\n"));
        if let Err(error) = serde_json::from_str::<Authenticated>(&misplaced) {
            assert!(
                !error.to_string().contains("fixture-secret"),
                "{member}: {error}"
            );
        }
    }
}

#[test]
fn a_list_of_the_members_is_not_a_stored_form() {
    let form: Value = serde_json::from_str(&stored(&pending_login())).unwrap();
    let members: Vec<_> = form.as_object().unwrap().values().cloned().collect();
    refused::<AwaitingCallback>(&json!(members).to_string(), "expected a stored form");
}

#[test]
fn what_a_session_needs_is_checked_when_it_is_read_back() {
    let session = Scenario::public().to_authenticated();
    let token = with(&session, "/access_token", json!("a\r\nX-Evil: 1"));
    refused::<Authenticated>(&token, "does not fit into a header");
    refused::<Authenticated>(
        &with(&session, "/access_token", json!("")),
        "does not fit into a header",
    );
    refused::<Authenticated>(&with(&session, "/user/id", json!("")), "names no user");
}

#[test]
fn a_session_can_be_read_from_a_reader_and_from_a_value() {
    let text = stored(&Scenario::public().to_authenticated());
    let read: Authenticated = serde_json::from_reader(text.as_bytes()).unwrap();
    let again: Authenticated =
        serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
    assert_eq!(stored(&again), text);
}

#[test]
fn a_life_below_a_millisecond_is_the_same_after_a_restart() {
    let life = std::time::Duration::from_micros(1500);
    let (_, pending) = begin(Scenario::public().to_start().expires_after(life));
    let read: AwaitingCallback = serde_json::from_str(&stored(&pending)).unwrap();
    assert_eq!(pending.expires_in(now()), read.expires_in(now()));
}
