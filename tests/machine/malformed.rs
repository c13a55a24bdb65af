//! Answers that are not the protocol: they are refused, and the exchange stays as it was.

use serde_json::{Value, json};
use workos_login::http::Response;
use workos_login::http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use workos_login::limits::MAX_RESPONSE_BYTES;
use workos_login::{Error, Exchange};

use crate::exchanges::{EXCHANGES, outcome_of};
use crate::scenario::{Scenario, edited, fixture, now, refusal, response, session, with_header};

/// Checks that an answer is not the protocol, says why, and leaves the exchange as it was.
#[track_caller]
fn malformed(response: Response<Vec<u8>>, why: &str) {
    let status = response.status();
    let exchanging = Scenario::public().to_exchanging();
    let before = exchanging.request();
    let refused = exchanging.response(response, now()).unwrap_err();
    assert_eq!(refused.retry_in(now()), None);
    let (exchanging, error) = refused.into_parts();
    assert_eq!(exchanging.request().body(), before.body());
    let message = error.to_string();
    assert!(message.contains(why), "{message}");
    let Error::Malformed(malformed) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(malformed.status(), Some(status));
    assert_eq!(error.request_id(), Some("req_fixture"));
}

#[test]
fn c38_requires_a_json_content_type() {
    let full = || response(200, fixture("success_full.json"));
    for other in [
        "text/html",
        "text/plain",
        "application/jsonp",
        "application/json+x",
        "json",
    ] {
        let why = format!("the content type {other}, expected application/json");
        malformed(with_header(full(), CONTENT_TYPE, other), &why);
    }
    for none in ["", "é", ";charset=utf-8"] {
        malformed(with_header(full(), CONTENT_TYPE, none), "no content type");
    }
    let mut without = full();
    without.headers_mut().remove(CONTENT_TYPE);
    malformed(without, "no content type");
    for json in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        " application/json ; x=y",
    ] {
        let response = with_header(full(), CONTENT_TYPE, json);
        assert!(
            Scenario::public()
                .to_exchanging()
                .response(response, now())
                .is_ok(),
            "{json}"
        );
    }
}

#[test]
fn c37_m11_refuses_redirects() {
    for status in [300, 301, 302, 303, 304, 307, 308, 399] {
        let success = response(status, fixture("success_full.json"));
        let elsewhere = "https://evil.example/user_management/authenticate";
        malformed(with_header(success, LOCATION, elsewhere), "redirect");
        malformed(response(status, ""), "redirect");
        malformed(response(status, r#"{"error":"invalid_grant"}"#), "redirect");
    }
}

#[test]
fn names_the_content_type_and_the_host_of_a_redirect() {
    let malformed = |response| match refusal(Scenario::public().to_exchanging(), response).1 {
        Error::Malformed(malformed) => malformed,
        other => panic!("{other:?}"),
    };
    let page = with_header(
        response(200, "<html>"),
        CONTENT_TYPE,
        "text/html; charset=utf-8",
    );
    assert_eq!(malformed(page).content_type(), Some("text/html"));

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
        let malformed = malformed(with_header(response(302, ""), LOCATION, location));
        assert_eq!(malformed.redirect_host(), host, "{location}");
        assert_eq!(malformed.content_type(), None);
        let message = malformed.to_string();
        assert!(
            message.contains(host.unwrap_or("is a redirect,")),
            "{message}"
        );
    }
}

#[test]
fn rejects_a_success_whose_body_is_not_one_json_object() {
    let minimal = fixture("success_minimal.json");
    let member = |text: &str| minimal.replacen('{', &format!("{{{text},"), 1).into_bytes();
    let control = minimal
        .replace("example.org", "ex\u{1}mple.org")
        .into_bytes();
    let not_utf_8 = control
        .iter()
        .map(|&byte| if byte == 1 { 0xff } else { byte });
    let other = "not the expected JSON object";
    for (body, why) in [
        ("".into(), "body is empty"),
        (" \r\n".into(), "body is empty"),
        ("<html>".into(), "body is HTML"),
        ("\n<!DOCTYPE html>".into(), "body is HTML"),
        (
            format!("\u{feff}{minimal}").into(),
            "body begins with a byte order mark",
        ),
        (b"\x1f\x8b\x08".to_vec(), "body is compressed"),
        ("null".into(), other),
        ("[]".into(), other),
        (format!("[{minimal}]").into(), other),
        ("\"text\"".into(), other),
        (minimal[..minimal.len() - 10].into(), other),
        (format!("{minimal}x").into(), other),
        (format!("{minimal}{{}}").into(), other),
        (member(r#""refresh_token":"twice""#), other),
        (member(r#""user":{"id":"twice"}"#), other),
        (member(r#""organization_id":7"#), other),
        (member(r#""organization_id":"""#), other),
        (member(r#""impersonator":"someone""#), other),
        (member(r#""impersonator":{"reason":"no email"}"#), other),
        ("[".repeat(200_000).into(), other),
        ("{\"user\":".repeat(25_000).into(), other),
        (not_utf_8.collect(), other),
        (control, other),
    ] {
        malformed(response(200, body), why);
    }
    for encoding in ["gzip", "br", "GZIP"] {
        let response = with_header(response(200, "x"), CONTENT_ENCODING, encoding);
        malformed(response, "body is compressed");
    }
    let response = with_header(response(200, "x"), CONTENT_ENCODING, "identity");
    malformed(response, other);
}

#[test]
fn a_positional_list_is_not_a_session() {
    let list = r#"[{"id":"user_1"},"access","refresh",null,null,null,null,null]"#;
    malformed(response(200, list), "not the expected JSON object");
    let user = edited("success_minimal.json", |body| {
        body["user"] = json!(["user_1"])
    });
    malformed(response(200, user), "not the expected JSON object");
}

/// Checks that a session cannot do without this member, whatever is in its place.
#[track_caller]
fn needs(member: &str, places: &[Value]) {
    let missing = edited("success_minimal.json", |body| {
        body.as_object_mut().unwrap().remove(member);
    });
    malformed(response(200, missing), &format!("no valid {member}"));
    for place in places {
        let bad = edited("success_minimal.json", |body| body[member] = place.clone());
        malformed(response(200, bad), &format!("no valid {member}"));
    }
}

#[test]
fn requires_a_user_and_both_tokens() {
    let texts = [
        json!(null),
        json!(""),
        json!(7),
        json!(true),
        json!(["x"]),
        json!({ "x": 1 }),
    ];
    needs("user", &[json!(null), json!({ "id": "" })]);
    needs("access_token", &texts);
    needs("refresh_token", &texts);
}

#[test]
fn an_access_token_fits_into_a_header() {
    for token in [
        "a b",
        "a\nb",
        "a\r\nX-Evil: 1",
        "a\u{7f}",
        "é",
        " a",
        "a\u{0}",
    ] {
        let bad = edited("success_minimal.json", |body| {
            body["access_token"] = token.into()
        });
        malformed(response(200, bad), "no valid access_token");
    }
}

#[test]
fn ignores_invalid_members_that_are_not_required() {
    for odd in [
        json!(null),
        json!(7),
        json!(1.5),
        json!("x"),
        json!(["x"]),
        json!({ "x": [1] }),
        json!(false),
    ] {
        let body = edited("success_full.json", |body| {
            let user = body["user"].as_object_mut().unwrap();
            user.values_mut().for_each(|value| *value = odd.clone());
            user.insert("id".to_owned(), "user_1".into());
            body["authentication_method"] = odd.clone();
            body["authkit_authorization_code"] = odd.clone();
            body["oauth_tokens"]["provider"] = odd.clone();
            body["oauth_tokens"]["refresh_token"] = odd.clone();
            body["oauth_tokens"]["expires_at"] = odd.clone();
            body["oauth_tokens"]["scopes"] = odd.clone();
            body["sealed_session"] = odd.clone();
            body["new"] = odd.clone();
        });
        assert_eq!(session(&body).user().unwrap().id(), "user_1", "{odd}");
    }
}

#[test]
fn what_is_not_known_here_may_nest_as_deep_as_it_likes() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = fixture("success_minimal.json").replacen('{', &format!("{{\"new\":{deep},"), 1);
    assert_eq!(
        session(&body).user().unwrap().id(),
        "user_01KRD61NFP1TMK7DSQQ9C3Z534"
    );
}

#[test]
fn m12_an_answer_is_256_kib_at_most() {
    let padded = |length: usize| {
        let minimal = fixture("success_minimal.json");
        format!("{minimal}{}", " ".repeat(length - minimal.len()))
    };
    session(&padded(MAX_RESPONSE_BYTES - 1));
    session(&padded(MAX_RESPONSE_BYTES));
    malformed(
        response(200, padded(MAX_RESPONSE_BYTES + 1)),
        "longer than 262144 bytes",
    );
    malformed(
        response(400, vec![b'{'; 8_000_000]),
        "longer than 262144 bytes",
    );
}

#[test]
fn classifies_a_transient_error_by_its_status_if_its_body_is_too_long() {
    for status in [408, 429, 500, 502, 503] {
        let page = response(status, vec![b'x'; MAX_RESPONSE_BYTES + 1]);
        for exchange in EXCHANGES {
            assert_eq!(outcome_of(exchange, page.clone()), "Unavailable");
        }
    }
}

#[test]
fn ignores_invalid_provider_tokens() {
    for odd in [
        json!({"provider": "GoogleOAuth"}),
        json!([]),
        json!("x"),
        json!({"access_token": 7}),
    ] {
        let body = edited("success_full.json", |body| {
            body["oauth_tokens"] = odd.clone()
        });
        let session = session(&body);
        assert!(session.provider_tokens().is_none(), "{odd}");
    }
}

#[test]
fn a_user_without_an_id_is_named() {
    for user in [json!({}), json!({"id": 7}), json!({"id": ""})] {
        let body = edited("success_minimal.json", |body| body["user"] = user);
        malformed(response(200, body), "user");
    }
}
