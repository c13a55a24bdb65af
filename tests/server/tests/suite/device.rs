//! The device authorization grant.

use std::time::Duration;

use serde_json::{Value, json};
use workos_login_mock_server::{Endpoint, LoginPage, MockResponse, Server, User};

use crate::support::*;

fn begin(server: &Server) -> Value {
    let response = post(
        server,
        "/user_management/authorize/device",
        &json!({"client_id": server.client_id()}),
    );
    assert_eq!(response.status, 200, "{response:?}");
    response.json()
}

fn poll(server: &Server, device: &Value) -> Received {
    authenticate(
        server,
        &json!({
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "client_id": server.client_id(),
            "device_code": device["device_code"],
        }),
    )
}

fn error(response: &Received) -> String {
    assert_eq!(response.status, 400, "{response:?}");
    text(&response.json()["error"]).to_owned()
}

#[test]
fn a_device_authorization_request_is_json_or_a_form() {
    let server = start();
    let device = begin(&server);
    let code = text(&device["user_code"]);
    let page = format!("{}/device", server.base_url());
    assert_eq!(device["verification_uri"], page);
    assert_eq!(
        device["verification_uri_complete"],
        format!("{page}?user_code={code}")
    );
    assert_eq!(
        (device["expires_in"].as_u64(), device["interval"].as_u64()),
        (Some(300), Some(5))
    );
    let path = "/user_management/authorize/device";
    assert_eq!(
        post_form(&server, path, &[("client_id", server.client_id())]).status,
        200
    );
    assert_eq!(
        post_form(&server, path, &[("client_id", "client_other")]).error(),
        (400, "invalid_client".into())
    );
}

#[test]
fn an_approved_device_code_is_valid_once() {
    let server = start();
    let device = begin(&server);
    assert_eq!(error(&poll(&server, &device)), "authorization_pending");
    let typed = text(&device["user_code"]).replace('-', "").to_lowercase();
    server.approve_device(&typed, ALICE).unwrap();
    let session = poll(&server, &device);
    assert_eq!(session.json()["user"]["id"], User::ALICE_ID);
    assert_eq!(
        refresh(&server, text(&session.json()["refresh_token"])).status,
        200
    );
    assert_eq!(error(&poll(&server, &device)), "invalid_grant");
}

#[test]
fn a_denied_device_gets_access_denied() {
    let server = start();
    let device = begin(&server);
    server.deny_device(text(&device["user_code"])).unwrap();
    assert_eq!(error(&poll(&server, &device)), "access_denied");
}

#[test]
fn a_device_code_expires() {
    let server = start();
    let device = begin(&server);
    server.advance(Duration::from_secs(300));
    assert_eq!(error(&poll(&server, &device)), "expired_token");
    assert!(
        server
            .approve_device(text(&device["user_code"]), ALICE)
            .is_err()
    );
}

#[test]
fn polling_before_the_interval_increases_it() {
    let server = start();
    stop_clock(&server);
    let device = begin(&server);
    assert_eq!(error(&poll(&server, &device)), "authorization_pending");
    server.advance(Duration::from_secs(3));
    assert_eq!(error(&poll(&server, &device)), "slow_down");
    server.advance(Duration::from_secs(9));
    assert_eq!(error(&poll(&server, &device)), "slow_down");
    server.advance(Duration::from_secs(15));
    assert_eq!(error(&poll(&server, &device)), "authorization_pending");
}

#[test]
fn the_interval_can_be_absent_and_not_enforced() {
    let server = start_with(|config| {
        config.polling_interval = None;
        config.enforce_polling_interval = false;
    });
    let device = begin(&server);
    assert!(device.get("interval").is_none());
    for _ in 0..3 {
        assert_eq!(error(&poll(&server, &device)), "authorization_pending");
    }
}

#[test]
fn a_user_code_is_decided_once_and_an_unknown_one_is_rejected() {
    let server = start();
    let device = begin(&server);
    let code = text(&device["user_code"]);
    assert!(server.approve_device("BCDF-GHJK", ALICE).is_err());
    assert!(server.approve_device(code, "nobody@example.com").is_err());
    server.approve_device(code, ALICE).unwrap();
    assert!(server.deny_device(code).is_err());
    assert_eq!(poll(&server, &device).status, 200);
}

#[test]
fn the_complete_verification_uri_shows_the_code_or_is_decided_automatically() {
    let server = start();
    let device = begin(&server);
    let page = get(text(&device["verification_uri_complete"]));
    assert!(
        page.text.contains(text(&device["user_code"])),
        "{}",
        page.text
    );
    assert_eq!(error(&poll(&server, &device)), "authorization_pending");
    server.configure(|config| config.login_page = LoginPage::ApproveAs(ALICE.into()));
    assert_eq!(get(text(&device["verification_uri_complete"])).status, 200);
    assert_eq!(poll(&server, &device).status, 200);
}

#[test]
fn given_responses_are_used_in_order_and_once_each() {
    let server = start();
    let device = begin(&server);
    server
        .approve_device(text(&device["user_code"]), ALICE)
        .unwrap();
    server.respond_with(
        Endpoint::DevicePoll,
        [
            MockResponse::oauth_error(400, "authorization_pending", "Wait."),
            MockResponse::oauth_error(400, "slow_down", "Wait longer."),
        ],
    );
    assert_eq!(error(&poll(&server, &device)), "authorization_pending");
    assert_eq!(error(&poll(&server, &device)), "slow_down");
    assert_eq!(poll(&server, &device).status, 200);
}
