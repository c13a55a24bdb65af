//! The authorization request.

use workos_login::url::Url;
use workos_login::{Client, ConnectionSelector, Exchange, Provider, RedirectUri, Screen, Server};

use crate::conformance::{VSCHAR, addresses, grant_types, only, requests, without_secret};
use crate::oauth;
use crate::scenario::{
    API_KEY, CLIENT_ID, CODE_VERIFIER, Scenario, begin, body, callback, form, now, organization,
    pairs,
};

#[test]
fn c01_sends_response_type_code_and_the_client_id() {
    for url in addresses() {
        assert_eq!(only(&url, "response_type"), "code");
        assert_eq!(only(&url, "client_id"), CLIENT_ID);
    }
}

#[test]
fn c02_a_public_client_cannot_request_the_implicit_or_the_password_grant() {
    assert_eq!(
        grant_types(&without_secret()),
        [
            "authorization_code",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:device_code",
        ]
    );
    for name in ["response_type", "response_mode", "request", "request_uri"] {
        let scenario = Scenario::public();
        let refused = scenario.to_start().parameter(name, "token");
        assert!(refused.is_err(), "{name}");
    }
}

#[test]
fn c03_the_query_of_an_endpoint_is_kept_and_overrides_nothing() {
    let with = |query: &str| {
        let authorize = format!("{}/authorize{query}", oauth::ISSUER);
        let token = format!("{}/token", oauth::ISSUER);
        Server::new(
            oauth::ISSUER,
            &authorize.parse().unwrap(),
            &token.parse().unwrap(),
        )
    };
    let client = Client::oauth(CLIENT_ID.parse().unwrap(), with("?tenant=a+b&x=1").unwrap());
    let (url, _) = client
        .login(oauth::scope(), "myapp://callback".parse().unwrap())
        .begin(now(), &mut rand::rng());
    let url = url.into();
    assert_eq!(only(&url, "tenant"), "a b");
    assert_eq!(only(&url, "x"), "1");
    assert_eq!(only(&url, "client_id"), CLIENT_ID);
    for name in pairs(&begin(Scenario::public().to_start()).0)
        .into_iter()
        .map(|(name, _)| name)
        .chain(["scope".to_owned(), "%73tate".to_owned()])
    {
        assert!(with(&format!("?{name}=other")).is_err(), "{name}");
    }
}

#[test]
fn c04_rejects_an_endpoint_or_a_redirect_uri_with_a_fragment() {
    let endpoint = |text: &str| -> Url { text.parse().unwrap() };
    let good = endpoint("https://login.example.org/x");
    for text in [
        "https://login.example.org/x#",
        "https://login.example.org/x#a",
    ] {
        let bad = endpoint(text);
        assert!(Server::new(text, &good, &good).is_err());
        assert!(Server::new(good.as_str(), &bad, &good).is_err());
        assert!(Server::new(good.as_str(), &good, &bad).is_err());
        assert!(oauth::server().device_authorization_endpoint(&bad).is_err());
        assert!(Scenario::public().client.base_url(bad).is_err());
        assert!(text.parse::<RedirectUri>().is_err());
    }
    assert!(Server::new(good.as_str(), &good, &good).is_ok());
}

#[test]
fn c05_form_encodes_every_visible_character() {
    let scenario = Scenario::public();
    let (url, pending) = begin(scenario.to_start().app_state(VSCHAR).unwrap());
    let state = only(&url, "state");
    assert!(state.ends_with(VSCHAR), "{state}");
    let query = |code: &str, state: &str| {
        let mut url = Url::parse("myapp://callback").unwrap();
        let pairs = [("code", code), ("state", state)];
        url.query_pairs_mut().extend_pairs(pairs);
        url.query().unwrap().to_owned()
    };
    let callback_here = callback(&query(VSCHAR, &state));
    let exchanging = pending.accept(&scenario.client, callback_here, now());
    assert_eq!(body(&exchanging.unwrap().request())["code"], VSCHAR);
    let callback_there = callback(&query(VSCHAR, crate::scenario::STATE));
    let exchanging = oauth::pending().accept(&oauth::client(), callback_there, now());
    let form = form(&exchanging.unwrap().request());
    assert!(form.contains(&("code".to_owned(), VSCHAR.to_owned())));
}

#[test]
fn c06_puts_no_secret_into_a_url() {
    for url in addresses() {
        for secret in [CODE_VERIFIER, API_KEY] {
            assert!(!url.as_str().contains(secret), "{url}");
        }
    }
    for (name, request) in requests() {
        assert_eq!(request.uri().query(), None, "{name}");
    }
    for name in [
        "access_token",
        "client_secret",
        "code",
        "code_verifier",
        "device_code",
        "email_completion_token",
        "id_token",
        "pending_authentication_token",
        "refresh_token",
    ] {
        let scenario = Scenario::public();
        assert!(scenario.to_start().parameter(name, "x").is_err(), "{name}");
    }
    let scenario = Scenario::public();
    let session = scenario.to_authenticated();
    let url = session.logout_url(&scenario.client, Some("https://example.org"));
    let names: Vec<_> = pairs(&url.unwrap())
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["session_id", "return_to"]);
}

#[test]
fn c07_a_provider_a_connection_or_an_organization_is_always_sent() {
    let client = Scenario::public().client;
    for (via, name) in [
        (ConnectionSelector::AuthKit(Screen::Default), "provider"),
        (ConnectionSelector::AuthKit(Screen::SignUp), "provider"),
        (
            ConnectionSelector::Connection("conn_1".parse().unwrap()),
            "connection_id",
        ),
        (
            ConnectionSelector::Organization(organization("org_1")),
            "organization_id",
        ),
        (ConnectionSelector::Provider(Provider::Google), "provider"),
        (
            ConnectionSelector::Provider(Provider::from("NewOAuth")),
            "provider",
        ),
    ] {
        let start = client.login(via, "myapp://callback".parse().unwrap());
        assert!(!only(&begin(start).0, name).is_empty(), "{name}");
    }
}

#[test]
fn c08_rejects_http_except_on_loopback() {
    let good: Url = "https://login.example.org/x".parse().unwrap();
    let speaks = |text: &str| {
        let url: Url = text.parse().unwrap();
        let answers = [
            Server::new(text, &good, &good).is_ok(),
            Server::new(good.as_str(), &url, &good).is_ok(),
            Server::new(good.as_str(), &good, &url).is_ok(),
            oauth::server().device_authorization_endpoint(&url).is_ok(),
            Scenario::public().client.base_url(url.clone()).is_ok(),
            Scenario::confidential().client.base_url(url).is_ok(),
        ];
        assert_eq!(answers, [answers[0]; 6], "{text}");
        answers[0]
    };
    for text in [
        "https://login.example.org",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://localhost:1",
    ] {
        assert!(speaks(text), "{text}");
    }
    for text in [
        "http://login.example.org",
        "http://0.0.0.0:1",
        "http://10.0.0.1",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://[::ffff:8.8.8.8]",
        "ftp://127.0.0.1",
    ] {
        assert!(!speaks(text), "{text}");
    }
}
