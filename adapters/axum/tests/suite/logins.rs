//! Logins, logouts, and organizations.

use axum::http::{Method, StatusCode};

use std::time::Duration;

use tracing::Level;
use workos_login_axum::workos_login::limits::PENDING_LOGIN_TTL;
use workos_login_axum::workos_login::url::Url;
use workos_login_mock_server::{Challenge, Fault};

use crate::log::Log;
use crate::world::{ALICE, BOB, Browser, CAROL, SESSION, World};

#[tokio::test]
async fn a_login_returns_to_the_page_that_required_it() {
    let world = World::new();
    let mut browser = Browser::default();
    assert_eq!(browser.get(&world.app, "/").await.text, "logged out");

    let page = browser.get(&world.app, "/admin?tab=a%20b").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let page = browser.log_in(&world, page.location(), ALICE).await;
    assert_eq!(page.location(), "/admin?tab=a%20b");
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [SESSION]);
    assert_eq!(browser.get(&world.app, "/admin").await.text, ALICE);
    assert!(browser.get(&world.app, "/").await.cookies().is_empty());
}

#[tokio::test]
async fn the_page_to_return_to_is_not_in_the_state() {
    let world = World::new();
    let mut lengths = Vec::new();
    for login in ["/login", "/login?return_to=/admin/a/long/path"] {
        let page = Browser::default().get(&world.app, login).await;
        let url = Url::parse(page.location()).unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state");
        lengths.push(state.unwrap().1.len());
    }
    assert_eq!(lengths[0], lengths[1]);
}

#[tokio::test]
async fn a_request_for_data_gets_401_instead_of_a_redirect() {
    let world = World::new();
    let mut browser = Browser::default();
    let page = browser
        .send(
            &world.app,
            Method::GET,
            "/admin",
            "",
            &[("accept", "application/json")],
        )
        .await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    let page = browser
        .send(
            &world.app,
            Method::POST,
            "/switch",
            "",
            &[("accept", "text/html")],
        )
        .await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn two_tabs_log_in_at_once_and_the_oldest_of_many_is_evicted() {
    let world = World::new();
    let mut browser = Browser::default();
    let first = browser.begin(&world, "/login?return_to=/a", ALICE).await;
    let second = browser.begin(&world, "/login?return_to=/b", ALICE).await;
    assert_eq!(browser.get(&world.app, &second).await.location(), "/b");
    assert_eq!(browser.get(&world.app, &first).await.location(), "/a");

    let mut callbacks = Vec::new();
    for _ in 0..5 {
        callbacks.push(browser.begin(&world, "/login", ALICE).await);
        world.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(browser.cookies.len(), 4 + 1);
    assert_eq!(
        browser.get(&world.app, &callbacks[0]).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        browser.get(&world.app, &callbacks[1]).await.status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_logout_is_a_post_or_a_get_with_the_token_of_the_session() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let link = browser.get(&world.app, "/logout-link").await.text;

    let mut other = Browser::default();
    other.log_in(&world, "/login", CAROL).await;
    for (method, path, headers) in [
        (Method::GET, "/logout", &[][..]),
        (Method::GET, "/logout?token=", &[]),
        (Method::GET, &*link, &[]),
        (Method::POST, "/logout", &[("sec-fetch-site", "cross-site")]),
        (Method::POST, "/logout", &[("sec-fetch-site", "same-site")]),
        (
            Method::POST,
            "/logout",
            &[("origin", "https://evil.example")],
        ),
        (Method::POST, "/logout", &[("origin", "null")]),
    ] {
        let page = other.send(&world.app, method, path, "", headers).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path} {headers:?}");
    }
    assert_eq!(other.get(&world.app, "/").await.text, CAROL);

    let page = browser.get(&world.app, &link).await;
    assert!(
        page.location()
            .contains("/user_management/sessions/logout?session_id=")
    );
    assert!(browser.cookies.is_empty());
    let page = other
        .send(
            &world.app,
            Method::POST,
            "/logout",
            "",
            &[("origin", "https://app.example.com")],
        )
        .await;
    assert!(
        page.location()
            .contains("/user_management/sessions/logout?session_id=")
    );
    assert!(other.cookies.is_empty());
}

#[tokio::test]
async fn a_switch_of_the_organization_sets_the_cookie_once() {
    let world = World::new();
    let mut browser = Browser::default();
    let bob = workos_login_mock_server::User::bob();
    let last = &bob.memberships.last().unwrap().organization.id;
    let login = format!("/login?organization_id={last}");
    browser.log_in(&world, &login, BOB).await;
    for membership in &bob.memberships {
        let id = &membership.organization.id;
        // The layer refreshes the session before the handler switches it.
        world.clock.advance(Duration::from_secs(200));
        let page = browser
            .send(&world.app, Method::POST, "/switch", id, &[])
            .await;
        assert_eq!((page.text.as_str(), page.cookies().len()), (id.as_str(), 1));
    }
    assert_eq!(browser.get(&world.app, "/").await.text, BOB);
}

#[tokio::test]
async fn a_login_that_takes_longer_than_ten_minutes_has_expired() {
    let world = World::new();
    let mut browser = Browser::default();
    let callback = browser.begin(&world, "/login", ALICE).await;
    world
        .clock
        .advance(PENDING_LOGIN_TTL + Duration::from_secs(61));
    let page = browser.get(&world.app, &callback).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text.contains("took too long"), "{}", page.text);
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_denied_login_says_so_and_keeps_the_session() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let login = browser.get(&world.app, "/login").await;
    let callback = world.server.deny(login.location()).unwrap();
    let callback = callback.strip_prefix("https://app.example.com").unwrap();
    let page = browser.get(&world.app, callback).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text.contains("denied"), "{}", page.text);
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
}

#[tokio::test]
async fn a_code_exchange_whose_response_is_lost_is_not_repeated() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    for fault in [Fault::ResetBefore, Fault::ResetDuring, Fault::Html502] {
        let login = "/login?return_to=/admin%3Ftab%3D%22a%22";
        let callback = browser.begin(&world, login, CAROL).await;
        world.server.clear_requests();
        world.server.inject(fault.clone());
        let page = browser.get(&world.app, &callback).await;
        assert_eq!(world.server.pending_faults(), 0);
        assert_eq!(
            page.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{fault}: {}",
            page.text
        );
        assert!(page.text.contains("did not respond"), "{}", page.text);
        let exchanges = world.server.requests_to("/user_management/authenticate");
        assert!(exchanges.len() <= 1, "{fault}: {exchanges:?}");

        // The session of before, and the page to return to.
        assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [SESSION]);
        assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
        let link = "/login?return_to=%2Fadmin%3Ftab%3D%2522a%2522";
        assert!(page.text.contains(link), "{}", page.text);
        let page = Browser::default().log_in(&world, link, CAROL).await;
        assert_eq!(page.location(), "/admin?tab=%22a%22");
    }
}

#[tokio::test]
async fn a_session_that_is_too_long_for_cookies_is_an_error_that_names_the_remedy() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.server.configure(|config| {
        let claim = serde_json::Value::String("x".repeat(20_000));
        config.claims.insert("large".into(), Some(claim));
    });
    let (log, _guard) = Log::record();
    let page = browser.log_in(&world, "/login", CAROL).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.text.contains("too long for cookies"), "{}", page.text);
    let errors = log.messages(Level::ERROR);
    assert_eq!(errors.len(), 1, "{errors:?}");
    for part in ["bytes long", "at most 30400", "workos-login-redis"] {
        assert!(errors[0].contains(part), "{errors:?}");
    }
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
}

#[tokio::test]
async fn a_session_that_becomes_too_long_is_served_and_each_request_logs_an_error() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.server.configure(|config| {
        let claim = serde_json::Value::String("x".repeat(20_000));
        config.claims.insert("large".into(), Some(claim));
    });
    world.clock.advance(Duration::from_secs(200));
    let (log, _guard) = Log::record();
    for count in 1..=2 {
        let page = browser.get(&world.app, "/admin").await;
        assert_eq!(page.text, ALICE);
        assert!(page.cookies().is_empty());
        assert_eq!(log.messages(Level::ERROR).len(), count);
    }
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn an_authentication_challenge_leads_to_another_login() {
    let world = World::with(|config| {
        let alice = config.users.iter_mut().find(|user| user.email == ALICE);
        alice.unwrap().challenges.push(Challenge::SsoRequired);
    });
    let mut browser = Browser::default();
    let page = browser
        .log_in(&world, "/login?return_to=/admin", ALICE)
        .await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.location().contains("/user_management/authorize?"));
    assert!(
        page.location().contains("connection_id="),
        "{}",
        page.location()
    );
    // The cookie of the first login is replaced by the one of the second.
    assert_eq!(page.cookies().len(), 2);
    assert_eq!(browser.cookies.len(), 1);
    assert!(!browser.cookies.contains_key(SESSION));
}
