//! A client: its ID, its API key and its endpoints.

use workos_login::{ApiKey, Client, ClientId, ConnectionId, Exchange, OrganizationId, SessionId};

use crate::scenario::{CLIENT_ID, Scenario, begin};

/// Checks the token endpoint and the authorization endpoint of a client with this base URL.
#[track_caller]
fn has_endpoints(base: &str, root: &str) {
    let client = Client::public(CLIENT_ID.parse().unwrap())
        .base_url(base.parse().unwrap())
        .unwrap();
    let scenario = Scenario::of(client);
    let token = scenario.to_exchanging().request().uri().to_string();
    assert_eq!(
        token,
        format!("{root}/user_management/authenticate"),
        "{base}"
    );
    let (url, _) = begin(scenario.to_start());
    let authorize = url.as_str().split_once('?').unwrap().0;
    assert_eq!(
        authorize,
        format!("{root}/user_management/authorize"),
        "{base}"
    );
}

#[test]
fn uses_the_production_endpoints_by_default() {
    let production = "https://api.workos.com/user_management/authenticate";
    assert_eq!(
        Scenario::public().to_exchanging().request().uri(),
        production
    );
    assert_eq!(
        Scenario::confidential().to_exchanging().request().uri(),
        production
    );
}

#[test]
fn accepts_https_and_loopback_base_urls_and_keeps_their_path() {
    for (base, root) in [
        ("https://api.workos-test.com", "https://api.workos-test.com"),
        (
            "https://api.workos-test.com/",
            "https://api.workos-test.com",
        ),
        ("HTTPS://API.example.org:443", "https://api.example.org"),
        (
            "https://proxy.example.org/workos",
            "https://proxy.example.org/workos",
        ),
        (
            "https://proxy.example.org/a/b/",
            "https://proxy.example.org/a/b",
        ),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://127.8.7.6:8080/", "http://127.8.7.6:8080"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x"),
        ("http://localhost:8080", "http://localhost:8080"),
    ] {
        has_endpoints(base, root);
    }
}

#[test]
fn rejects_an_invalid_base_url() {
    for (base, why) in [
        ("http://api.workos.com", "https"),
        ("http://192.168.0.1", "https"),
        ("ftp://api.workos.com", "neither https nor http"),
        ("file:///tmp", "neither https nor http"),
        ("https://api.workos.com?a=1", "query"),
        ("https://api.workos.com?", "query"),
        ("https://api.workos.com#top", "fragment"),
        ("https://user@api.workos.com", "user or a password"),
        ("https://:hunter2@api.workos.com", "user or a password"),
        ("https://user:hunter2@api.workos.com", "user or a password"),
        (
            &format!("https://api.workos.com/{}", "a".repeat(70_000)),
            "too long",
        ),
    ] {
        let rejected = Scenario::public().client.base_url(base.parse().unwrap());
        let rejected = rejected.unwrap_err();
        assert!(rejected.to_string().contains(why), "{base}: {rejected}");
        assert!(!format!("{rejected} {rejected:?}").contains("hunter2"));
    }
}

#[test]
fn names_the_remedy_of_a_missing_client_id() {
    let message = "".parse::<ClientId>().unwrap_err().to_string();
    assert_eq!(
        message,
        "the client ID is empty; copy it (client_…) from the WorkOS dashboard"
    );
}

#[test]
fn rejects_an_api_key_as_client_id_and_does_not_quote_it() {
    let refused = "sk_live_hunter2".parse::<ClientId>().unwrap_err();
    let shown = format!("{refused} {refused:?}");
    assert!(shown.contains("API key, not a client ID"), "{shown}");
    assert!(shown.contains("must not be part of a program"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn rejects_a_client_id_as_api_key() {
    let message = CLIENT_ID.parse::<ApiKey>().unwrap_err().to_string();
    assert!(message.contains("client ID, not an API key"), "{message}");
}

#[test]
fn does_not_quote_an_invalid_api_key() {
    for text in ["sk_hunter2 ", "sk_hunter2\n", " sk_hunter2"] {
        let refused = text.parse::<ApiKey>().unwrap_err();
        assert!(
            !format!("{refused} {refused:?}").contains("hunter2"),
            "{text:?}"
        );
    }
    assert!("".parse::<ApiKey>().is_err());
}

/// Checks whether a text is an ID of every kind and an API key.
#[track_caller]
fn every_id(text: &str, accepted: bool) {
    let read = [
        text.parse::<ClientId>().is_ok(),
        text.parse::<ConnectionId>().is_ok(),
        text.parse::<OrganizationId>().is_ok(),
        text.parse::<SessionId>().is_ok(),
        text.parse::<ApiKey>().is_ok(),
    ];
    assert_eq!(read, [accepted; 5], "{text:?}");
}

#[test]
fn an_id_is_any_text_without_white_space() {
    for text in ["x", "0_is_not_asked_to_look_like_anything", "organización"] {
        every_id(text, true);
    }
    for text in ["", " x", "x\n", "x\u{0}y", "x\u{a0}y"] {
        every_id(text, false);
    }
}

#[test]
fn keeps_an_id_unchanged() {
    let id: OrganizationId = "org_Mixed-Case_01".parse().unwrap();
    assert_eq!(id.as_str(), "org_Mixed-Case_01");
    assert_eq!(id.to_string(), "org_Mixed-Case_01");
    assert_eq!(Scenario::public().client.id().as_str(), CLIENT_ID);
}
