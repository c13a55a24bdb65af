//! Bodies that are not what they should be, put to every exchange.

use serde_json::{Value, json};
use workos_login::Exchange;

use crate::conformance::success;
use crate::exchanges::{EXCHANGES, outcome_of};
use crate::hostile::answered;
use crate::scenario::{Scenario, fixture, refusal, response, stored};

/// The members that this exchange cannot do without.
fn needed(exchange: &str) -> &'static [&'static str] {
    match exchange {
        "device" | "oauth-device" => {
            &["device_code", "expires_in", "user_code", "verification_uri"]
        }
        "oauth-code" | "oauth-poll" | "oauth-refresh" => &["access_token"],
        _ => &["access_token", "refresh_token", "user"],
    }
}

/// The members that this exchange reads, needed or not.
fn known(exchange: &str) -> Vec<&'static str> {
    let more: &[&str] = match exchange {
        "device" | "oauth-device" => &["interval", "verification_uri_complete"],
        "oauth-code" | "oauth-poll" | "oauth-refresh" => {
            &["expires_in", "id_token", "refresh_token", "token_type"]
        }
        _ => &[
            "authentication_method",
            "authkit_authorization_code",
            "impersonator",
            "oauth_tokens",
            "organization_id",
        ],
    };
    [needed(exchange), more].concat()
}

/// A success of this exchange with `text` in front of its members, and without the member `name`.
fn with(exchange: &str, name: &str, text: &str) -> String {
    let mut body: Value = serde_json::from_str(&success(exchange)).unwrap();
    body.as_object_mut().unwrap().remove(name);
    body.to_string().replacen('{', &format!("{{{text},"), 1)
}

/// What this exchange makes of a success with this body.
fn read(exchange: &str, body: impl Into<Vec<u8>>) -> String {
    let body = body.into();
    answered(exchange, response(200, body.clone()));
    outcome_of(exchange, response(200, body))
}

fn good(exchange: &str) -> String {
    read(exchange, success(exchange))
}

#[test]
fn a_known_member_that_comes_twice_refuses_the_answer_and_an_unknown_one_does_not() {
    for exchange in EXCHANGES {
        let body: Value = serde_json::from_str(&success(exchange)).unwrap();
        for name in known(exchange) {
            let value = &body[name];
            let twice = format!(r#""{name}":{value},"{name}":{value}"#);
            let come = read(exchange, with(exchange, name, &twice));
            assert_eq!(come, "Malformed", "{exchange} {name}");
        }
        let come = read(exchange, with(exchange, "x", r#""x":1,"x":[2]"#));
        assert_eq!(come, good(exchange), "{exchange}");
    }
    // Inside the user, and inside what a login can do without.
    let user = fixture("success_full.json").replacen("\"user\": {", "\"user\": {\"id\": \"x\",", 1);
    assert_eq!(read("code", user), "Malformed");
    let tokens = r#""oauth_tokens":{"access_token":"a","access_token":"b","provider":"x"}"#;
    assert_eq!(
        read("code", with("code", "oauth_tokens", tokens)),
        "Authenticated"
    );
}

#[test]
fn an_error_response_with_an_ambiguous_code_has_none() {
    for exchange in EXCHANGES {
        for body in [
            r#"{"error":"invalid_grant","error":"access_denied"}"#,
            r#"{"code":"invalid_grant","code":"invalid_grant"}"#,
            r#"{"error":"invalid_grant"}{"error":"invalid_grant"}"#,
            r#"{"error":"invalid_grant"},"#,
            r#"["invalid_grant"]"#,
            r#"{"error":["invalid_grant"]}"#,
            r#"{"error":{"code":"invalid_grant"}}"#,
            r#"{"errors":["invalid_grant"]}"#,
            r#"{"Error":"invalid_grant"}"#,
            "\u{feff}{\"error\":\"invalid_grant\"}",
            "error=invalid_grant",
        ] {
            let come = |status| outcome_of(exchange, response(status, body));
            assert_eq!(come(400), "Rejected", "{exchange} {body}");
            assert_eq!(come(503), "Unavailable", "{exchange} {body}");
        }
    }
}

#[test]
fn the_code_of_a_body_with_both_names_is_its_code() {
    let body = r#"{"error":"invalid_grant","code":"never_heard_of"}"#;
    assert_eq!(outcome_of("refresh", response(400, body)), "Rejected");
    let body = r#"{"error":"never_heard_of","code":"invalid_grant"}"#;
    assert_eq!(outcome_of("refresh", response(400, body)), "InvalidGrant");
}

#[test]
fn no_exchange_does_without_what_it_needs() {
    for exchange in EXCHANGES {
        for name in needed(exchange) {
            for odd in [
                json!(null),
                json!(""),
                json!(true),
                json!([]),
                json!(["x"]),
                json!({}),
                json!({ "id": null }),
                json!({ "id": 7 }),
                json!({ "id": "" }),
                json!("\u{0}"),
                json!(-1),
                json!("300"),
            ] {
                let text = matches!(*name, "device_code" | "refresh_token" | "user_code");
                if (text && odd.as_str().is_some_and(|odd| !odd.is_empty()))
                    || (*name == "access_token" && odd == "300")
                {
                    continue;
                }
                let body = with(exchange, name, &format!(r#""{name}":{odd}"#));
                assert_eq!(read(exchange, body), "Malformed", "{exchange} {name} {odd}");
            }
            let absent = with(exchange, name, r#""x":1"#);
            assert_eq!(read(exchange, absent), "Malformed", "{exchange} {name}");
        }
    }
}

#[test]
fn what_is_not_one_json_text_is_refused_everywhere() {
    for exchange in EXCHANGES {
        let body = success(exchange);
        let text = body.trim_end();
        // In a member that is read: what is not read is not looked at.
        let name = format!("\"{}\"", needed(exchange)[0]);
        let place = body.find(&name).unwrap() + name.len();
        let place = place + body[place..].find('"').unwrap() + 1;
        let mut not_utf_8 = body.clone().into_bytes();
        not_utf_8[place] = 0xff;
        let mut surrogate = body.clone();
        surrogate.replace_range(place..place + 1, "\\ud800");
        for bad in [
            format!("\u{feff}{text}").into_bytes(),
            format!("{text}x").into_bytes(),
            format!("{text}\0").into_bytes(),
            format!("{text},").into_bytes(),
            format!("{text}{text}").into_bytes(),
            format!("{text}//").into_bytes(),
            format!("x{text}").into_bytes(),
            format!(")]}}',\n{text}").into_bytes(),
            format!("callback({text})").into_bytes(),
            text.replace('"', "'").into_bytes(),
            text.replacen('{', "{,", 1).into_bytes(),
            format!("{},}}", text.strip_suffix('}').unwrap()).into_bytes(),
            text.replacen('{', "{\"x\":NaN,", 1).into_bytes(),
            text.replacen('{', "{\"x\":01,", 1).into_bytes(),
            text.replacen('{', "{\"x\":\"\n\",", 1).into_bytes(),
            text.replacen('{', "{x:1,", 1).into_bytes(),
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            not_utf_8,
            surrogate.into_bytes(),
            vec![0; 1000],
        ] {
            let shown = String::from_utf8_lossy(&bad).into_owned();
            assert_eq!(read(exchange, bad), "Malformed", "{exchange} {shown}");
        }
        let spaced = format!(" \t\r\n{text} \t\r\n");
        assert_eq!(read(exchange, spaced), good(exchange));
    }
}

#[test]
fn rejects_every_prefix_of_a_response() {
    for exchange in ["code", "device", "oauth-code", "oauth-device"] {
        let body = success(exchange);
        let text = body.trim_end();
        for length in 0..text.len() {
            let cut = text.as_bytes()[..length].to_vec();
            let come = outcome_of(exchange, response(200, cut));
            assert_eq!(come, "Malformed", "{exchange} {length}");
        }
    }
}

/// A status that lies about the body, and a body that lies about the status.
#[test]
fn the_status_decides_between_success_and_error() {
    for exchange in EXCHANGES {
        for status in [400, 401, 403, 404] {
            let come = outcome_of(exchange, response(status, success(exchange)));
            assert_eq!(come, "Rejected", "{exchange} {status}");
        }
        for status in [200, 201, 202, 206] {
            let refusal = response(status, r#"{"error":"invalid_grant"}"#);
            assert_eq!(outcome_of(exchange, refusal), "Malformed", "{exchange}");
            let come = outcome_of(exchange, response(status, success(exchange)));
            assert_eq!(come, good(exchange), "{exchange} {status}");
        }
        for status in [204, 205] {
            assert_eq!(outcome_of(exchange, response(status, "")), "Malformed");
        }
    }
}

#[test]
fn a_malformed_response_keeps_the_session() {
    let before = stored(&Scenario::public().to_authenticated());
    for body in [
        "",
        "null",
        r#"{"user":{"id":"user_2"},"access_token":"a","refresh_token":"r"}"#,
        r#"{"access_token":"a","refresh_token":"r"}"#,
        r#"{"user":null,"access_token":"a","refresh_token":"r"}"#,
    ] {
        let refreshing = Scenario::public().to_refreshing();
        let sent = refreshing.request();
        let (refreshing, _) = refusal(refreshing, response(200, body));
        assert_eq!(refreshing.request().body(), sent.body());
        assert_eq!(stored(&refreshing.into_session()), before, "{body}");
    }
}
