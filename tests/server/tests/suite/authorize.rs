//! The authorization endpoint and its login page.

use workos_login_mock_server::{Config, LoginPage};

use crate::support::*;

#[test]
fn a_login_redirects_to_the_callback_with_a_code_and_the_state() {
    let server = start();
    let callback = server.log_in(&authorize_url(&server, &[]), ALICE).unwrap();
    assert!(
        callback.starts_with("http://127.0.0.1:9/callback?keep=this&code="),
        "{callback}"
    );
    assert_eq!(parameter(&callback, "state").as_deref(), Some("st/at e&é"));
    assert_eq!(parameter(&callback, "error"), None);
}

#[test]
fn a_denial_redirects_to_the_callback_with_access_denied() {
    let server = start();
    let callback = server.deny(&authorize_url(&server, &[])).unwrap();
    assert_eq!(
        parameter(&callback, "error").as_deref(),
        Some("access_denied")
    );
    assert!(parameter(&callback, "error_description").is_some());
    assert_eq!(parameter(&callback, "state").as_deref(), Some("st/at e&é"));
    assert_eq!(parameter(&callback, "code"), None);
}

#[test]
fn a_request_without_state_has_a_callback_without_state() {
    let server = start();
    let callback = server
        .log_in(&authorize_url(&server, &[("state", None)]), ALICE)
        .unwrap();
    assert_eq!(parameter(&callback, "state"), None);
}

#[test]
fn an_automatic_decision_redirects_without_a_page() {
    let server = start_with(|config| config.login_page = LoginPage::ApproveAs(ALICE.into()));
    let response = get(&authorize_url(&server, &[]));
    assert_eq!(response.status, 302);
    assert!(parameter(response.header("location").unwrap(), "code").is_some());

    server.configure(|config| config.login_page = LoginPage::Deny);
    let response = get(&authorize_url(&server, &[]));
    assert_eq!(
        parameter(response.header("location").unwrap(), "error").as_deref(),
        Some("access_denied")
    );
}

#[test]
fn the_login_page_is_escaped_and_selects_the_hinted_user() {
    let server = start();
    let hinted = [
        ("login_hint", Some(BOB)),
        ("state", Some("\"><script>alert(1)</script>")),
    ];
    let page = get(&authorize_url(&server, &hinted));
    assert_eq!(page.status, 200);
    assert!(
        page.text
            .contains("value=\"bob@example.com\" required checked"),
        "{}",
        page.text
    );
    assert!(!page.text.contains("<script"), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    assert!(policy.contains("form-action 'self' http:;"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[test]
fn an_unknown_client_or_a_harmful_redirect_uri_is_not_redirected() {
    let server = start();
    for (name, value, code) in [
        ("client_id", Some("client_other"), "invalid_request"),
        ("client_id", None, "invalid_request"),
        ("redirect_uri", None, "invalid_request"),
        ("redirect_uri", Some("/callback"), "invalid_redirect_uri"),
        (
            "redirect_uri",
            Some("javascript:alert(1)"),
            "invalid_redirect_uri",
        ),
        (
            "redirect_uri",
            Some("http://127.0.0.1:9/cb#x"),
            "invalid_redirect_uri",
        ),
    ] {
        let response = get(&authorize_url(&server, &[(name, value)]));
        assert_eq!(response.error(), (400, code.to_owned()), "{name} {value:?}");
        assert!(response.json()["message"].is_string());
        assert_eq!(response.header("location"), None);
    }
    assert!(
        server
            .log_in(&authorize_url(&server, &[("client_id", None)]), ALICE)
            .is_err()
    );
}

#[test]
fn a_registered_redirect_uri_is_compared_exactly() {
    let server = start_with(|config| config.redirect_uris = Some(vec![CALLBACK.into()]));
    assert_eq!(get(&authorize_url(&server, &[])).status, 200);
    let other = get(&authorize_url(
        &server,
        &[("redirect_uri", Some("http://127.0.0.1:9/callback"))],
    ));
    assert_eq!(other.error(), (400, "invalid_redirect_uri".into()));
}

#[test]
fn an_invalid_request_is_redirected_with_an_error() {
    let server = start();
    for (changes, error) in [
        (
            &[("response_type", Some("token"))][..],
            "unsupported_response_type",
        ),
        (&[("response_type", None)], "invalid_request"),
        (&[("provider", None)], "invalid_request"),
        (
            &[("code_challenge_method", Some("plain"))],
            "invalid_request",
        ),
        (&[("code_challenge_method", None)], "invalid_request"),
        (&[("code_challenge", None)], "invalid_request"),
        (&[("code_challenge", Some("short"))], "invalid_request"),
    ] {
        let response = get(&authorize_url(&server, changes));
        assert_eq!(response.status, 302, "{changes:?}");
        let callback = response.header("location").unwrap();
        assert_eq!(
            parameter(callback, "error").as_deref(),
            Some(error),
            "{changes:?}"
        );
        assert_eq!(parameter(callback, "state").as_deref(), Some("st/at e&é"));
    }
}

#[test]
fn rejects_a_repeated_parameter_except_provider_scopes() {
    let server = start();
    let url = authorize_url(&server, &[]);
    let twice = get(&format!("{url}&provider=authkit"));
    assert_eq!(
        parameter(twice.header("location").unwrap(), "error").as_deref(),
        Some("invalid_request")
    );
    assert_eq!(get(&format!("{url}&client_id=x")).status, 400);
    assert_eq!(
        get(&format!("{url}&provider_scopes=a&provider_scopes=b")).status,
        200
    );
}

#[test]
fn without_an_api_key_every_client_must_send_a_code_challenge() {
    let unchallenged = [("code_challenge", None), ("code_challenge_method", None)];
    let server = start();
    assert_eq!(get(&authorize_url(&server, &unchallenged)).status, 200);
    server.configure(|config: &mut Config| config.api_key = None);
    assert_eq!(get(&authorize_url(&server, &unchallenged)).status, 302);
}

#[test]
fn the_log_contains_the_authorization_request_and_the_form() {
    let server = start();
    let url = authorize_url(&server, &[("screen_hint", Some("sign-up"))]);
    server.log_in(&url, ALICE).unwrap();
    let requests = server.requests_to("/user_management/authorize");
    assert_eq!(requests.len(), 2);
    assert_eq!(
        requests[0].query_parameter("screen_hint").as_deref(),
        Some("sign-up")
    );
    assert_eq!(requests[1].method, "POST");
    assert_eq!(requests[1].parameter("user").as_deref(), Some(ALICE));
}
