//! The token endpoint.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use workos_login::error_codes::CODES;
use workos_login::http::Method;
use workos_login::http::header::{CONTENT_TYPE, LOCATION};
use workos_login::limits::MAX_RESPONSE_BYTES;
use workos_login::{Exchange, RefreshPolicy, SendError};

use crate::conformance::{field, requests, success, without_secret};
use crate::exchanges::{EXCHANGES, outcome_of};
use crate::oauth;
use crate::scenario::{
    CLIENT_ID, CODE, REDIRECT_URI, STATE, Scenario, callback, edited, kind, now, response, secs,
    with_header,
};

/// What the success of this exchange comes out as.
fn done(exchange: &str) -> &'static str {
    match exchange.ends_with("device") {
        true => "AwaitingDevice",
        false => "Authenticated",
    }
}

#[test]
fn c33_a_client_without_a_secret_names_itself_and_sends_none() {
    for (name, request) in without_secret() {
        assert_eq!(field(&request, "client_id").as_deref(), Some(CLIENT_ID));
        let all = format!("{request:?} {}", String::from_utf8_lossy(request.body()));
        assert!(!all.contains("client_secret"), "{name}: {all}");
        assert!(!request.headers().contains_key("authorization"), "{name}");
    }
}

#[test]
fn c34_uses_post_with_the_parameters_in_the_body() {
    for (name, request) in requests() {
        assert_eq!(request.method(), Method::POST, "{name}");
        assert_eq!(request.uri().query(), None, "{name}");
        assert!(field(&request, "client_id").is_some(), "{name}");
    }
}

#[test]
fn c35_sends_the_identical_redirect_uri_to_an_authorization_server() {
    for text in [
        REDIRECT_URI,
        "HTTPS://App.example.org",
        "myapp://callback",
        "https://a.example/cb?next=/a b&x=1",
    ] {
        let client = oauth::client();
        let (_, pending) = client
            .login(oauth::scope(), text.parse().unwrap())
            .begin(now(), &mut crate::scenario::Counting::default());
        let real = callback(&format!("code={CODE}&state={STATE}"));
        let request = pending.accept(&client, real, now()).unwrap().request();
        assert_eq!(field(&request, "redirect_uri").as_deref(), Some(text));
    }
    for (name, request) in requests() {
        let sent = field(&request, "redirect_uri").is_some();
        assert_eq!(sent, name == "oauth code", "{name}");
    }
}

#[test]
fn c36_retries_a_code_exchange_only_after_a_lost_response_or_a_transient_error() {
    let lost = SendError::transport(Scenario::public().to_exchanging(), io::Error::other("x"));
    assert_eq!(lost.retry_in(now()), Some(secs(1)));
    for status in 200..600 {
        let later = [408, 429].contains(&status) || status >= 500;
        for body in ["", "{}", r#"{"error":"never_heard_of"}"#] {
            let refused = Scenario::public()
                .to_exchanging()
                .response(response(status, body), now());
            let retry = refused.unwrap_err().retry_in(now());
            assert_eq!(retry.is_some(), later, "{status} {body}");
        }
        for code in [
            "invalid_grant",
            "invalid_client",
            "code_challenge_not_found",
        ] {
            let body = json!({ "error": code }).to_string();
            let refused = Scenario::public()
                .to_exchanging()
                .response(response(status, body), now());
            assert_eq!(refused.unwrap_err().retry_in(now()), None, "{status}");
        }
    }
}

#[test]
fn c37_no_exchange_follows_a_redirect() {
    for exchange in EXCHANGES {
        for status in [301, 302, 303, 307, 308] {
            let answer = response(status, success(exchange));
            let elsewhere = with_header(answer, LOCATION, "https://evil.example/x");
            assert_eq!(outcome_of(exchange, elsewhere), "Malformed", "{exchange}");
        }
    }
}

#[test]
fn c38_a_success_is_a_json_object_and_says_so() {
    for exchange in EXCHANGES {
        let good = || response(200, success(exchange));
        assert_eq!(outcome_of(exchange, good()), done(exchange));
        for other in ["text/html", "text/json", "application/jwt", ""] {
            let answer = with_header(good(), CONTENT_TYPE, other);
            assert_eq!(outcome_of(exchange, answer), "Malformed", "{other}");
        }
        let mut without = good();
        without.headers_mut().remove(CONTENT_TYPE);
        assert_eq!(outcome_of(exchange, without), "Malformed");
        let list = format!("[{}]", success(exchange));
        for body in [&*list, "", "null", "7", "\"text\""] {
            let answer = response(200, body);
            assert_eq!(outcome_of(exchange, answer), "Malformed", "{body}");
        }
    }
}

#[test]
fn c39_no_answer_is_longer_than_its_limit() {
    for exchange in EXCHANGES {
        let padded = |length: usize| {
            let body = success(exchange);
            let padding = " ".repeat(length - body.len());
            outcome_of(exchange, response(200, body + &padding))
        };
        assert_eq!(padded(MAX_RESPONSE_BYTES), done(exchange));
        assert_eq!(padded(MAX_RESPONSE_BYTES + 1), "Malformed");
    }
}

#[test]
fn c40_requires_an_access_token_of_type_bearer() {
    for exchange in EXCHANGES
        .into_iter()
        .filter(|name| !name.ends_with("device"))
    {
        let with = |member: &str, value: Value| {
            let mut body: Value = serde_json::from_str(&success(exchange)).unwrap();
            body[member] = value;
            outcome_of(exchange, response(200, body.to_string()))
        };
        for bad in [json!(null), json!(""), json!(7), json!(["x"]), json!({})] {
            assert_eq!(with("access_token", bad), "Malformed", "{exchange}");
        }
        if exchange.starts_with("oauth") {
            for good in ["Bearer", "bearer", "BEARER"] {
                assert_eq!(with("token_type", good.into()), "Authenticated");
            }
            for bad in ["mac", "DPoP", "", "Bearer "] {
                assert_eq!(with("token_type", bad.into()), "Malformed", "{bad}");
            }
        }
    }
}

#[test]
fn c41_ignores_unknown_members_of_a_response() {
    for exchange in EXCHANGES {
        for value in [json!(null), json!("x"), json!([{ "x": [1.5] }])] {
            let mut body: Value = serde_json::from_str(&success(exchange)).unwrap();
            body["of_tomorrow"] = value;
            let answer = response(200, body.to_string());
            assert_eq!(outcome_of(exchange, answer), done(exchange));
        }
    }
}

#[test]
fn c42_a_life_that_is_not_told_is_unknown_and_not_for_ever() {
    let lives = |edit: &dyn Fn(&mut Value)| {
        let body = edited("connect_token.json", |body| {
            body["access_token"] = "opaque".into();
            edit(body);
        });
        let session = oauth::session_from(&body);
        let due = session.refresh_in(&RefreshPolicy::default(), now());
        assert_eq!(due.is_some(), session.expires_in(now()).is_some());
        session.expires_in(now())
    };
    assert_eq!(lives(&|_| {}), Some(secs(300)));
    let without = lives(&|body| {
        body.as_object_mut().unwrap().remove("expires_in");
    });
    assert_eq!(without, None);
    for unknown in [json!(null), json!("300"), json!(0), json!(-1), json!([300])] {
        assert_eq!(lives(&|body| body["expires_in"] = unknown.clone()), None);
    }
    let told: Option<Duration> = lives(&|body| body["expires_in"] = json!(60));
    assert_eq!(told, Some(secs(60)));
}

#[test]
fn c43_an_error_code_is_read_from_400_and_401_alike() {
    for exchange in EXCHANGES {
        for code in CODES {
            let body = json!({ "error": code }).to_string();
            let [bad_request, unauthorized] =
                [400, 401].map(|status| outcome_of(exchange, response(status, &*body)));
            assert_eq!(bad_request, unauthorized, "{exchange} {code}");
        }
    }
    let (_, error) = crate::scenario::refusal(
        Scenario::public().to_refreshing(),
        response(401, r#"{"error":"invalid_grant"}"#),
    );
    assert_eq!(kind(&error), "InvalidGrant");
}
