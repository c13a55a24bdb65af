//! What the browser brings back, taken apart.

use serde_json::Value;
use workos_login::limits::{MAX_CALLBACK_BYTES, MAX_CODE_BYTES, MAX_STATE_BYTES};
use workos_login::{Callback, Error, Exchange};

use crate::scenario::{CODE, REDIRECT_URI, STATE, Scenario, body, fixture, kind, now};

/// Checks that a callback is refused as malformed, and why.
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

/// What a login that comes back to `redirect_uri` makes of a callback: the code, or the error.
#[track_caller]
fn accepted(redirect_uri: &str, uri: &str) -> Result<String, Error> {
    let scenario = Scenario::public().redirect_uri(redirect_uri);
    let callback = Callback::parse(uri).unwrap();
    let accepted = scenario
        .to_awaiting_callback()
        .accept(&scenario.client, callback, now());
    let request = accepted?.request();
    Ok(body(&request)["code"].as_str().unwrap().to_owned())
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
    malformed("code=x&code=x&state=y", "more than one code");
    malformed("code=x&state=y&state=y", "more than one state");
    malformed("error=x&error=x", "more than one error");
    malformed(
        "error=x&error_description=a&error_description=b",
        "more than one error_description",
    );
    malformed("code=x&state=y&iss=a&iss=a", "more than one iss");
    malformed("code=x&code=&state=y", "more than one code");
    malformed("code=x&c%6Fde=y&state=z", "more than one code");
}

#[test]
fn c23_ignores_unknown_parameters() {
    has_code(&format!("x=1&code={CODE}&x=2&state={STATE}&y&=z"), CODE);
}

#[test]
fn c24_matches_parameter_names_case_sensitively() {
    malformed("Code=x&STATE=y", "neither code nor error");
    has_state("code=x&State=y", None);
    has_code(
        &format!("code={CODE}&CODE=other&state={STATE}&State=other"),
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

#[test]
fn an_address_is_16_kib_at_most() {
    let padded = |length: usize| {
        let start = format!("code={CODE}&state={STATE}&x=");
        format!("{start}{}", "x".repeat(length - start.len()))
    };
    has_code(&padded(MAX_CALLBACK_BYTES - 1), CODE);
    has_code(&padded(MAX_CALLBACK_BYTES), CODE);
    malformed(&padded(MAX_CALLBACK_BYTES + 1), "longer than 16384 bytes");
    malformed(&"?".repeat(10_000_000), "longer than 16384 bytes");
}

#[test]
fn a_state_is_2_kib_at_most_after_decoding() {
    let state = |length: usize| "%61".repeat(length);
    let decoded = |length: usize| "a".repeat(length);
    for length in [MAX_STATE_BYTES - 1, MAX_STATE_BYTES] {
        has_state(
            &format!("code=x&state={}", state(length)),
            Some(&decoded(length)),
        );
    }
    malformed(
        &format!("code=x&state={}", state(MAX_STATE_BYTES + 1)),
        "a state longer",
    );
    malformed(
        &format!("error=x&state={}", state(MAX_STATE_BYTES + 1)),
        "a state longer",
    );
}

#[test]
fn a_code_is_4_kib_at_most_after_decoding() {
    for length in [MAX_CODE_BYTES - 1, MAX_CODE_BYTES] {
        has_code(
            &format!("code={}&state={STATE}", "%61".repeat(length)),
            &"a".repeat(length),
        );
    }
    malformed(
        &format!("code={}&state=x", "%61".repeat(MAX_CODE_BYTES + 1)),
        "a code longer",
    );
}
