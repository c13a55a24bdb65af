//! Refreshing: rotation, replays, organizations.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use workos_login_mock_server::{Organization, Server};

use crate::support::*;

#[track_caller]
fn assert_dead(answer: &Got) {
    assert_eq!(answer.refusal(), (400, "invalid_grant".to_owned()));
}

fn token(answer: &Value) -> String {
    text(&answer["refresh_token"]).to_owned()
}

fn into(server: &Server, token: &str, organization: &str) -> Got {
    let mut body = refresh_body(server, token);
    body["organization_id"] = organization.into();
    authenticate(server, &body)
}

#[test]
fn a_refresh_gives_a_new_pair_of_the_same_session() {
    let server = start();
    server.set_clock(SystemTime::now());
    let first = log_in(&server, ALICE);
    server.advance(Duration::from_secs(60));
    let second = refresh(&server, &token(&first)).json();
    assert_ne!(token(&first), token(&second));
    assert_eq!(second["organization_id"], Organization::ACME_ID);
    assert_eq!(
        second["authentication_method"],
        first["authentication_method"]
    );
    let (before, after) = (claims(&first), claims(&second));
    assert_eq!(before["sid"], after["sid"]);
    assert_eq!(before["auth_time"], after["auth_time"]);
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(
        after["iat"].as_i64().unwrap() - before["iat"].as_i64().unwrap(),
        60
    );
}

#[test]
fn a_spent_token_is_dead_and_the_session_lives() {
    let server = start();
    let first = token(&log_in(&server, ALICE));
    let second = token(&refresh(&server, &first).json());
    assert_dead(&refresh(&server, &first));
    assert_eq!(refresh(&server, &second).status, 200);
}

#[test]
fn within_the_window_a_replay_yields_the_same_pair() {
    let server = start_with(|config| config.replay_window = Duration::from_secs(10));
    server.set_clock(SystemTime::now());
    let first = token(&log_in(&server, ALICE));
    let answer = refresh(&server, &first);
    server.advance(Duration::from_secs(9));
    assert_eq!(refresh(&server, &first).text, answer.text);
    server.advance(Duration::from_secs(1));
    assert_dead(&refresh(&server, &first));
    assert_eq!(refresh(&server, &token(&answer.json())).status, 200);
}

#[test]
fn a_late_replay_can_end_the_session() {
    let server = start_with(|config| config.reuse_ends_session = true);
    let first = token(&log_in(&server, ALICE));
    let second = token(&refresh(&server, &first).json());
    assert_dead(&refresh(&server, &first));
    assert_dead(&refresh(&server, &second));
    assert!(server.sessions().is_empty());
}

#[test]
fn without_rotation_the_token_stays() {
    let server = start_with(|config| config.rotate_refresh_tokens = false);
    let first = token(&log_in(&server, ALICE));
    for _ in 0..3 {
        assert_eq!(token(&refresh(&server, &first).json()), first);
    }
}

#[test]
fn an_organization_is_switched_only_by_a_member_and_kept_when_not_named() {
    let server = start();
    let globex = [("organization_id", Some(Organization::GLOBEX_ID))];
    let session = exchange(&server, &code_for(&server, BOB, &globex)).json();
    let token_now = token(&session);
    for (organization, code) in [
        ("org_01K1N0S0CHPLACE000000000A0", "organization_not_found"),
        ("acme", "invalid_organization_id"),
    ] {
        assert_eq!(
            into(&server, &token_now, organization).refusal(),
            (400, code.into())
        );
    }
    let switched = into(&server, &token_now, Organization::ACME_ID).json();
    assert_eq!(switched["organization_id"], Organization::ACME_ID);
    assert_eq!(claims(&switched)["org_id"], Organization::ACME_ID);
    let kept = refresh(&server, &token(&switched)).json();
    assert_eq!(kept["organization_id"], Organization::ACME_ID);

    let alice = token(&log_in(&server, ALICE));
    let foreign = into(&server, &alice, Organization::GLOBEX_ID);
    assert_eq!(
        foreign.refusal(),
        (400, "organization_membership_not_found".into())
    );
    assert_eq!(refresh(&server, &alice).status, 200);
}

#[test]
fn a_token_belongs_to_its_client() {
    let server = start_with(|config| config.client_ids.push("client_second".into()));
    let first = token(&log_in(&server, ALICE));
    let mut body = refresh_body(&server, &first);
    body["client_id"] = "client_second".into();
    assert_dead(&authenticate(&server, &body));
    assert_eq!(refresh(&server, &first).status, 200);
}

#[test]
fn nothing_is_refreshed_after_the_end_of_the_session() {
    let server = start();
    let ended = log_in(&server, ALICE);
    assert!(server.end_session(text(&claims(&ended)["sid"])));
    assert_dead(&refresh(&server, &token(&ended)));

    let expired = token(&log_in(&server, ALICE));
    server.advance(Duration::from_secs(30 * 86_400));
    assert_dead(&refresh(&server, &expired));

    let other = token(&log_in(&server, ALICE));
    server.end_all_sessions();
    assert_dead(&refresh(&server, &other));
}

#[test]
fn a_deleted_user_has_no_session_left() {
    let server = start();
    let first = token(&log_in(&server, ALICE));
    server.configure(|config| config.users.clear());
    assert_dead(&refresh(&server, &first));
}

#[test]
fn null_means_absent() {
    let server = start();
    let first = token(&log_in(&server, ALICE));
    let mut body = refresh_body(&server, &first);
    body["client_secret"] = json!(null);
    body["organization_id"] = json!(null);
    assert_eq!(authenticate(&server, &body).status, 200);
}
