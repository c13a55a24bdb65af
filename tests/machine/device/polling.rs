//! A poll: what is sent, and how it ends.

use serde_json::json;
use workos_login::http::header::CONTENT_TYPE;
use workos_login::{Client, DevicePoll, Exchange, Outcome};

use super::{PENDING, pending};
use crate::exchanging::sent_to_the_token_endpoint;
use crate::oauth;
use crate::scenario::{
    CLIENT_ID, Scenario, body, fixture, form, kind, now, refusal, refused, response, secs, stored,
    with_header,
};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const DEVICE_CODE: &str = "BeCrt3Rx9CaACMztCLLhC1hTENogM0AuMGzRxUkP0AscguIFXoxwbc95cPK2ixoP";

#[test]
fn sends_the_device_code_and_no_api_key() {
    for request in [
        Scenario::public().to_polling().request(),
        Scenario::confidential().to_polling().request(),
    ] {
        sent_to_the_token_endpoint(&request);
        assert_eq!(
            body(&request),
            json!({ "grant_type": GRANT, "client_id": CLIENT_ID, "device_code": DEVICE_CODE })
        );
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
    let scenario = Scenario::public();
    let success = response(200, fixture("success_full.json"));
    let polled = scenario.to_polling().response(success, now()).unwrap();
    let DevicePoll::Done(Outcome::Authenticated(session)) = polled else {
        panic!("{polled:?}")
    };
    assert_eq!(stored(&*session), stored(&scenario.to_authenticated()));
    assert!(session.refresh(&scenario.client).is_ok());
}

#[test]
fn a_user_who_is_done_at_a_standard_server_is_logged_in() {
    let success = response(200, fixture("connect_token.json"));
    let polled = oauth::polling().response(success, now()).unwrap();
    let DevicePoll::Done(Outcome::Authenticated(session)) = polled else {
        panic!("{polled:?}")
    };
    assert_eq!(stored(&*session), stored(&oauth::session()));
}

#[test]
fn keeps_the_device_code_over_many_polls() {
    let scenario = Scenario::public();
    let mut device = scenario.to_awaiting_device();
    let mut at = now();
    for _ in 0..20 {
        at += device.poll_in(at);
        let polling = device.poll(&scenario.client, at).unwrap();
        assert_eq!(body(&polling.request())["device_code"], DEVICE_CODE);
        device = pending(polling, PENDING, at);
        assert_eq!(device.user_code(), "KVRT-MPWD");
    }
}

#[test]
fn c60_stops_polling_on_any_other_error() {
    for (name, status, expected) in [
        ("error_oauth_access_denied.json", 400, "Denied"),
        ("error_oauth_expired_token.json", 400, "Expired"),
        ("error_oauth_invalid_grant_code.json", 400, "InvalidGrant"),
        ("error_oauth_invalid_client.json", 401, "Client"),
        ("error_oauth_unauthorized_client.json", 400, "Client"),
        ("error_plain_unauthorized.json", 401, "Client"),
        ("error_plain_not_found.json", 404, "Rejected"),
    ] {
        let (polling, error) = refusal(
            Scenario::public().to_polling(),
            response(status, fixture(name)),
        );
        assert_eq!(kind(&error), expected, "{name}");
        assert_eq!(error.retry_in(now()), None, "{name}");
        assert_eq!(error.request_id(), Some("req_fixture"));
        assert_eq!(body(&polling.request())["device_code"], DEVICE_CODE);
    }
}

#[test]
fn each_end_says_what_to_do() {
    let says = |name: &str| {
        let response = response(400, fixture(name));
        refusal(Scenario::public().to_polling(), response)
            .1
            .to_string()
    };
    assert_eq!(
        says("error_oauth_access_denied.json"),
        "login was denied (access_denied); start a new login"
    );
    assert_eq!(
        says("error_oauth_expired_token.json"),
        "device code has expired; start a new login"
    );
    assert_eq!(
        says("error_oauth_invalid_grant_code.json"),
        "device code is invalid (invalid_grant); start a new login"
    );
}

#[test]
fn a_malformed_response_stops_polling_and_a_transient_error_does_not() {
    let page = |status| with_header(response(status, "<html>"), CONTENT_TYPE, "text/html");
    for status in [200, 302] {
        let (_, error) = refusal(Scenario::public().to_polling(), page(status));
        assert_eq!(kind(&error), "Malformed");
        assert_eq!(error.retry_in(now()), None);
    }
    for status in [500, 502, 503, 504, 408, 429] {
        let (_, error) = refusal(Scenario::public().to_polling(), page(status));
        assert_eq!(kind(&error), "Unavailable");
        assert!(error.retry_in(now()).is_some());
    }
}

#[test]
fn c59_stops_when_the_device_code_expires() {
    let scenario = Scenario::public();
    let device = scenario.to_awaiting_device();
    let before = stored(&device);
    let (device, error) = refused(device.poll(&scenario.client, now() + secs(300)));
    assert_eq!(kind(&error), "Expired");
    assert_eq!(
        error.to_string(),
        "device code has expired; start a new login"
    );
    assert_eq!(error.request_id(), None);
    assert_eq!(stored(&device), before);
    assert_eq!(device.expires_in(now() + secs(300)), secs(0));
    assert_eq!(device.expires_in(now() + secs(299)), secs(1));
    assert!(device.poll(&scenario.client, now() + secs(299)).is_ok());
}

#[test]
fn polling_ends_by_itself_whatever_the_service_answers() {
    let scenario = Scenario::public();
    let mut device = scenario.to_awaiting_device();
    let mut at = now();
    for polls in 0..60 {
        at += device.poll_in(at);
        match device.poll(&scenario.client, at) {
            Ok(polling) => device = pending(polling, PENDING, at),
            Err(refused) => {
                let (_, error) = refused.into_parts();
                assert_eq!((kind(&error), polls), ("Expired", 59));
                return;
            }
        }
    }
    panic!("it polls for ever");
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
    let elsewhere = "https://api.workos-test.com".parse().unwrap();
    let mut device = scenario.to_awaiting_device();
    let before = stored(&device);
    for other in [
        Client::public("client_other".parse().unwrap()),
        Scenario::public().client.base_url(elsewhere).unwrap(),
    ] {
        let (kept, error) = refused(device.poll(&other, now()));
        assert_eq!(kind(&error), "Client");
        assert!(
            error.to_string().contains("use the client that created it"),
            "{error}"
        );
        assert_eq!(stored(&kept), before);
        device = kept;
    }
    let (device, error) = refused(device.poll(&oauth::client(), now()));
    assert_eq!(kind(&error), "Client");
    // A server and a program of the same client id are the same client.
    assert!(device.poll(&Scenario::confidential().client, now()).is_ok());
}

#[test]
fn returns_to_waiting_after_a_rejected_poll() {
    let (polling, _) = refusal(Scenario::public().to_polling(), response(404, ""));
    let device = polling.into_awaiting(now());
    assert_eq!(device.user_code(), "KVRT-MPWD");
    assert!(device.poll(&Scenario::public().client, now()).is_ok());
}
