//! The claims of an ID token that each grant compares.

use serde_json::{Value, json};
use workos_login::Exchange;

use super::{ISSUER, client, exchanging, id_token, polling, session_from, tokens};
use crate::scenario::{
    CLIENT_ID, CODE, Counting, NONCE, REDIRECT_URI, STATE, callback, now, response, secs,
};

const OTHER: &str = "https://other.example";

/// Returns whether an ID token with one other claim is accepted: at a login, at a login with `max_age`, at a device login and at a refresh.
///
/// A row is a claim, its value, and `true` or `false` for each grant.
fn rows() -> Vec<(&'static str, Value, [bool; 4])> {
    let second = 1_780_000_000;
    vec![
        ("iss", json!(ISSUER), [true; 4]),
        ("iss", json!(OTHER), [false; 4]),
        ("iss", json!(null), [false; 4]),
        ("aud", json!([CLIENT_ID]), [true; 4]),
        ("aud", json!([CLIENT_ID, OTHER]), [false; 4]),
        ("aud", json!(OTHER), [false; 4]),
        ("aud", json!(null), [false; 4]),
        ("azp", json!(CLIENT_ID), [true; 4]),
        ("azp", json!(OTHER), [false; 4]),
        ("exp", json!(second - 59), [true; 4]),
        ("exp", json!(second - 60), [false; 4]),
        ("exp", json!(null), [false; 4]),
        ("nbf", json!(second + 60), [true; 4]),
        ("nbf", json!(second + 61), [false; 4]),
        ("nbf", json!("now"), [false; 4]),
        ("iat", json!(null), [false; 4]),
        ("sub", json!(""), [false; 4]),
        ("sub", json!(null), [false; 4]),
        // Only a refresh has a user before.
        ("sub", json!("user_2"), [true, true, true, false]),
        // A device login has no nonce, and a refreshed ID token need not have one.
        ("nonce", json!(NONCE), [true; 4]),
        ("nonce", json!("other"), [false, false, true, false]),
        ("nonce", json!(null), [false, false, true, true]),
        ("auth_time", json!(second - 360), [true; 4]),
        ("auth_time", json!(second - 361), [true, false, true, true]),
        ("auth_time", json!(null), [true, false, true, true]),
        ("at_hash", json!(null), [true; 4]),
    ]
}

/// A token response whose ID token has this claim beside the valid ones.
fn token_body(claim: &str, value: &Value) -> String {
    tokens(|body| {
        body["refresh_token"] = json!("r");
        body["id_token"] = id_token(|claims| {
            claims["auth_time"] = json!(1_780_000_000);
            claims[claim] = value.clone();
        })
        .into();
    })
}

#[track_caller]
fn accepts(exchange: impl Exchange, body: &str) -> bool {
    match exchange.response(response(200, body), now()) {
        Ok(_) => true,
        Err(refused) => {
            let message = refused.to_string();
            let is_named = ["ID token", "max_age"]
                .iter()
                .any(|name| message.contains(name));
            assert!(is_named, "{message}");
            false
        }
    }
}

#[test]
fn each_grant_compares_its_claims() {
    let client = client();
    let with_max_age = || {
        let start = client.login(super::scope(), REDIRECT_URI.parse().unwrap());
        let start = start.max_age(secs(300));
        let (_, pending) = start.begin(now(), &mut Counting::default());
        let real = callback(&format!("code={CODE}&state={STATE}"));
        pending.accept(&client, real, now()).unwrap()
    };
    let refreshing = || {
        let first = token_body("at_hash", &json!(null));
        session_from(&first).refresh(&client).unwrap()
    };
    for (claim, value, expected) in rows() {
        let body = token_body(claim, &value);
        let actual = [
            accepts(exchanging(), &body),
            accepts(with_max_age(), &body),
            accepts(polling(), &body),
            accepts(refreshing(), &body),
        ];
        assert_eq!(actual, expected, "{claim}: {value}");
    }
}
