//! The nonce of a login at an authorization server (OpenID Connect Core sections 3.1.2.1, 3.1.3.7 and 12.2).

use serde_json::{Value, json};
use workos_login::{AwaitingCallback, Exchange};

use super::{begin, client, exchanging, id_token, polling, refreshing, session_from, tokens};
use crate::scenario::{
    CODE, CODE_VERIFIER, Counting, NONCE, REDIRECT_URI, STATE, Scenario, callback, kind, now,
    pairs, refusal, response, stored,
};

fn of_nonce(nonce: &Value) -> String {
    tokens(|body| body["id_token"] = id_token(|claims| claims["nonce"] = nonce.clone()).into())
}

#[test]
fn generates_the_nonce_with_state_and_code_verifier_in_one_call() {
    let mut generator = Counting::default();
    let client = client();
    let start = client.login(super::scope(), REDIRECT_URI.parse().unwrap());
    let (url, pending) = start.begin(now(), &mut generator);
    assert_eq!(generator.calls, [99]);
    for (name, value) in [("state", STATE), ("nonce", NONCE)] {
        let sent = pairs(&url.clone().into());
        assert!(
            sent.contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
    let form: Value = serde_json::from_str(&stored(&pending)).unwrap();
    assert_eq!(form["nonce"], NONCE);
    assert_eq!(form["code_verifier"], CODE_VERIFIER);
}

#[test]
fn user_management_has_no_nonce() {
    let pending = Scenario::public().to_awaiting_callback();
    assert!(!stored(&pending).contains("nonce"));
}

#[test]
fn an_option_cannot_set_the_nonce() {
    let client = client();
    let start = client.login(super::scope(), REDIRECT_URI.parse().unwrap());
    let error = start.parameter("nonce", "mine").unwrap_err();
    assert!(error.to_string().contains("nonce"), "{error}");
}

#[test]
fn rejects_an_id_token_without_the_nonce_of_the_login() {
    for other in [
        json!(null),
        json!(""),
        json!(CODE_VERIFIER),
        json!(NONCE.to_lowercase()),
        json!(&NONCE[..42]),
        json!(format!("{NONCE} ")),
        json!([NONCE]),
        json!(7),
    ] {
        let (exchanging, error) = refusal(exchanging(), response(200, of_nonce(&other)));
        assert_eq!(kind(&error), "Malformed", "{other}");
        assert!(
            error
                .to_string()
                .contains("has another nonce than the login"),
            "{error}"
        );
        assert!(!format!("{error:?} {exchanging:?}").contains(NONCE));
    }
    let absent = id_token(|claims| drop(claims.as_object_mut().unwrap().remove("nonce")));
    let body = tokens(|body| body["id_token"] = absent.into());
    let (_, error) = refusal(exchanging(), response(200, body));
    assert!(error.to_string().contains("has another nonce"), "{error}");
}

#[test]
fn the_nonce_of_a_stored_login_is_compared() {
    let (_, pending) = begin(&client());
    let pending: AwaitingCallback = serde_json::from_str(&stored(&pending)).unwrap();
    let real = callback(&format!("code={CODE}&state={STATE}"));
    let exchanging = pending.accept(&client(), real, now()).unwrap();
    let (exchanging, error) = refusal(exchanging, response(200, of_nonce(&json!("other"))));
    assert!(error.to_string().contains("another nonce"), "{error}");
    exchanging
        .response(response(200, of_nonce(&json!(NONCE))), now())
        .unwrap();
}

#[test]
fn a_device_login_sends_no_nonce_and_expects_none() {
    for nonce in [json!(null), json!("of the server")] {
        polling()
            .response(response(200, of_nonce(&nonce)), now())
            .unwrap();
    }
}

#[test]
fn a_refreshed_id_token_has_the_nonce_of_the_first_or_none() {
    for (nonce, accepted) in [
        (json!(null), true),
        (json!(NONCE), true),
        (json!("other"), false),
    ] {
        let body = tokens(|body| {
            let user = super::session().user().unwrap().id().to_owned();
            body["id_token"] = id_token(|claims| {
                claims["sub"] = user.into();
                claims["nonce"] = nonce.clone();
            })
            .into();
        });
        match refreshing().response(response(200, body), now()) {
            Ok(_) => assert!(accepted, "{nonce}"),
            Err(refused) => {
                assert!(!accepted, "{refused}");
                assert!(refused.to_string().contains("another nonce"), "{refused}");
            }
        }
    }
    let first = session_from(&tokens(|body| body["refresh_token"] = "r".into()));
    let without = of_nonce(&json!(null));
    let second = first
        .refresh(&client())
        .unwrap()
        .response(response(200, without), now())
        .unwrap();
    let other = of_nonce(&json!("other"));
    second
        .refresh(&client())
        .unwrap()
        .response(response(200, other), now())
        .unwrap();
}
