//! A poll: its request and its responses.

use serde_json::json;
use workos_login::{Client, DevicePoll, Exchange, Outcome};

use super::{PENDING, SLOW_DOWN, pending};
use crate::exchanges::leads_to;
use crate::exchanging::sent_to_the_token_endpoint;
use crate::oauth;
use crate::scenario::{
    CLIENT_ID, Kind, Scenario, body, error_response, fixture, form, kind, message_contains, now,
    refusal, refused, response, secs, stored,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE_CODE: &str = "BeCrt3Rx9CaACMztCLLhC1hTENogM0AuMGzRxUkP0AscguIFXoxwbc95cPK2ixoP";

#[test]
fn sends_the_device_code_and_no_api_key() {
    for polling in [
        Scenario::public().to_polling(),
        Scenario::confidential().to_polling(),
    ] {
        let request = polling.request();
        sent_to_the_token_endpoint(&request);
        let expected =
            json!({ "grant_type": GRANT, "client_id": CLIENT_ID, "device_code": DEVICE_CODE });
        assert_eq!(body(&request), expected);
    }
}

#[test]
fn sends_a_form_to_an_authorization_server() {
    let request = oauth::polling().request();
    assert_eq!(request.uri(), "https://lagoon-77.authkit.app/oauth2/token");
    assert_eq!(
        request.headers()["content-type"],
        "application/x-www-form-urlencoded"
    );
    let mut sent = form(&request);
    sent.sort();
    let expected = [
        ("client_id", CLIENT_ID),
        ("device_code", "LpumxAMm8H75ASU2wRPm7MpxOGnYzU6nEONvV6bbxuw"),
        ("grant_type", GRANT),
    ];
    assert_eq!(
        sent,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn returns_the_session_of_a_completed_login() {
    fn check<K: Kind>(scenario: &Scenario<K>) {
        let success = response(200, fixture(K::TOKENS));
        let polled = scenario.to_polling().response(success, now()).unwrap();
        let DevicePoll::Done(Outcome::Authenticated(session)) = polled else {
            panic!("{polled:?}")
        };
        assert_eq!(stored(&*session), stored(&scenario.to_authenticated()));
        assert!(session.refresh(&scenario.client).is_ok());
    }
    check(&Scenario::public());
    check(&Scenario::oauth());
}

#[test]
fn a_poll_returns_a_session_or_goes_on() {
    let both = r#"{"error":"authorization_pending","access_token":"a","refresh_token":"r"}"#;
    leads_to("poll", response(400, both), "Pending");
    leads_to("poll", response(200, both), "Malformed");
    let error = fixture("error_oauth_authorization_pending.json");
    leads_to("poll", response(200, error), "Malformed");
}

#[test]
fn c60_stops_polling_on_any_other_error() {
    for (code, status, expected) in [
        ("access_denied", 400, "Denied"),
        ("expired_token", 400, "Expired"),
        ("invalid_client", 400, "Client"),
        ("invalid_client", 401, "Client"),
        ("invalid_grant", 400, "InvalidGrant"),
        ("invalid_request", 400, "Client"),
        ("never_heard_of", 400, "Rejected"),
        ("never_heard_of", 404, "Rejected"),
        ("unauthorized", 401, "Client"),
        ("unauthorized_client", 400, "Client"),
        ("unsupported_grant_type", 400, "Client"),
    ] {
        for polling in [Scenario::public().to_polling(), oauth::polling()] {
            let sent = polling.request();
            let (polling, error) = refusal(polling, error_response(status, code));
            assert_eq!(kind(&error), expected, "{code}");
            assert_eq!(error.retry_in(now()), None, "{code}");
            assert_eq!(error.request_id(), Some("req_fixture"));
            assert_eq!(polling.request().body(), sent.body());
        }
    }
}

#[test]
fn a_malformed_response_stops_polling_and_a_transient_error_does_not() {
    for (status, expected) in [
        (200, "Malformed"),
        (302, "Malformed"),
        (408, "Unavailable"),
        (429, "Unavailable"),
        (500, "Unavailable"),
        (502, "Unavailable"),
        (503, "Unavailable"),
        (504, "Unavailable"),
    ] {
        let (_, error) = refusal(Scenario::public().to_polling(), response(status, "<html>"));
        assert_eq!(kind(&error), expected);
        assert_eq!(error.retry_in(now()).is_some(), expected == "Unavailable");
    }
}

#[test]
fn c59_stops_when_the_device_code_expires() {
    let scenario = Scenario::public();
    let device = scenario.to_awaiting_device();
    let before = stored(&device);
    let expiry = now() + secs(300);
    let (device, error) = refused(device.poll(&scenario.client, expiry));
    assert_eq!(kind(&error), "Expired");
    assert_eq!(
        error.to_string(),
        "device code has expired; start a new login"
    );
    assert_eq!(error.request_id(), None);
    assert_eq!(stored(&device), before);
    assert_eq!(device.expires_in(expiry), secs(0));
    assert_eq!(device.expires_in(expiry - secs(1)), secs(1));
    let moment = std::time::Duration::from_millis(1);
    assert!(device.poll(&scenario.client, expiry - moment).is_ok());
}

#[test]
fn m17_polls_through_transient_errors_until_the_device_code_expires() {
    let client = Scenario::public().client;
    let mut device = Scenario::public().to_awaiting_device();
    let mut at = now();
    let mut polls = Vec::new();
    let error = loop {
        at += device.poll_in(at);
        let polling = match device.poll(&client, at) {
            Ok(polling) => polling,
            Err(refused) => break refused.into(),
        };
        assert_eq!(body(&polling.request())["device_code"], DEVICE_CODE);
        polls.push(at.duration_since(now()).unwrap().as_secs());
        assert!(polls.len() < 100, "{polls:?}");
        device = match polls.len() {
            2 => polling.into_awaiting(at),
            3 => refusal(polling, response(503, "<html>"))
                .0
                .into_awaiting(at),
            5 => pending(polling, SLOW_DOWN, at),
            _ => pending(polling, PENDING, at),
        };
        assert_eq!(device.user_code(), "KVRT-MPWD");
    };
    assert_eq!(kind(&error), "Expired");
    assert_eq!(polls[..8], [5, 10, 20, 40, 45, 55, 65, 75]);
    assert!(polls.iter().all(|second| *second < 300), "{polls:?}");
}

#[test]
fn the_wait_that_one_response_demands_ends_with_the_next() {
    let mut busy = response(503, "");
    let wait = "120".parse().unwrap();
    busy.headers_mut().insert("retry-after", wait);
    let (polling, _) = refusal(Scenario::public().to_polling(), busy);
    let (polling, error) = refusal(polling, response(200, "{}"));
    assert_eq!(kind(&error), "Malformed");
    assert_eq!(polling.into_awaiting(now()).poll_in(now()), secs(10));
}

#[test]
fn accepts_a_success_after_the_expiry() {
    let success = response(200, fixture("success_full.json"));
    let polled = Scenario::public()
        .to_polling()
        .response(success, now() + secs(301));
    assert!(matches!(polled, Ok(DevicePoll::Done(_))));
}

#[test]
fn refuses_a_client_that_it_is_not_bound_to() {
    let scenario = Scenario::public();
    let elsewhere = Scenario::public()
        .client
        .base_url("https://api.workos-test.com".parse().unwrap());
    let mut device = scenario.to_awaiting_device();
    let before = stored(&device);
    for other in [
        Client::public("client_other".parse().unwrap()),
        elsewhere.unwrap(),
    ] {
        let (returned, error) = refused(device.poll(&other, now()));
        assert_eq!(kind(&error), "Client");
        message_contains(&error, "use the client that created it");
        assert_eq!(stored(&returned), before);
        device = returned;
    }
    let (device, error) = refused(device.poll(&oauth::client(), now()));
    assert_eq!(kind(&error), "Client");
    // Clients of the same ID are equal, whatever their kind.
    assert!(device.poll(&Scenario::confidential().client, now()).is_ok());
}

#[test]
fn returns_the_device_login_of_a_rejected_poll() {
    let (polling, _) = refusal(Scenario::public().to_polling(), response(404, ""));
    let device = polling.into_awaiting(now());
    assert_eq!(device.user_code(), "KVRT-MPWD");
    assert!(device.poll(&Scenario::public().client, now()).is_ok());
}
