//! The parameters of a callback.

use serde_json::Value;
use workos_login::{Callback, Error, Exchange};

use crate::scenario::{CODE, REDIRECT_URI, STATE, Scenario, callback, field, fixture, kind, now};

/// Checks that a callback is malformed, and why.
#[track_caller]
fn malformed(uri: &str, why: &str) {
    let error = Callback::parse(uri).unwrap_err();
    assert_eq!(kind(&error), "Malformed", "{uri}");
    let message = error.to_string();
    assert!(message.contains(why), "{uri}: {message}");
}

#[track_caller]
fn has_state(uri: &str, state: Option<&str>) {
    assert_eq!(Callback::parse(uri).unwrap().state(), state, "{uri}");
}

/// The code or the error of a callback at a redirect URI.
#[track_caller]
fn accepted(redirect_uri: &str, uri: &str) -> Result<String, Error> {
    let scenario = Scenario::public().redirect_uri(redirect_uri);
    let pending = scenario.to_awaiting_callback();
    let exchanging = pending.accept(&scenario.client, callback(uri), now())?;
    Ok(field(&exchanging.request(), "code").unwrap())
}

#[track_caller]
fn has_code(uri: &str, code: &str) {
    assert_eq!(accepted(REDIRECT_URI, uri).unwrap(), code, "{uri}");
}

#[test]
fn parses_every_fixture() {
    let table: Value = serde_json::from_str(&fixture("callback_urls.json")).unwrap();
    let cases = table["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let text = |name: &str| case[name].as_str();
        let url = text("url").unwrap();
        has_state(url, text("state"));

        let (redirect_uri, query) = url.split_once('?').unwrap();
        let others = query.split('&').filter(|pair| !pair.starts_with("state="));
        let query = others.collect::<Vec<_>>().join("&");
        match accepted(
            redirect_uri,
            &format!("{redirect_uri}?{query}&state={STATE}"),
        ) {
            Ok(code) => assert_eq!(Some(&*code), text("code"), "{url}"),
            Err(error) => {
                let response = error.error_response().unwrap();
                assert_eq!(response.code(), text("error"), "{url}");
                assert_eq!(response.description(), text("error_description"), "{url}");
            }
        }
    }
}

#[test]
fn parses_a_uri_a_path_or_a_query() {
    for before in [
        "http://127.0.0.1:52143/callback?",
        "HTTP://127.0.0.1:52143/callback?",
        "/callback?",
        "?",
        "",
    ] {
        has_code(&format!("{before}code={CODE}&state={STATE}"), CODE);
    }
    for (redirect_uri, address) in [
        ("myapp://callback", "myapp://callback"),
        ("myapp://callback", "myapp://callback/"),
        ("com.example.app:/cb", "com.example.app:/cb"),
        (
            "https://app.example.org/cb?next=1",
            "https://app.example.org/cb",
        ),
        ("https://app.example.org/cb?next=1", "/cb"),
    ] {
        let uri = format!("{address}?next=1&code={CODE}&state={STATE}");
        assert_eq!(accepted(redirect_uri, &uri).unwrap(), CODE, "{uri}");
    }
}

#[test]
fn decodes_values_as_a_form() {
    has_code(&format!("code=a%2Bb+c%26d%3D&state={STATE}"), "a+b c&d=");
    has_code(&format!("code=a:b?c/d&state={STATE}"), "a:b?c/d");
    has_state(
        "code=x&state=s+t%2Ba~t%28e%29%21*%27%C3%A9",
        Some("s t+a~t(e)!*'é"),
    );
    has_state("c%6Fde=x&st%61te=y", Some("y"));
}

#[test]
fn rejects_a_callback_without_a_code_or_an_error() {
    for uri in [
        "",
        "?",
        "/favicon.ico",
        "/callback",
        "/callback?",
        "/callback?state=x",
        "/callback?error_description=x&state=y",
        "/callback?code=&state=x",
        "/callback?code&state=x",
        "/callback?error=&state=x",
        "http://127.0.0.1:52143/callback",
        "\0",
        "%",
    ] {
        malformed(uri, "neither code nor error");
    }
}

#[test]
fn c25_rejects_both_a_code_and_an_error() {
    malformed(
        "/callback?code=x&error=access_denied&state=y",
        "both code and error",
    );
    malformed(
        "/callback?error=access_denied&code=x&state=y",
        "both code and error",
    );
}

#[test]
fn c22_rejects_duplicated_parameters() {
    for query in [
        "code=x&state=y&iss=a",
        "error=x&error_description=a&state=y",
    ] {
        for pair in query.split('&') {
            let why = format!("more than one {}", pair.split('=').next().unwrap());
            malformed(&format!("{query}&{pair}"), &why);
            malformed(&format!("{pair}&{query}"), &why);
        }
    }
    malformed("code=x&code=&state=y", "more than one code");
    malformed("code=x&c%6Fde=y&state=z", "more than one code");
}

#[test]
fn c23_ignores_unknown_parameters() {
    has_code(
        &format!("session_state=1&x=1&code={CODE}&x=2&state={STATE}&y&=z"),
        CODE,
    );
}

#[test]
fn c24_matches_parameter_names_case_sensitively() {
    malformed("Code=x&STATE=y", "neither code nor error");
    has_state("code=x&State=y", None);
    has_code(
        &format!("code={CODE}&CODE=x&Error=x&ISS=x&state={STATE}&State=x"),
        CODE,
    );
}

#[test]
fn ignores_the_fragment() {
    has_code(&format!("/callback?code={CODE}&state={STATE}#_=_"), CODE);
    has_code(
        &format!("/callback?code={CODE}&state={STATE}#&code=other"),
        CODE,
    );
    malformed("/callback#code=x&state=y", "neither code nor error");
    malformed("/callback#?code=x&state=y", "neither code nor error");
}

#[test]
fn replaces_invalid_utf_8() {
    has_state("code=x&state=%FF%FE", Some("\u{fffd}\u{fffd}"));
    has_state("code=%&state=%zz", Some("%zz"));
}
