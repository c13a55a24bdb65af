//! The authorization request.

use std::collections::BTreeSet;

use workos_login::url::Url;
use workos_login::{Exchange, RedirectUri, Server};

use crate::conformance::{VSCHAR, authorization_urls, only, public_requests, requests};
use crate::oauth;
use crate::scenario::{
    API_KEY, CLIENT_ID, CODE, CODE_VERIFIER, STATE, Scenario, begin, callback, field, now, pairs,
};

#[test]
fn c01_sends_response_type_code_and_the_client_id() {
    for url in authorization_urls() {
        assert_eq!(only(&url, "response_type"), "code");
        assert_eq!(only(&url, "client_id"), CLIENT_ID);
    }
}

#[test]
fn c02_a_public_client_cannot_request_the_implicit_or_the_password_grant() {
    let requests = public_requests();
    let grants = requests
        .iter()
        .filter_map(|(_, request)| field(request, "grant_type"));
    let expected = [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ];
    assert_eq!(
        grants.collect::<BTreeSet<_>>(),
        expected.map(str::to_owned).into()
    );
}

/// Returns whether a URL is accepted as an issuer, as each endpoint and as a base URL. All must agree.
#[track_caller]
fn is_endpoint(text: &str) -> bool {
    let url: Url = text.parse().unwrap();
    let good: Url = "https://login.example.org/x".parse().unwrap();
    let accepted = [
        Server::new(text, &good, &good).is_ok(),
        Server::new(good.as_str(), &url, &good).is_ok(),
        Server::new(good.as_str(), &good, &url).is_ok(),
        oauth::server().device_authorization_endpoint(&url).is_ok(),
        Scenario::public().client.base_url(url.clone()).is_ok(),
        Scenario::confidential().client.base_url(url).is_ok(),
    ];
    assert_eq!(accepted, [accepted[0]; 6], "{text}");
    accepted[0]
}

#[test]
fn c04_rejects_an_endpoint_or_a_redirect_uri_with_a_fragment() {
    for text in [
        "https://login.example.org/x#",
        "https://login.example.org/x#a",
    ] {
        assert!(!is_endpoint(text));
        assert!(text.parse::<RedirectUri>().is_err());
    }
    assert!(is_endpoint("https://login.example.org/x"));
}

#[test]
fn c08_rejects_http_except_on_loopback() {
    for text in [
        "https://login.example.org",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://localhost:1",
    ] {
        assert!(is_endpoint(text), "{text}");
    }
    for text in [
        "http://login.example.org",
        "http://0.0.0.0:1",
        "http://10.0.0.1",
        "http://[::2]",
        "http://[::ffff:8.8.8.8]",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "ftp://127.0.0.1",
        "file:///tmp",
    ] {
        assert!(!is_endpoint(text), "{text}");
    }
}

#[test]
fn c05_form_encodes_every_visible_character() {
    let scenario = Scenario::public();
    let (url, pending) = begin(scenario.to_start().app_state(VSCHAR).unwrap());
    let state = only(&url, "state");
    assert!(state.ends_with(VSCHAR), "{state}");
    let callback_with = |state: &str| {
        let mut url = Url::parse("myapp://callback").unwrap();
        url.query_pairs_mut()
            .extend_pairs([("code", VSCHAR), ("state", state)]);
        callback(url.query().unwrap())
    };
    let json = pending.accept(&scenario.client, callback_with(&state), now());
    let form = oauth::pending().accept(&oauth::client(), callback_with(STATE), now());
    for exchanging in [json, form] {
        let request = exchanging.unwrap().request();
        assert_eq!(field(&request, "code").as_deref(), Some(VSCHAR));
    }
}

#[test]
fn c06_puts_no_secret_into_a_url() {
    for url in authorization_urls() {
        for secret in [CODE_VERIFIER, API_KEY, "client_secret", "code_verifier"] {
            assert!(!url.as_str().contains(secret), "{url}");
        }
    }
    for (name, request) in requests() {
        assert_eq!(request.uri().query(), None, "{name}");
    }
    let scenario = Scenario::public();
    let session = scenario.to_authenticated();
    let url = session.logout_url(&scenario.client, Some("https://example.org"));
    let names = pairs(&url.unwrap()).into_iter().map(|(name, _)| name);
    assert_eq!(names.collect::<Vec<_>>(), ["session_id", "return_to"]);
}

#[test]
fn c54_accepts_private_use_uri_schemes_and_rejects_active_ones() {
    for text in [
        "com.example.app:/cb",
        "com.example.app://cb",
        "com.example.app:///cb",
        "myapp://callback",
        "myapp+beta.2://callback",
    ] {
        let scenario = Scenario::public().redirect_uri(text);
        let (url, pending) = begin(scenario.to_start());
        assert_eq!(only(&url, "redirect_uri"), text);
        let real = callback(&format!("{text}?code={CODE}&state={STATE}"));
        assert!(pending.accept(&scenario.client, real, now()).is_ok());
    }
    for text in [
        "javascript:alert(1)",
        "JAVASCRIPT://x/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "vbscript:x",
        "blob:https://example.org/x",
        "about:blank",
        "mailto:a@example.org",
        "view-source:https://example.org",
    ] {
        let message = text.parse::<RedirectUri>().unwrap_err().to_string();
        assert!(message.contains("scheme"), "{text}: {message}");
    }
}
