//! The configuration of an application.

use axum::http::StatusCode;
use tracing::Level;
use workos_login_axum::workos_login::Client;
use workos_login_axum::{BuildError, LoginParameter, SealedCookies, WebAuth, WebAuthBuilder};
use workos_login_mock_server::Config;

use crate::log::Log;
use crate::world::{ALICE, Browser, World, keys};

fn builder() -> WebAuthBuilder {
    let key = Config::API_KEY.parse().unwrap();
    let client = Client::confidential("client_1".parse().unwrap(), key);
    WebAuth::builder(client, workos_login_reqwest::client().unwrap())
}

#[test]
fn an_incomplete_or_insecure_configuration_is_rejected() {
    let sessions = || SealedCookies::new(keys());
    let result = builder().sessions(sessions()).build();
    assert_eq!(result.unwrap_err(), BuildError::NoRedirectUri);
    let uri = "https://app.example.com/callback".parse().unwrap();
    let result = builder().redirect_uri(uri).build();
    assert_eq!(result.unwrap_err(), BuildError::NoSessions);
    for insecure in [
        "http://app.example.com/callback",
        "http://localhost.example.com/callback",
        "http://127.0.0.1.example.com/callback",
        "app:/callback",
    ] {
        let builder = builder().redirect_uri(insecure.parse().unwrap());
        let result = builder.sessions(sessions()).build();
        assert_eq!(result.unwrap_err(), BuildError::Insecure, "{insecure}");
    }
}

#[tokio::test]
async fn cookies_on_http_with_a_loopback_host_are_not_secure_and_one_warning_says_so() {
    let world = World::new();
    for origin in [
        "http://localhost:3000",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
    ] {
        let (log, _guard) = Log::record();
        let uri = format!("{origin}/callback").parse().unwrap();
        let sessions = SealedCookies::new(keys());
        let app = world.process_of(sessions, |builder| builder.redirect_uri(uri));
        let mut browser = Browser::default();
        let login = browser.clone().get(&app, "/login").await;
        let callback = browser.log_in_to(&app, &world, "/login", ALICE).await;
        assert_eq!(browser.get(&app, "/admin").await.text, ALICE);
        for (cookie, name) in [
            (login.cookies()[0], "workos-login-"),
            (callback.cookies()[1], "workos-session="),
        ] {
            assert!(cookie.starts_with(name), "{cookie}");
            assert!(!cookie.contains("Secure"), "{cookie}");
            for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
                assert!(cookie.contains(attribute), "{cookie}");
            }
        }
        let warnings = log.messages(Level::WARN);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("http"), "{warnings:?}");
    }
}

#[tokio::test]
async fn a_parameter_of_the_login_requires_the_permission_of_the_application() {
    let world = World::new();
    let all = [
        (LoginParameter::LoginHint, "login_hint=a%40example.com"),
        (LoginParameter::MaxAge, "max_age=60"),
        (LoginParameter::Organization, "organization_id=org_1"),
        (LoginParameter::Prompt, "prompt=login"),
        (LoginParameter::Screen, "screen_hint=sign-up"),
    ];
    for (allowed, _) in all {
        let sessions = SealedCookies::new(keys());
        let app = world.process_of(sessions, |builder| builder.allow([allowed]));
        for (parameter, query) in all {
            let page = Browser::default()
                .get(&app, &format!("/login?return_to=/a&{query}"))
                .await;
            if parameter == allowed {
                assert!(page.location().contains(query), "{}", page.location());
            } else {
                assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
                assert!(page.cookies().is_empty());
            }
        }
    }
}

#[tokio::test]
async fn an_invalid_parameter_of_the_login_is_rejected() {
    let world = World::new();
    let sessions = SealedCookies::new(keys());
    let app = world.process_of(sessions, |builder| {
        builder.allow([
            LoginParameter::MaxAge,
            LoginParameter::Organization,
            LoginParameter::Screen,
        ])
    });
    for query in [
        "max_age=x",
        "max_age=-1",
        "organization_id=",
        "screen_hint=sign-out",
    ] {
        let page = Browser::default()
            .get(&app, &format!("/login?{query}"))
            .await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
    }
}
