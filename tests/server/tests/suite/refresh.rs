//! Refresh: rotation, reuse detection, organization switch.

use std::time::Duration;

use serde_json::{Value, json};
use workos_login_mock_server::{Organization, Server};

use crate::support::*;

fn token(response: &Value) -> String {
    text(&response["refresh_token"]).to_owned()
}

fn refresh_into(server: &Server, token: &str, organization: &str) -> Received {
    let mut body = refresh_body(server, token);
    body["organization_id"] = organization.into();
    authenticate(server, &body)
}

#[test]
fn a_refresh_returns_new_tokens_of_the_same_session() {
    let server = start();
    stop_clock(&server);
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
fn a_used_refresh_token_is_rejected_and_the_session_stays_live() {
    let server = start();
    let first = token(&log_in(&server, ALICE));
    let second = token(&refresh(&server, &first).json());
    assert_invalid_grant(&refresh(&server, &first));
    assert_eq!(refresh(&server, &second).status, 200);
}

#[test]
fn within_the_replay_window_an_identical_request_gets_the_same_response() {
    let server = start_with(|config| config.replay_window = Duration::from_secs(10));
    stop_clock(&server);
    let first = token(&log_in(&server, ALICE));
    let response = refresh(&server, &first);
    server.advance(Duration::from_secs(9));
    assert_eq!(refresh(&server, &first).text, response.text);
    server.advance(Duration::from_secs(1));
    assert_invalid_grant(&refresh(&server, &first));
    assert_eq!(refresh(&server, &token(&response.json())).status, 200);
}

#[test]
fn within_the_replay_window_another_organization_is_reuse() {
    for ends_session in [false, true] {
        let server = start_with(|config| {
            config.replay_window = Duration::from_secs(10);
            config.reuse_ends_session = ends_session;
        });
        let globex = [("organization_id", Some(Organization::GLOBEX_ID))];
        let session = exchange(&server, &code_for(&server, BOB, &globex)).json();
        let first = token(&session);
        let response = refresh_into(&server, &first, Organization::ACME_ID);
        assert_invalid_grant(&refresh_into(&server, &first, Organization::GLOBEX_ID));
        if ends_session {
            assert!(server.sessions().is_empty());
            assert_invalid_grant(&refresh(&server, &token(&response.json())));
        } else {
            let replayed = refresh_into(&server, &first, Organization::ACME_ID);
            assert_eq!(replayed.text, response.text);
            assert_invalid_grant(&refresh(&server, &first));
        }
    }
}

#[test]
fn reuse_after_the_replay_window_can_end_the_session() {
    let server = start_with(|config| config.reuse_ends_session = true);
    let first = token(&log_in(&server, ALICE));
    let second = token(&refresh(&server, &first).json());
    assert_invalid_grant(&refresh(&server, &first));
    assert_invalid_grant(&refresh(&server, &second));
    assert!(server.sessions().is_empty());
}

#[test]
fn without_rotation_the_refresh_token_does_not_change() {
    let server = start_with(|config| config.rotate_refresh_tokens = false);
    let first = token(&log_in(&server, ALICE));
    for _ in 0..3 {
        assert_eq!(token(&refresh(&server, &first).json()), first);
    }
}

#[test]
fn a_member_can_switch_the_organization_and_a_refresh_without_one_keeps_it() {
    let server = start();
    let globex = [("organization_id", Some(Organization::GLOBEX_ID))];
    let session = exchange(&server, &code_for(&server, BOB, &globex)).json();
    let token_now = token(&session);
    for (organization, code) in [
        ("org_01K1N0S0CHPLACE000000000A0", "organization_not_found"),
        ("acme", "invalid_organization_id"),
    ] {
        assert_eq!(
            refresh_into(&server, &token_now, organization).error(),
            (400, code.into())
        );
    }
    let switched = refresh_into(&server, &token_now, Organization::ACME_ID).json();
    assert_eq!(switched["organization_id"], Organization::ACME_ID);
    assert_eq!(claims(&switched)["org_id"], Organization::ACME_ID);
    let kept = refresh(&server, &token(&switched)).json();
    assert_eq!(kept["organization_id"], Organization::ACME_ID);

    let alice = token(&log_in(&server, ALICE));
    let foreign = refresh_into(&server, &alice, Organization::GLOBEX_ID);
    assert_eq!(
        foreign.error(),
        (400, "organization_membership_not_found".into())
    );
    assert_eq!(refresh(&server, &alice).status, 200);
}

#[test]
fn a_refresh_token_is_bound_to_its_client() {
    let server = start_with(|config| config.client_ids.push("client_second".into()));
    let first = token(&log_in(&server, ALICE));
    let mut body = refresh_body(&server, &first);
    body["client_id"] = "client_second".into();
    assert_invalid_grant(&authenticate(&server, &body));
    assert_eq!(refresh(&server, &first).status, 200);
}

#[test]
fn rejects_a_refresh_after_the_session_has_ended_or_expired() {
    let server = start();
    let ended = log_in(&server, ALICE);
    assert!(server.end_session(text(&claims(&ended)["sid"])));
    assert_invalid_grant(&refresh(&server, &token(&ended)));

    let expired = token(&log_in(&server, ALICE));
    server.advance(Duration::from_secs(30 * 86_400));
    assert_invalid_grant(&refresh(&server, &expired));

    let other = token(&log_in(&server, ALICE));
    server.end_all_sessions();
    assert_invalid_grant(&refresh(&server, &other));
}

#[test]
fn rejects_a_refresh_of_a_deleted_user() {
    let server = start();
    let first = token(&log_in(&server, ALICE));
    server.configure(|config| config.users.clear());
    assert_invalid_grant(&refresh(&server, &first));
}

#[test]
fn null_means_that_a_parameter_is_absent() {
    let server = start();
    let first = token(&log_in(&server, ALICE));
    let mut body = refresh_body(&server, &first);
    body["client_secret"] = json!(null);
    body["organization_id"] = json!(null);
    assert_eq!(authenticate(&server, &body).status, 200);
}
