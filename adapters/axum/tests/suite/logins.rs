//! Logins, logouts, and organizations.

use axum::http::{Method, StatusCode};

use workos_login_mock_server::Challenge;

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
    for cookie in page.cookies() {
        for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
    }
    assert_eq!(browser.get(&world.app, "/admin").await.text, ALICE);
    assert!(browser.get(&world.app, "/").await.cookies().is_empty());
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
        world.clock.advance(std::time::Duration::from_secs(1));
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
async fn a_login_takes_the_parameters_that_the_application_allows() {
    let world = World::new();
    let mut browser = Browser::default();
    let page = browser
        .get(&world.app, "/login?organization_id=org_1&max_age=60")
        .await;
    assert!(page.location().contains("organization_id=org_1"));
    assert!(page.location().contains("max_age=60"));
    for query in [
        "prompt=none",
        "login_hint=x",
        "screen_hint=sign-up",
        "max_age=x",
        "organization_id=",
    ] {
        let page = browser.get(&world.app, &format!("/login?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
    }
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
        let page = browser
            .send(&world.app, Method::POST, "/switch", id, &[])
            .await;
        assert_eq!((page.text.as_str(), page.cookies().len()), (id.as_str(), 1));
    }
    assert_eq!(browser.get(&world.app, "/").await.text, BOB);
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
