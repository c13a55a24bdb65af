//! The token endpoint.

use workos_login::Exchange;
use workos_login::http::Method;

use crate::conformance::{public_requests, requests};
use crate::scenario::{
    CLIENT_ID, REDIRECT_URI, Scenario, error_response, field, lost, now, response,
};

#[test]
fn c33_m1_a_public_client_sends_its_id_and_no_client_secret() {
    for (name, request) in public_requests() {
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
        let request = Scenario::oauth()
            .redirect_uri(text)
            .to_exchanging()
            .request();
        assert_eq!(field(&request, "redirect_uri").as_deref(), Some(text));
    }
    for (name, request) in requests() {
        let sent = field(&request, "redirect_uri").is_some();
        assert_eq!(sent, name == "oauth code", "{name}");
    }
}

#[test]
fn c36_retries_a_code_exchange_only_after_a_lost_response_or_a_transient_error() {
    let exchanging = || Scenario::public().to_exchanging();
    assert_eq!(
        lost(exchanging(), now()).request().body(),
        exchanging().request().body()
    );
    for status in 200..600 {
        let retried = |response| {
            let refused = exchanging().response(response, now()).unwrap_err();
            refused.retry_in(now()).is_some()
        };
        let transient = [408, 429].contains(&status) || status >= 500;
        for body in ["", "{}", r#"{"error":"never_heard_of"}"#] {
            assert_eq!(
                retried(response(status, body)),
                transient,
                "{status} {body}"
            );
        }
        for code in [
            "invalid_grant",
            "invalid_client",
            "code_challenge_not_found",
        ] {
            assert!(!retried(error_response(status, code)), "{status} {code}");
        }
    }
}
