//! Responses that violate the protocol: every exchange rejects them and stays unchanged. Whatever is not required is ignored.

use serde_json::{Value, json};
use workos_login::http::Response;
use workos_login::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use workos_login::limits::MAX_RESPONSE_BYTES;
use workos_login::{Error, Exchange, Malformed};

use crate::exchanges::{
    EXCHANGES, done, leads_to, outcome_of, success, success_with, token_exchanges,
};
use crate::scenario::{
    Scenario, each, edited, field, fixture, message_contains, now, refusal, reloaded, response,
    session, stored, with_header, without,
};

const NOT_AN_OBJECT: &str = "not the expected JSON object";

/// Checks that a code exchange rejects a response, names the problem and stays unchanged.
#[track_caller]
fn malformed(response: Response<Vec<u8>>, why: &str) -> Malformed {
    let status = response.status();
    let exchanging = Scenario::public().to_exchanging();
    let sent = exchanging.request();
    let refused = exchanging.response(response, now()).unwrap_err();
    assert_eq!(refused.retry_in(now()), None);
    let (exchanging, error) = refused.into_parts();
    assert_eq!(exchanging.request().body(), sent.body());
    message_contains(&error, why);
    assert_eq!(error.request_id(), Some("req_fixture"));
    let Error::Malformed(malformed) = error else {
        panic!("{error:?}")
    };
    assert_eq!(malformed.status(), Some(status));
    malformed
}

#[test]
fn c37_m11_refuses_redirects() {
    for status in [300, 301, 302, 303, 304, 307, 308, 399] {
        for exchange in EXCHANGES {
            let success = response(status, success(exchange));
            let redirect = with_header(success, LOCATION, "https://evil.example/x");
            leads_to(exchange, redirect, "Malformed");
        }
        malformed(response(status, ""), "redirect");
        malformed(response(status, r#"{"error":"invalid_grant"}"#), "redirect");
    }
}

#[test]
fn names_the_content_type_and_the_host_of_a_redirect() {
    let page = with_header(
        response(200, "<html>"),
        CONTENT_TYPE,
        "text/html; charset=utf-8",
    );
    assert_eq!(
        malformed(page, "text/html").content_type(),
        Some("text/html")
    );
    for (location, host) in [
        (
            "https://user:password@evil.example:8443/path?code=x",
            Some("evil.example"),
        ),
        ("http://[::1]/", Some("[::1]")),
        ("/elsewhere", None),
        ("elsewhere", None),
        ("", None),
    ] {
        let redirect = with_header(response(302, ""), LOCATION, location);
        let malformed = malformed(redirect, host.unwrap_or("is a redirect,"));
        assert_eq!(malformed.redirect_host(), host, "{location}");
        assert_eq!(malformed.content_type(), None);
    }
}

#[test]
fn c38_requires_a_json_content_type() {
    let typed = |exchange: &str, value: &str| {
        with_header(response(200, success(exchange)), CONTENT_TYPE, value)
    };
    let other = [
        "text/html",
        "text/json",
        "text/plain",
        "application/jsonp",
        "application/jwt",
        "application/json+x",
        "json",
    ];
    let none = ["", "é", ";charset=utf-8"];
    let json = [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        " application/json ; x=y",
    ];
    let untyped = |exchange: &str| {
        let mut untyped = response(200, success(exchange));
        untyped.headers_mut().remove(CONTENT_TYPE);
        untyped
    };
    for exchange in EXCHANGES {
        for value in other.iter().chain(&none) {
            leads_to(exchange, typed(exchange, value), "Malformed");
        }
        leads_to(exchange, untyped(exchange), "Malformed");
        for value in json {
            leads_to(exchange, typed(exchange, value), done(exchange));
        }
    }
    for value in other {
        let why = format!("the content type {value}, expected application/json");
        malformed(typed("code", value), &why);
    }
    for value in none {
        malformed(typed("code", value), "no content type");
    }
    malformed(untyped("code"), "no content type");
}

#[test]
fn c38_names_the_problem_of_a_body_that_is_not_a_json_object() {
    let minimal = fixture("success_minimal.json");
    let positional_user = edited("success_minimal.json", |body| {
        body["user"] = json!(["user_1"])
    });
    let with = |text: &str| minimal.replacen('{', &format!("{{{text},"), 1);
    for (body, why) in [
        ("", "body is empty"),
        (" \r\n", "body is empty"),
        ("<html>", "body is HTML"),
        ("\n<!DOCTYPE html>", "body is HTML"),
        (
            &format!("\u{feff}{minimal}"),
            "body begins with a byte order mark",
        ),
        ("null", NOT_AN_OBJECT),
        ("7", NOT_AN_OBJECT),
        ("\"text\"", NOT_AN_OBJECT),
        ("[]", NOT_AN_OBJECT),
        (&format!("[{minimal}]"), NOT_AN_OBJECT),
        (
            r#"[{"id":"user_1"},"access","refresh",null,null,null,null,null]"#,
            NOT_AN_OBJECT,
        ),
        (
            &minimal.replace("example.org", "ex\u{1}mple.org"),
            NOT_AN_OBJECT,
        ),
        (&positional_user, NOT_AN_OBJECT),
        (&with(r#""impersonator":"someone""#), NOT_AN_OBJECT),
        (
            &with(r#""impersonator":{"reason":"no email"}"#),
            NOT_AN_OBJECT,
        ),
        (&"[".repeat(200_000), NOT_AN_OBJECT),
        (&"{\"user\":".repeat(25_000), NOT_AN_OBJECT),
    ] {
        malformed(response(200, body), why);
    }
    malformed(response(200, b"\x1f\x8b\x08"), "body is compressed");
    for encoding in ["gzip", "br", "GZIP"] {
        let response = with_header(response(200, "x"), CONTENT_ENCODING, encoding);
        malformed(response, "body is compressed");
    }
    let identity = with_header(response(200, "x"), CONTENT_ENCODING, "identity");
    malformed(identity, NOT_AN_OBJECT);
}

#[test]
fn c38_requires_one_json_object() {
    for exchange in EXCHANGES {
        let body = success(exchange);
        let text = body.trim_end();
        // The value of a member that is read: an unknown member is not validated.
        let name = format!("\"{}\"", required(exchange)[0]);
        let place = body.find(&name).unwrap() + name.len();
        let place = place + body[place..].find('"').unwrap() + 1;
        let mut not_utf_8 = body.clone().into_bytes();
        not_utf_8[place] = 0xff;
        let mut surrogate = body.clone();
        surrogate.replace_range(place..place + 1, "\\ud800");
        for bad in [
            "null".into(),
            format!("[{text}]").into_bytes(),
            format!("\u{feff}{text}").into_bytes(),
            format!("{text}x").into_bytes(),
            format!("{text}\0").into_bytes(),
            format!("{text},").into_bytes(),
            format!("{text}{text}").into_bytes(),
            format!("{text}{{}}").into_bytes(),
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
            leads_to(exchange, response(200, bad), "Malformed");
        }
        let spaced = response(200, format!(" \t\r\n{text} \t\r\n"));
        leads_to(exchange, spaced, done(exchange));
    }
}

#[test]
fn rejects_every_prefix_of_a_response() {
    for exchange in ["code", "device", "oauth-code", "oauth-device"] {
        let body = success(exchange);
        let text = body.trim_end();
        for length in 0..text.len() {
            let prefix = response(200, &text.as_bytes()[..length]);
            leads_to(exchange, prefix, "Malformed");
        }
    }
}

/// The members that an exchange requires.
fn required(exchange: &str) -> &'static [&'static str] {
    match exchange {
        "device" | "oauth-device" => {
            &["device_code", "expires_in", "user_code", "verification_uri"]
        }
        "oauth-code" | "oauth-poll" | "oauth-refresh" => &["access_token"],
        _ => &["access_token", "refresh_token", "user"],
    }
}

/// The members that an exchange reads and does not require.
fn optional(exchange: &str) -> &'static [&'static str] {
    match exchange {
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
    }
}

/// The outcome of a success with the members `text` in place of the member `name`.
#[track_caller]
fn replaced(exchange: &str, name: &str, text: &str) -> String {
    let body = success_with(exchange, |body| {
        drop(body.as_object_mut().unwrap().remove(name))
    });
    outcome_of(
        exchange,
        response(200, body.replacen('{', &format!("{{{text},"), 1)),
    )
}

#[test]
fn rejects_duplicated_members_unless_they_are_unknown() {
    for exchange in EXCHANGES {
        let body: Value = serde_json::from_str(&success(exchange)).unwrap();
        for name in required(exchange).iter().chain(optional(exchange)) {
            let value = &body[name];
            let twice = format!(r#""{name}":{value},"{name}":{value}"#);
            assert_eq!(
                replaced(exchange, name, &twice),
                "Malformed",
                "{exchange} {name}"
            );
        }
        assert_eq!(replaced(exchange, "x", r#""x":1,"x":[2]"#), done(exchange));
    }
    let user = fixture("success_full.json").replacen("\"user\": {", "\"user\": {\"id\": \"x\",", 1);
    leads_to("code", response(200, user), "Malformed");
    let tokens = r#""oauth_tokens":{"access_token":"a","access_token":"b","provider":"x"}"#;
    assert_eq!(replaced("code", "oauth_tokens", tokens), "Authenticated");
}

#[test]
fn rejects_a_response_without_a_required_member() {
    for exchange in EXCHANGES {
        for name in required(exchange) {
            let any_text = matches!(*name, "device_code" | "refresh_token" | "user_code");
            for odd in each(
                json!([null, "", true, [], ["x"], {}, { "id": null }, { "id": 7 }, { "id": "" }, "\u{0}", -1, "300"]),
            ) {
                let valid = odd.as_str().is_some_and(|text| !text.is_empty()) && any_text
                    || *name == "access_token" && odd == "300";
                let member = format!(r#""{name}":{odd}"#);
                assert!(
                    valid || replaced(exchange, name, &member) == "Malformed",
                    "{exchange} {member}"
                );
            }
            assert_eq!(
                replaced(exchange, name, r#""x":1"#),
                "Malformed",
                "{exchange} {name}"
            );
        }
    }
}

#[test]
fn names_a_required_member_of_a_session() {
    let texts = [
        json!(null),
        json!(""),
        json!(7),
        json!(true),
        json!(["x"]),
        json!({ "x": 1 }),
    ];
    let users = [
        json!(null),
        json!({}),
        json!({ "id": 7 }),
        json!({ "id": "" }),
    ];
    for (member, values) in [
        ("user", &users[..]),
        ("access_token", &texts),
        ("refresh_token", &texts),
    ] {
        let why = format!("no valid {member}");
        malformed(response(200, without("success_minimal.json", member)), &why);
        for value in values {
            let bad = edited("success_minimal.json", |body| body[member] = value.clone());
            malformed(response(200, bad), &why);
        }
    }
}

/// Characters that end a header, a text, a form or a JSON string.
const ODD: &str = "a\r\nX-Evil: 1\t \"\\&=+%00;é\u{0}\u{7f}\u{2028}";

#[test]
fn c40_requires_an_access_token_of_type_bearer() {
    for exchange in token_exchanges() {
        let with = |member: &str, value: &str| {
            let body = success_with(exchange, |body| {
                body[member] = value.into();
                // The access token names the organization of the session that an authorization server refreshes.
                if member == "token_type" {
                    return;
                }
                body["organization_id"] = match exchange {
                    "switch" => crate::scenario::OTHER_ORGANIZATION.into(),
                    _ => crate::scenario::ORGANIZATION.into(),
                };
            });
            outcome_of(exchange, response(200, body))
        };
        for place in 0..=2 {
            for bad in ODD.chars().filter(|c| !c.is_ascii_graphic()) {
                let mut token = "ab".to_owned();
                token.insert(place, bad);
                assert_eq!(
                    with("access_token", &token),
                    "Malformed",
                    "{exchange} {token:?}"
                );
            }
        }
        let visible: String = ('!'..='~').collect();
        assert_eq!(
            with("access_token", &visible),
            "Authenticated",
            "{exchange}"
        );
        if exchange.starts_with("oauth") {
            for good in ["Bearer", "bearer", "BEARER"] {
                assert_eq!(with("token_type", good), "Authenticated");
            }
            for bad in ["mac", "DPoP", "N_A", "", "Bearer ", "bearer,mac"] {
                assert_eq!(with("token_type", bad), "Malformed", "{bad}");
            }
            let null = success_with(exchange, |body| body["token_type"] = Value::Null);
            leads_to(exchange, response(200, null), "Authenticated");
        }
    }
}

#[test]
fn c41_ignores_unknown_members_of_a_response() {
    for exchange in EXCHANGES {
        for value in [json!(null), json!("x"), json!([{ "x": [1.5] }])] {
            let body = success_with(exchange, |body| body["of_tomorrow"] = value);
            leads_to(exchange, response(200, body), done(exchange));
        }
    }
}

#[test]
fn ignores_invalid_members_that_are_not_required() {
    for odd in each(json!([null, 7, 1.5, "x", ["x"], { "x": [1] }, false])) {
        let body = edited("success_full.json", |body| {
            let user = body["user"].as_object_mut().unwrap();
            user.values_mut().for_each(|value| *value = odd.clone());
            user.insert("id".to_owned(), "user_1".into());
            for member in [
                "authentication_method",
                "authkit_authorization_code",
                "sealed_session",
            ] {
                body[member] = odd.clone();
            }
            for member in ["provider", "refresh_token", "expires_at", "scopes"] {
                body["oauth_tokens"][member] = odd.clone();
            }
        });
        assert_eq!(session(&body).user().unwrap().id(), "user_1", "{odd}");
    }
    for odd in each(json!([{"provider": "GoogleOAuth"}, [], "x", {"access_token": 7}])) {
        let body = edited("success_full.json", |body| {
            body["oauth_tokens"] = odd.clone()
        });
        assert!(session(&body).provider_tokens().is_none(), "{odd}");
    }
}

#[test]
fn rejects_an_invalid_organization_of_a_response() {
    for odd in each(json!([7, 1.5, true, "", "a b", "a\nb", ["org_1"], { "id": "org_1" }])) {
        for exchange in ["code", "refresh", "switch", "challenge", "poll"] {
            let body = edited("success_full.json", |body| {
                body["organization_id"] = odd.clone()
            });
            leads_to(exchange, response(200, body), "Malformed");
        }
    }
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
            let outcome = |status| outcome_of(exchange, response(status, body));
            assert_eq!(outcome(400), "Rejected", "{exchange} {body}");
            assert_eq!(outcome(503), "Unavailable", "{exchange} {body}");
        }
    }
}

#[test]
fn the_status_decides_between_success_and_error() {
    for exchange in EXCHANGES {
        let outcome = |status, body: &str| outcome_of(exchange, response(status, body));
        for status in [400, 401, 403, 404] {
            assert_eq!(
                outcome(status, &success(exchange)),
                "Rejected",
                "{exchange} {status}"
            );
        }
        for status in [200, 201, 202, 206] {
            assert_eq!(
                outcome(status, r#"{"error":"invalid_grant"}"#),
                "Malformed",
                "{exchange}"
            );
            assert_eq!(
                outcome(status, &success(exchange)),
                done(exchange),
                "{exchange} {status}"
            );
        }
        for status in [204, 205] {
            assert_eq!(outcome(status, ""), "Malformed");
        }
    }
}

#[test]
fn classifies_a_transient_error_by_its_status_if_its_body_is_too_long() {
    for status in [408, 429, 500, 502, 503] {
        let page = response(status, vec![b'x'; MAX_RESPONSE_BYTES + 1]);
        for exchange in EXCHANGES {
            leads_to(exchange, page.clone(), "Unavailable");
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
        let (refreshing, _) = refusal(Scenario::public().to_refreshing(), response(200, body));
        assert_eq!(stored(&refreshing.into_session()), before, "{body}");
    }
}

#[test]
fn sends_any_refresh_token_unchanged() {
    let sent = |request| field(&request, "refresh_token");
    let with = |name| edited(name, |body| body["refresh_token"] = ODD.into());
    let public = Scenario::public();
    let session = public.to_authenticated_from(&with("success_full.json"));
    assert_eq!(
        sent(session.refresh(&public.client).unwrap().request()).as_deref(),
        Some(ODD)
    );
    let oauth = Scenario::oauth();
    let session = oauth.to_authenticated_from(&with("connect_token.json"));
    assert_eq!(
        sent(session.refresh(&oauth.client).unwrap().request()).as_deref(),
        Some(ODD)
    );
}

#[test]
fn sends_any_device_code_unchanged() {
    let scenario = Scenario::public();
    let body = edited("device_authorization.json", |body| {
        body["device_code"] = ODD.into()
    });
    let device = reloaded(&scenario.to_awaiting_device_from(&body));
    let request = device.poll(&scenario.client, now()).unwrap().request();
    assert_eq!(field(&request, "device_code").as_deref(), Some(ODD));
}
