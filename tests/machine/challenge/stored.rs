//! The stored forms of the steps.

use serde_json::{Value, json};
use workos_login::{AuthenticationChallenge, AwaitingCallback, Exchange};

use super::part;
use crate::exchanges::step_kind;
use crate::fixtures;
use crate::scenario::{
    API_KEY, ORGANIZATION, REDIRECT_URI, Scenario, answer, begin, body, data, fixture, now,
    refusal, step_up, stored,
};
use crate::stored::{golden, refused, with, without};

const EMAIL: &str = "step_up_email_verification_required.json";
const SELECTION: &str = "step_up_organization_selection_required.json";
const UNKNOWN: &str = "step_up_unknown_future.json";

fn step(file: &str) -> AuthenticationChallenge {
    Scenario::confidential().to_challenge(&fixture(file))
}

/// A step of a refresh: it knows the organization.
fn at_refresh(file: &str) -> AuthenticationChallenge {
    let response = answer(403, fixture(file));
    match refusal(Scenario::confidential().to_refreshing(), response).1 {
        workos_login::Error::AuthenticationChallenge(step) => *step,
        other => panic!("{other:?}"),
    }
}

fn read(form: &str) -> AuthenticationChallenge {
    serde_json::from_str(form).unwrap()
}

#[test]
fn steps_are_stored_as_version_1() {
    golden("saved_step_up_email_verification_v1.json", &step(EMAIL));
    golden(
        "saved_step_up_organization_selection_v1.json",
        &at_refresh(SELECTION),
    );
    golden("saved_step_up_unknown_v1.json", &step(UNKNOWN));
}

#[test]
fn a_step_stored_as_version_1_can_be_answered() {
    let client = Scenario::confidential().client;
    let email = read(&data("saved_step_up_email_verification_v1.json"));
    let sent = part!(email, EmailVerification).answer(&client, "123456");
    let fresh = part!(step(EMAIL), EmailVerification).answer(&client, "123456");
    assert_eq!(sent.request().body(), fresh.request().body());

    let selection = read(&data("saved_step_up_organization_selection_v1.json"));
    let selection = part!(selection, OrganizationSelection);
    assert_eq!(selection.organizations()[1].name(), Some("Mesa Works"));
    let sent = selection.select(&client, selection.organizations()[1].id());
    assert_eq!(
        body(&sent.request())["pending_authentication_token"],
        "Q64Pj0KHUPeeZmWtScFLps2Iu"
    );
}

#[test]
fn a_step_stored_as_version_1_can_be_continued_by_a_new_login() {
    let selection = read(&data("saved_step_up_organization_selection_v1.json"));
    let client = Scenario::public().client;
    let (url, _) = begin(selection.login(&client, REDIRECT_URI.parse().unwrap()));
    let organization = url
        .query_pairs()
        .find(|(name, _)| name == "organization_id");
    assert_eq!(organization.unwrap().1, ORGANIZATION);
}

#[test]
fn every_step_can_be_stored_and_read_back() {
    for (name, response) in fixtures::answers("step_up_") {
        let exchanging = Scenario::public().to_exchanging();
        for step in [
            step_up(exchanging.response(response, now())),
            at_refresh(name),
        ] {
            let form = stored(&step);
            let again = read(&form);
            assert_eq!(stored(&again), form, "{name}");
            assert_eq!(step_kind(&again), step_kind(&step), "{name}");
            assert_eq!(again.code(), step.code(), "{name}");
            assert_eq!(again.request_id(), Some("req_fixture"), "{name}");
            assert_eq!(format!("{again:?}"), format!("{step:?}"), "{name}");
            let value = serde_json::to_value(&step).unwrap();
            let again: AuthenticationChallenge = serde_json::from_value(value).unwrap();
            assert_eq!(stored(&again), form, "{name}");
            let again: AuthenticationChallenge = serde_json::from_reader(form.as_bytes()).unwrap();
            assert_eq!(stored(&again), form, "{name}");
        }
    }
}

#[test]
fn no_api_key_is_stored() {
    for file in [EMAIL, SELECTION, UNKNOWN] {
        assert!(!stored(&step(file)).contains(API_KEY));
    }
}

#[test]
fn the_version_comes_first_in_its_part() {
    let form = stored(&step(EMAIL));
    assert!(
        form.starts_with(r#"{"email_verification":{"step":{"version":1,"#),
        "{form}"
    );
}

#[test]
fn another_version_is_refused_by_its_name() {
    let member = "/email_verification/step/version";
    for version in [0, 2, 4_294_967_295_u32] {
        let why = format!("version {version}, and only version 1 can be read: begin again");
        refused::<AuthenticationChallenge>(&with(&step(EMAIL), member, version.into()), &why);
    }
    refused::<AuthenticationChallenge>(&without(&step(EMAIL), member), "missing field `version`");
    refused::<AuthenticationChallenge>(
        &with(&step(EMAIL), member, json!("1")),
        "is not a number: begin again",
    );
    // A later version may have nothing in common with this one but its number.
    let later = r#"{"email_verification":{"step":{"version":2,"x":{}}}}"#;
    refused::<AuthenticationChallenge>(later, "version 2");
}

#[test]
fn a_step_that_this_release_does_not_have_is_refused() {
    refused::<AuthenticationChallenge>(r#"{"quantum_check":{"step":{"version":1}}}"#, "");
    refused::<AuthenticationChallenge>("{}", "");
}

#[test]
fn every_member_of_a_step_is_needed() {
    for member in ["version", "code"] {
        let form = without(&step(EMAIL), &format!("/email_verification/step/{member}"));
        refused::<AuthenticationChallenge>(&form, member);
    }
    refused::<AuthenticationChallenge>(&without(&step(EMAIL), "/email_verification/step"), "step");
    let form = without(&step(SELECTION), "/organization_selection/organizations");
    refused::<AuthenticationChallenge>(&form, "organizations");
    refused::<AuthenticationChallenge>(&without(&step(UNKNOWN), "/unknown/body"), "body");
}

#[test]
fn every_prefix_of_a_stored_step_is_refused_and_quotes_nothing() {
    for file in [EMAIL, SELECTION, UNKNOWN] {
        let form = stored(&step(file));
        for length in 0..form.len() {
            refused::<AuthenticationChallenge>(&form[..length], "");
        }
    }
}

#[test]
fn a_stored_step_is_nothing_but_an_object() {
    refused::<AuthenticationChallenge>("null", "no pending login is stored");
    let twice = serde_json::to_string(&stored(&step(EMAIL))).unwrap();
    refused::<AuthenticationChallenge>(&twice, "encoded twice");
    refused::<AuthenticationChallenge>(&format!("[{}]", stored(&step(EMAIL))), "a stored form");
    assert!(
        serde_json::from_str::<Option<AuthenticationChallenge>>("null")
            .unwrap()
            .is_none()
    );
}

#[test]
fn one_state_is_not_read_as_another() {
    refused::<AuthenticationChallenge>(&stored(&Scenario::public().to_awaiting_callback()), "");
    refused::<AuthenticationChallenge>(&stored(&Scenario::public().to_authenticated()), "");
    refused::<AwaitingCallback>(&stored(&step(EMAIL)), "missing field");
}

#[test]
fn a_member_in_the_wrong_place_is_not_quoted() {
    for file in [EMAIL, SELECTION, UNKNOWN] {
        let step = step(file);
        let form: Value = serde_json::from_str(&stored(&step)).unwrap();
        let mut members = Vec::new();
        let (part, members_of_part) = form.as_object().unwrap().iter().next().unwrap();
        pointers(members_of_part, &format!("/{part}"), &mut members);
        for member in members {
            let texts = [json!("fixture-secret\n"), json!(["fixture-secret"])];
            for misplaced in texts.map(|text| with(&step, &member, text)) {
                if let Err(error) = serde_json::from_str::<AuthenticationChallenge>(&misplaced) {
                    let error = error.to_string();
                    assert!(!error.contains("fixture-secret"), "{member}: {error}");
                }
            }
        }
    }
}

/// The pointers of all members, however deep.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let members: Vec<_> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(values) => values
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => return,
    };
    for (name, value) in members {
        let member = format!("{at}/{name}");
        pointers(value, &member, all);
        all.push(member);
    }
}

#[test]
fn members_of_a_later_release_are_ignored() {
    let form = stored(&step(EMAIL));
    let within = form.replacen(r#"{"step":{"#, r#"{"added":[1],"step":{"later":{},"#, 1);
    assert_ne!(within, form);
    assert_eq!(stored(&read(&within)), form);
}

#[test]
fn the_part_of_a_step_in_the_wrong_place_is_not_quoted() {
    for (name, response) in fixtures::answers("step_up_") {
        let step = step_up(Scenario::public().to_exchanging().response(response, now()));
        let form: Value = serde_json::from_str(&stored(&step)).unwrap();
        let part = form.as_object().unwrap().keys().next().unwrap();
        let misplaced = json!({ part: "fixture-secret" }).to_string();
        let error = serde_json::from_str::<AuthenticationChallenge>(&misplaced)
            .unwrap_err()
            .to_string();
        assert!(!error.contains("fixture-secret"), "{name}: {error}");
    }
}

#[test]
fn a_list_of_the_members_is_not_a_part_of_a_step() {
    let form: Value = serde_json::from_str(&stored(&step(EMAIL))).unwrap();
    let part = &form["email_verification"];
    let list = json!({ "email_verification": [part["step"], part["email"], part["email_verification_id"]] });
    refused::<AuthenticationChallenge>(&list.to_string(), "an object");
}
