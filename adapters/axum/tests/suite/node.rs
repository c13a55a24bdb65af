//! Sessions in the cookie of the SDK for Node.

use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use workos_login_axum::workos_login::Client;
use workos_login_axum::{BuildError, NodeSealedSessions, WebAuth};
use workos_login_mock_server::Config;

use crate::world::{ALICE, BOB, Browser, World};

const PASSWORD: &str = "correct horse battery staple, 1234";
const COOKIE: &str = "wos-session";
/// A due access token is still usable.
const DUE: Duration = Duration::from_secs(200);

fn sessions() -> NodeSealedSessions {
    NodeSealedSessions::new(&PASSWORD.into())
}

/// A process whose sessions are those of Node, and a browser that is logged in to it.
async fn logged_in() -> (World, Router, Browser) {
    let world = World::with(|config| config.reuse_ends_session = true);
    let app = world.process_with(sessions());
    let mut browser = Browser::default();
    let page = browser.log_in_to(&app, &world, "/login", ALICE).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    (world, app, browser)
}

#[tokio::test]
async fn a_login_sets_the_cookie_of_node() {
    let world = World::new();
    let app = world.process_with(sessions().domain("example.com"));
    let mut browser = Browser::default();
    let page = browser.log_in_to(&app, &world, "/login", ALICE).await;
    let cookies = page.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with(COOKIE));
    let (value, attributes) = cookie.unwrap().split_once("; ").unwrap();
    assert_eq!(value.matches('*').count(), 7, "{value}");
    assert!(value.ends_with("~2"));
    for attribute in [
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
        "Domain=example.com",
    ] {
        assert!(
            attributes.split("; ").any(|a| a == attribute),
            "{attributes}"
        );
    }
    let pending = cookies.iter().find(|cookie| cookie.starts_with("__Host-"));
    assert!(!pending.unwrap().contains("Domain"), "{pending:?}");

    let page = browser.send(&app, Method::POST, "/logout", "", &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.cookies()[0].contains("Max-Age=0"));
    assert!(page.cookies()[0].contains("Domain=example.com"));
}

#[tokio::test]
async fn a_cookie_opens_in_another_process_with_the_password() {
    let (world, _, browser) = logged_in().await;
    let page = browser
        .clone()
        .get(&world.process_with(sessions()), "/")
        .await;
    assert_eq!(page.text, ALICE);
    let other = NodeSealedSessions::new(&PASSWORD.replace("1234", "5678").into());
    let other = world.process_with(other);
    let mut browser = browser.clone();
    assert_eq!(browser.get(&other, "/").await.text, "logged out");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_damaged_cookie_is_no_session() {
    let (_world, app, browser) = logged_in().await;
    let value = &browser.cookies[COOKIE];
    for damaged in [
        "",
        "~2",
        "Fe26.2*1******~2",
        &value[..value.len() / 2],
        &value[1..],
        &value.replace("Fe26", "Fe27"),
        &value.replace("~2", "A~2"),
    ] {
        let mut browser = Browser::default();
        browser.cookies.insert(COOKIE.into(), damaged.into());
        assert_eq!(browser.get(&app, "/").await.text, "logged out");
        assert!(browser.cookies.is_empty());
    }
}

#[tokio::test]
async fn a_refresh_replaces_the_cookie_and_serves_the_old_one() {
    let (world, app, mut browser) = logged_in().await;
    let old = browser.clone();
    world.clock.advance(DUE);
    let page = browser.get(&app, "/").await;
    assert_eq!((&*page.text, page.cookies().len()), (ALICE, 1));
    assert_ne!(browser.cookies, old.cookies);
    for _ in 0..3 {
        let page = old.clone().get(&app, "/").await;
        assert_eq!((&*page.text, page.cookies().len()), (ALICE, 1));
        let page = browser.get(&app, "/").await;
        assert_eq!((&*page.text, page.cookies().len()), (ALICE, 0));
    }
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_session_that_another_service_refreshed_replaces_the_own_one() {
    let (world, first, mut browser) = logged_in().await;
    let second = world.process_with(sessions());
    for (refreshes, process) in [&first, &second, &first, &second].into_iter().enumerate() {
        world.clock.advance(DUE);
        assert_eq!(browser.get(process, "/").await.text, ALICE);
        assert_eq!(world.refreshes(), refreshes + 1);
    }
}

#[tokio::test]
async fn an_organization_switch_within_the_second_of_the_login_replaces_the_cookie() {
    let world = World::new();
    let app = world.process_with(sessions());
    let bob = workos_login_mock_server::User::bob();
    let [old, new] = [0, 1].map(|index| &*bob.memberships[index].organization.id);
    let mut browser = Browser::default();
    let login = format!("/login?organization_id={old}");
    browser.log_in_to(&app, &world, &login, BOB).await;
    let before = browser.clone();
    let page = browser.send(&app, Method::POST, "/switch", new, &[]).await;
    assert_eq!(page.text, new);
    assert!(browser.cookies != before.cookies, "the cookie is replaced");
    for mut browser in [browser, before] {
        assert_eq!(browser.get(&app, "/organization").await.text, new);
    }
}

#[test]
fn rejects_a_password_and_a_cookie_that_node_does_not_accept() {
    let problem = |sessions: NodeSealedSessions| {
        let client = Client::confidential(
            Config::CLIENT_ID.parse().unwrap(),
            Config::API_KEY.parse().unwrap(),
        );
        WebAuth::builder(client, workos_login_reqwest::client().unwrap())
            .redirect_uri("https://app.example.com/callback".parse().unwrap())
            .sessions(sessions)
            .build()
            .err()
    };
    let short = NodeSealedSessions::new(&"p".repeat(31).into());
    assert_eq!(problem(short), Some(BuildError::ShortPassword));
    for name in ["", "a b", "a;b", "a=b", "ä"] {
        assert_eq!(
            problem(sessions().cookie_name(name)),
            Some(BuildError::InvalidCookie)
        );
        assert_eq!(
            problem(sessions().domain(name)),
            Some(BuildError::InvalidCookie)
        );
    }
    assert_eq!(problem(sessions().cookie_name("my_session")), None);
}
