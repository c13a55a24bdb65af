//! Tokens that do not fit where they go, or say odd things.

use serde_json::{Value, json};
use workos_login::secrecy::ExposeSecret;
use workos_login::{AwaitingDevice, DevicePoll, Exchange};

use crate::conformance::{field, success};
use crate::exchanges::{EXCHANGES, outcome_of};
use crate::oauth;
use crate::scenario::{ORGANIZATION, Scenario, edited, fixture, jwt, now, response, stored};

/// Characters that would end a header, a text, a form or a JSON string.
const ODD: &str = "a\r\nX-Evil: 1\t \"\\&=+%00;é\u{0}\u{7f}\u{2028}";

#[test]
fn an_access_token_that_does_not_fit_into_a_header_is_refused_everywhere() {
    for exchange in EXCHANGES
        .into_iter()
        .filter(|name| !name.ends_with("device"))
    {
        let with = |token: &str| {
            let mut body: Value = serde_json::from_str(&success(exchange)).unwrap();
            body["access_token"] = token.into();
            body["organization_id"] = match exchange {
                "switch" => crate::scenario::OTHER_ORGANIZATION.into(),
                _ => ORGANIZATION.into(),
            };
            outcome_of(exchange, response(200, body.to_string()))
        };
        for place in 0..=2 {
            for bad in ODD.chars().filter(|c| !c.is_ascii_graphic()) {
                let mut token = "ab".to_owned();
                token.insert(place, bad);
                assert_eq!(with(&token), "Malformed", "{exchange} {token:?}");
            }
        }
        // A token that says nothing is for no organization, and the session at the standard server is for one.
        if exchange != "oauth-refresh" {
            let good: String = ('!'..='~').collect();
            assert_eq!(with(&good), "Authenticated", "{exchange}");
        }
    }
}

#[test]
fn sends_any_refresh_token_unchanged() {
    let scenario = Scenario::public();
    let session = scenario.to_authenticated_from(&edited("success_full.json", |body| {
        body["refresh_token"] = ODD.into();
    }));
    let request = session.refresh(&scenario.client).unwrap().request();
    assert_eq!(field(&request, "refresh_token").as_deref(), Some(ODD));

    let session = oauth::session_from(&edited("connect_token.json", |body| {
        body["refresh_token"] = ODD.into();
    }));
    let request = session.refresh(&oauth::client()).unwrap().request();
    assert_eq!(field(&request, "refresh_token").as_deref(), Some(ODD));
}

#[test]
fn sends_any_device_code_unchanged() {
    let scenario = Scenario::public();
    let device = scenario.to_awaiting_device_from(&edited("device_authorization.json", |body| {
        body["device_code"] = ODD.into();
    }));
    let device: AwaitingDevice = serde_json::from_str(&stored(&device)).unwrap();
    let request = device.poll(&scenario.client, now()).unwrap().request();
    assert_eq!(field(&request, "device_code").as_deref(), Some(ODD));
}

#[test]
fn a_token_in_any_number_of_parts_is_a_session() {
    for token in [
        "opaque",
        "a.b",
        ".",
        "..",
        "...",
        "e30.e30.",
        "e30.e30",
        "e30.e30.e30.e30",
        "e30.e30.e30.e30.e30",
        "e30.e30=.sig",
        "e30.e3 .sig",
        "e30.eyJ.sig",
        "e30.W10.sig",
        "e30.bnVsbA.sig",
        "e30._w.sig",
    ] {
        for exchange in ["code", "challenge", "poll"] {
            let body = edited("success_minimal.json", |body| {
                body["access_token"] = token.into();
            });
            let expected = match token.contains(' ') {
                true => "Malformed",
                false => "Authenticated",
            };
            assert_eq!(
                outcome_of(exchange, response(200, body)),
                expected,
                "{token}"
            );
        }
        if !token.contains(' ') {
            let session = crate::scenario::session(&edited("success_minimal.json", |body| {
                body["access_token"] = token.into();
            }));
            assert_eq!(session.access_token().expose_secret(), token);
            assert_eq!(session.expires_in(now()), None, "{token}");
            assert_eq!(session.organization_id(), None, "{token}");
            assert_eq!(session.session_id(), None, "{token}");
        }
    }
}

/// Everything that a claim can be and an id is not.
fn odd_claims() -> Vec<Value> {
    vec![
        json!(null),
        json!(7),
        json!(1.5),
        json!(true),
        json!(""),
        json!("a b"),
        json!("a\nb"),
        json!("x".repeat(257)),
        json!(["org_1"]),
        json!({ "id": "org_1" }),
    ]
}

#[test]
fn ignores_an_invalid_organization_in_a_refreshed_token() {
    for odd in odd_claims() {
        let claims = json!({ "org_id": odd, "sid": odd, "iat": 0, "exp": 300 }).to_string();
        let body = |organization: Value| {
            edited("success_full.json", |body| {
                body["organization_id"] = organization;
                body["access_token"] = jwt(&claims).into();
            })
        };
        // The session is for an organization, and an answer for none is not for the same one.
        let come = |body: String| outcome_of("refresh", response(200, body));
        assert_eq!(come(body(Value::Null)), "Malformed", "{odd}");
        assert_eq!(come(body(ORGANIZATION.into())), "Authenticated", "{odd}");
    }
}

#[test]
fn rejects_an_invalid_organization_of_a_response() {
    for odd in odd_claims().into_iter().filter(|odd| !odd.is_null()) {
        let body = edited("success_full.json", |body| {
            body["organization_id"] = odd.clone()
        });
        for exchange in ["code", "refresh", "switch", "challenge", "poll"] {
            let come = outcome_of(exchange, response(200, &*body));
            assert_eq!(come, "Malformed", "{exchange} {odd}");
        }
    }
}

#[test]
fn a_poll_returns_a_session_or_goes_on() {
    let polling = Scenario::public().to_polling();
    let both = r#"{"error":"authorization_pending","access_token":"a","refresh_token":"r"}"#;
    match polling.response(response(400, both), now()).unwrap() {
        DevicePoll::Pending(_) => {}
        DevicePoll::Done(outcome) => panic!("{outcome:?}"),
    }
    assert_eq!(outcome_of("poll", response(200, both)), "Malformed");
    let error = fixture("error_oauth_authorization_pending.json");
    assert_eq!(outcome_of("poll", response(200, error)), "Malformed");
}
