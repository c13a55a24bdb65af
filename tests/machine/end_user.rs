//! The data about the end user that a confidential client sends.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use workos_login::http::Request;
use workos_login::{Client, Confidential, EndUser, Exchange};

use crate::scenario::{Scenario, body, now, refused};

const OF_EVERY_GRANT: [&str; 3] = ["device_id", "ip_address", "user_agent"];
const OF_A_CODE_EXCHANGE: [&str; 2] = ["invitation_token", "signals_id"];

fn end_user() -> EndUser {
    EndUser::new()
        .ip_address("2001:db8::7".parse().unwrap())
        .user_agent("Mozilla/5.0 (X11; \"é\")")
        .device_id("device_1")
        .signals_id("signals_1")
        .invitation_token("invitation_1")
}

/// Every grant of a client, by its name.
fn grants(client: Client<Confidential>) -> BTreeMap<&'static str, Request<Vec<u8>>> {
    let scenario = Scenario::of(client);
    BTreeMap::from([
        ("code", scenario.to_exchanging().request()),
        ("refresh", scenario.to_refreshing().request()),
        ("switch", scenario.to_switching().request()),
        ("poll", scenario.to_polling().request()),
        ("challenge", scenario.to_answering().request()),
    ])
}

/// The members of a request that are about the end user.
fn about_the_end_user(request: &Request<Vec<u8>>) -> Map<String, Value> {
    let Value::Object(mut members) = body(request) else {
        panic!("not an object")
    };
    members.retain(|name, _| {
        OF_EVERY_GRANT.contains(&&**name) || OF_A_CODE_EXCHANGE.contains(&&**name)
    });
    members
}

#[test]
fn every_grant_sends_the_end_user_and_a_code_exchange_the_invitation() {
    let client = Scenario::confidential().client.for_end_user(end_user());
    for (grant, request) in grants(client) {
        let mut expected = json!({
            "device_id": "device_1",
            "ip_address": "2001:db8::7",
            "user_agent": "Mozilla/5.0 (X11; \"é\")",
        });
        if grant == "code" {
            expected["invitation_token"] = json!("invitation_1");
            expected["signals_id"] = json!("signals_1");
        }
        assert_eq!(
            Value::Object(about_the_end_user(&request)),
            expected,
            "{grant}"
        );
    }
}

#[test]
fn sends_nothing_without_an_end_user() {
    let client = Scenario::confidential().client;
    let nobody = client.for_end_user(end_user()).for_end_user(EndUser::new());
    for client in [client, nobody] {
        for (grant, request) in grants(client) {
            assert!(about_the_end_user(&request).is_empty(), "{grant}");
        }
    }
}

#[test]
fn for_end_user_keeps_the_api_key_the_base_url_and_the_binding() {
    let client = Scenario::confidential().client;
    let session = Scenario::confidential().to_authenticated();
    let served = client.for_end_user(end_user());
    assert!(session.bound_to(&served).is_ok());
    let request = session.refresh(&served).unwrap().request();
    assert_eq!(body(&request)["client_secret"], crate::scenario::API_KEY);

    let elsewhere = "https://eu.example".parse().unwrap();
    let served = served.base_url(elsewhere).unwrap();
    let request = Scenario::of(served.clone()).to_refreshing().request();
    assert_eq!(
        request.uri(),
        "https://eu.example/user_management/authenticate"
    );
    assert_eq!(body(&request)["ip_address"], "2001:db8::7");
    let (_, error) = refused(Scenario::public().to_authenticated().refresh(&served));
    assert!(error.to_string().contains("https://eu.example"), "{error}");
    assert!(
        Scenario::public()
            .to_awaiting_device()
            .poll(&client, now())
            .is_ok()
    );
}

#[test]
fn debug_shows_no_end_user() {
    let shown = format!(
        "{:?} {:?}",
        end_user(),
        Scenario::confidential().client.for_end_user(end_user())
    );
    for hidden in [
        "2001:db8",
        "Mozilla",
        "device_1",
        "signals_1",
        "invitation_1",
    ] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
