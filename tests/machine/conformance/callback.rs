//! State, callback, and servers that are mixed up.

use serde_json::Value;
use workos_login::{AwaitingCallback, Callback, Client, Error, Exchange, Server};

use crate::conformance::{bits_that_count, drawn, only};
use crate::oauth;
use crate::scenario::{
    CLIENT_ID, CODE, REDIRECT_URI, STATE, Scenario, body, callback, form, kind, now, refused, secs,
    stored,
};

/// What a callback comes out as, at a login with User Management and at one with a standard server alike.
#[track_caller]
fn outcome_of(uri: &str) -> String {
    let scenario = Scenario::public();
    let here = answered(scenario.to_awaiting_callback(), &scenario.client, uri);
    let there = answered(oauth::pending(), &oauth::client(), uri);
    assert_eq!(here, there, "{uri}");
    here
}

/// The code that is sent, or the kind of the refusal, which has to keep the login.
#[track_caller]
fn answered<A: workos_login::ClientKind>(
    pending: AwaitingCallback,
    client: &Client<A>,
    uri: &str,
) -> String {
    let before = stored(&pending);
    let callback = match Callback::parse(uri) {
        Ok(callback) => callback,
        Err(error) => return kind(&error).to_owned(),
    };
    match pending.accept(client, callback, now()) {
        Ok(exchanging) => {
            let request = exchanging.request();
            let code = match serde_json::from_slice::<Value>(request.body()) {
                Ok(json) => json["code"].as_str().map(str::to_owned),
                Err(_) => form(&request)
                    .into_iter()
                    .find_map(|(name, value)| (name == "code").then_some(value)),
            };
            code.unwrap()
        }
        Err(refused) => {
            let (pending, error) = refused.into_parts();
            assert_eq!(stored(&pending), before, "{uri}");
            kind(&error).to_owned()
        }
    }
}

#[track_caller]
fn check(query: &str, expected: &str) {
    assert_eq!(outcome_of(query), expected, "{query}");
}

#[test]
fn c18_a_state_has_at_least_128_random_bits() {
    let bits = bits_that_count(|pending| {
        let form: Value = serde_json::from_str(&stored(pending)).unwrap();
        form["state"].as_str().unwrap().to_owned()
    });
    assert!(bits >= 128, "{bits}");
    let mut states = [[1; 66], [2; 66]].map(|random| only(&drawn(random).0, "state"));
    states.sort();
    assert_ne!(states[0], states[1]);
    let scenario = Scenario::public();
    let own = scenario.to_start().app_state("chosen").unwrap();
    let (url, _) = crate::scenario::begin(own);
    assert_eq!(only(&url, "state"), format!("{STATE}.chosen"));
}

#[test]
fn c19_a_callback_without_a_state_is_refused() {
    check(&format!("code={CODE}"), "CallbackMismatch");
    check(&format!("code={CODE}&state="), "CallbackMismatch");
}

#[test]
fn c20_a_callback_with_another_state_is_refused() {
    check(&format!("code={CODE}&state={STATE}"), CODE);
    for place in 0..STATE.len() {
        let mut other = STATE.as_bytes().to_vec();
        other[place] ^= 1;
        let other = String::from_utf8(other).unwrap();
        check(&format!("code={CODE}&state={other}"), "CallbackMismatch");
    }
    check(
        &format!("code={CODE}&state={}", &STATE[1..]),
        "CallbackMismatch",
    );
    check(&format!("code={CODE}&state={STATE}%00"), "CallbackMismatch");
    // No test can time this: it is the work of `subtle`.
    let source = include_str!("../../../src/login/awaiting_callback.rs");
    assert!(source.contains(".ct_eq("));
}

#[test]
fn c21_the_state_of_an_error_is_checked_first_too() {
    check("error=access_denied", "CallbackMismatch");
    check("error=access_denied&state=made-up", "CallbackMismatch");
    check(&format!("error=access_denied&state={STATE}"), "Denied");
}

#[test]
fn c22_a_duplicated_parameter_is_refused() {
    let code = format!("code={CODE}&state={STATE}&iss={}", oauth::ISSUER);
    let error = format!("error=x&error_description=y&state={STATE}");
    for query in [code, error] {
        for pair in query.split('&') {
            check(&format!("{query}&{pair}"), "Malformed");
            check(&format!("{pair}&{query}"), "Malformed");
        }
    }
}

#[test]
fn c23_an_unknown_parameter_is_ignored() {
    check(
        &format!("session_state=1&code={CODE}&x=1&x=2&state={STATE}&y"),
        CODE,
    );
}

#[test]
fn c24_the_name_of_a_parameter_is_case_sensitive() {
    check(&format!("Code={CODE}&state={STATE}"), "Malformed");
    check(&format!("code={CODE}&State={STATE}"), "CallbackMismatch");
    check(&format!("code={CODE}&Error=x&ISS=x&state={STATE}"), CODE);
}

#[test]
fn c25_a_code_and_an_error_together_are_refused() {
    check(
        &format!("code={CODE}&error=access_denied&state={STATE}"),
        "Malformed",
    );
}

#[test]
fn c26_a_callback_to_another_address_is_refused() {
    let to = |address: &str| outcome_of(&format!("{address}?code={CODE}&state={STATE}"));
    assert_eq!(to(REDIRECT_URI), CODE);
    for other in [
        "https://127.0.0.1:52143/callback",
        "http://127.0.0.1:52144/callback",
        "http://127.0.0.1/callback",
        "http://localhost:52143/callback",
        "http://127.0.0.1:52143/callback/",
        "http://127.0.0.1:52143/other",
        "http://a@127.0.0.1:52143/callback",
        "myapp://callback",
        "/other",
    ] {
        assert_eq!(to(other), "CallbackMismatch", "{other}");
    }
}

/// What a callback with this issuer comes out as, at a server that names itself in each callback or does not.
fn from_issuer(iss: Option<&str>, advertises: bool, result: &str) -> Result<String, Error> {
    let server = match advertises {
        true => oauth::server().advertises_iss(),
        false => oauth::server(),
    };
    let client = Client::oauth(CLIENT_ID.parse().unwrap(), server);
    let iss = iss.map(|iss| format!("&iss={iss}")).unwrap_or_default();
    let callback = callback(&format!("{result}&state={STATE}{iss}"));
    match oauth::pending().accept(&client, callback, now()) {
        Ok(exchanging) => Ok(form(&exchanging.request())[1].1.clone()),
        Err(refused) => Err(refused.into()),
    }
}

#[test]
fn c27_an_issuer_is_compared_as_text() {
    let from = |iss: &str| from_issuer(Some(iss), false, &format!("code={CODE}"));
    assert_eq!(from(oauth::ISSUER).unwrap(), CODE);
    assert_eq!(from("https%3A%2F%2Flagoon-77.authkit.app").unwrap(), CODE);
    for other in [
        "",
        "https://lagoon-77.authkit.app/",
        "https://Lagoon-77.authkit.app",
        "HTTPS://lagoon-77.authkit.app",
        "https://lagoon-77.authkit.app:443",
        "lagoon-77.authkit.app",
        "https://evil.example",
    ] {
        assert_eq!(
            kind(&from(other).unwrap_err()),
            "CallbackMismatch",
            "{other}"
        );
    }
}

#[test]
fn c28_a_server_that_names_itself_always_does() {
    let from = |iss| from_issuer(iss, true, &format!("code={CODE}"));
    assert_eq!(from(Some(oauth::ISSUER)).unwrap(), CODE);
    assert_eq!(kind(&from(None).unwrap_err()), "CallbackMismatch");
}

#[test]
fn c29_an_error_of_another_issuer_is_not_believed() {
    let result = "error=access_denied&error_description=Call+this+number";
    for iss in [Some("https://evil.example"), None] {
        let error = from_issuer(iss, true, result).unwrap_err();
        assert_eq!(kind(&error), "CallbackMismatch", "{iss:?}");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("access_denied"), "{shown}");
        assert!(!shown.contains("number"), "{shown}");
    }
    let error = from_issuer(Some(oauth::ISSUER), true, result).unwrap_err();
    assert_eq!(kind(&error), "Denied");
}

#[test]
fn c30_a_pending_login_remembers_its_server() {
    let other = "https://evil.example";
    let endpoint = |path: &str| format!("{other}/{path}").parse().unwrap();
    let server = Server::new(other, &endpoint("authorize"), &endpoint("token")).unwrap();
    let evil = Client::oauth(CLIENT_ID.parse().unwrap(), server);
    let real = || callback(&format!("code={CODE}&state={STATE}"));
    let (pending, error) = refused(oauth::pending().accept(&evil, real(), now()));
    assert_eq!(kind(&error), "Client");
    let restored: AwaitingCallback = serde_json::from_str(&stored(&pending)).unwrap();
    let (restored, error) = refused(restored.accept(&evil, real(), now()));
    assert_eq!(kind(&error), "Client");
    assert!(restored.accept(&oauth::client(), real(), now()).is_ok());
    let (_, error) = refused(oauth::pending().accept(&Scenario::public().client, real(), now()));
    assert_eq!(kind(&error), "Client");
}

/// That it is consumed by being used is shown where it does not compile: `AwaitingCallback`.
#[test]
fn c31_a_pending_login_expires() {
    let scenario = Scenario::public();
    let at = |moment| {
        let real = callback(&format!("code={CODE}&state={STATE}"));
        let pending = scenario.to_awaiting_callback();
        pending.accept(&scenario.client, real, moment)
    };
    let moment = std::time::Duration::from_millis(1);
    let exchanging = at(now() + secs(600) - moment).unwrap();
    assert_eq!(body(&exchanging.request())["code"], CODE);
    let (_, error) = refused(at(now() + secs(600)));
    assert_eq!(kind(&error), "Expired");
}

#[test]
fn c32_an_unknown_error_is_kept_as_it_came() {
    for code in ["of_tomorrow", "Access_Denied", "x y", "é"] {
        let scenario = Scenario::public();
        let said_no = callback(&format!("error={code}&state={STATE}"));
        let pending = scenario.to_awaiting_callback();
        let (_, error) = refused(pending.accept(&scenario.client, said_no, now()));
        let Error::Denied(denied) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(denied.code(), Some(code));
    }
}
