//! A client: its id, its key, and where it finds the service.

use workos_login::limits::MAX_ID_BYTES;
use workos_login::{ApiKey, Client, ClientId, ConnectionId, Exchange, OrganizationId, SessionId};

use crate::scenario::{CLIENT_ID, Scenario, begin};

/// The address that a client with this base URL sends its codes to, and the one that it opens.
#[track_caller]
fn speaks_to(base: &str, token: &str, authorize: &str) {
    let client = Client::public(CLIENT_ID.parse().unwrap())
        .base_url(base.parse().unwrap())
        .unwrap();
    let scenario = Scenario::of(client);
    assert_eq!(scenario.to_exchanging().request().uri(), token, "{base}");
    let (url, _) = begin(scenario.to_start());
    let opened = url.as_str().split_once('?').unwrap().0;
    assert_eq!(opened, authorize, "{base}");
}

#[track_caller]
fn refused_base_url(base: &str, why: &str) {
    let refused = Client::public(CLIENT_ID.parse().unwrap()).base_url(base.parse().unwrap());
    let message = refused.unwrap_err().to_string();
    assert!(message.contains(why), "{base}: {message}");
}

#[test]
fn uses_the_production_endpoints_by_default() {
    assert_eq!(
        Scenario::public().to_exchanging().request().uri(),
        "https://api.workos.com/user_management/authenticate"
    );
    assert_eq!(
        Scenario::confidential().to_exchanging().request().uri(),
        "https://api.workos.com/user_management/authenticate"
    );
}

#[test]
fn accepts_https_and_loopback_base_urls_and_keeps_their_path() {
    let spoken = |base: &str, root: &str| {
        speaks_to(
            base,
            &format!("{root}/user_management/authenticate"),
            &format!("{root}/user_management/authorize"),
        );
    };
    spoken("https://api.workos-test.com", "https://api.workos-test.com");
    spoken(
        "https://api.workos-test.com/",
        "https://api.workos-test.com",
    );
    spoken("HTTPS://API.example.org:443", "https://api.example.org");
    spoken(
        "https://proxy.example.org/workos",
        "https://proxy.example.org/workos",
    );
    spoken(
        "https://proxy.example.org/a/b/",
        "https://proxy.example.org/a/b",
    );
    spoken("http://127.0.0.1:8080", "http://127.0.0.1:8080");
    spoken("http://127.8.7.6:8080/", "http://127.8.7.6:8080");
    spoken("http://[::1]:8080/x", "http://[::1]:8080/x");
    spoken("http://localhost:8080", "http://localhost:8080");
}

#[test]
fn rejects_an_invalid_base_url() {
    refused_base_url("http://api.workos.com", "https");
    refused_base_url("http://127.0.0.1.example.org", "https");
    refused_base_url("http://localhost.example.org", "https");
    refused_base_url("http://192.168.0.1", "https");
    refused_base_url("http://0.0.0.0:8080", "https");
    refused_base_url("http://[::2]", "https");
    refused_base_url("ftp://api.workos.com", "neither https nor http");
    refused_base_url("file:///tmp", "neither https nor http");
    refused_base_url("https://api.workos.com?a=1", "query");
    refused_base_url("https://api.workos.com?", "query");
    refused_base_url("https://api.workos.com#top", "fragment");
    refused_base_url("https://user@api.workos.com", "user or a password");
    refused_base_url("https://:secret@api.workos.com", "user or a password");
    refused_base_url(
        &format!("https://api.workos.com/{}", "a".repeat(70_000)),
        "too long",
    );
}

#[test]
fn does_not_quote_the_password_of_a_base_url() {
    let refused = Client::public(CLIENT_ID.parse().unwrap())
        .base_url("https://user:hunter2@api.workos.com".parse().unwrap())
        .unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("hunter2"));
}

#[test]
fn names_the_remedy_of_a_missing_client_id() {
    let message = "".parse::<ClientId>().unwrap_err().to_string();
    assert_eq!(
        message,
        "the client id is empty; copy it (client_…) from the WorkOS dashboard"
    );
}

#[test]
fn rejects_an_api_key_as_client_id_and_does_not_quote_it() {
    let refused = "sk_live_hunter2".parse::<ClientId>().unwrap_err();
    let shown = format!("{refused} {refused:?}");
    assert!(shown.contains("API key, not a client id"), "{shown}");
    assert!(shown.contains("must not be part of a program"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn rejects_a_client_id_as_api_key() {
    let message = CLIENT_ID.parse::<ApiKey>().unwrap_err().to_string();
    assert!(message.contains("client id, not an API key"), "{message}");
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

/// All ids, and the key, have the same outer limits.
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
    every_id("x", true);
    every_id(
        "0 is not asked to look like anything"
            .replace(' ', "_")
            .as_str(),
        true,
    );
    every_id("organización", true);
    every_id(&"a".repeat(MAX_ID_BYTES - 1), true);
    every_id(&"a".repeat(MAX_ID_BYTES), true);
    every_id(&"a".repeat(MAX_ID_BYTES + 1), false);
    every_id("", false);
    every_id(" x", false);
    every_id("x\n", false);
    every_id("x\u{0}y", false);
    every_id("x\u{a0}y", false);
}

#[test]
fn keeps_an_id_unchanged() {
    let id: OrganizationId = "org_Mixed-Case_01".parse().unwrap();
    assert_eq!(id.as_str(), "org_Mixed-Case_01");
    assert_eq!(id.to_string(), "org_Mixed-Case_01");
    assert_eq!(Scenario::public().client.id().as_str(), CLIENT_ID);
}
