//! Names, attributes and sizes of the cookies, as the documentation lists them.

use std::collections::BTreeSet;

use workos_login_mock_server::Config;

use crate::stores::Stores;
use crate::world::{ALICE, Browser, SESSION, World, keys};

#[tokio::test]
async fn cookies_have_the_documented_names_attributes_and_lifetimes() {
    let world = World::new();
    let mut browser = Browser::default();
    let login = browser.clone().get(&world.app, "/login").await;
    let callback = browser.log_in(&world, "/login", ALICE).await;
    for (cookie, prefix, max_age) in [
        (login.cookies()[0], "__Host-workos-login-", "Max-Age=600"),
        (
            callback.cookies()[1],
            "__Host-workos-session=1.",
            "Max-Age=2592000",
        ),
    ] {
        assert!(cookie.starts_with(prefix), "{cookie}");
        let attributes: BTreeSet<&str> = cookie.split("; ").skip(1).collect();
        let expected = ["HttpOnly", "Path=/", "SameSite=Lax", "Secure", max_age];
        assert_eq!(attributes, expected.into());
    }
    let deletion = callback.cookies()[0];
    assert!(deletion.contains("=; ") && deletion.contains("Max-Age=0"));
}

#[tokio::test]
async fn cookies_have_the_documented_sizes() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.begin(&world, "/login", ALICE).await;
    let pending = browser.cookies.values().next().unwrap().len();
    assert!(pending <= 550, "{pending}");

    for claim in [0, 1000, 4000, 10_000] {
        world.server.configure(|config| {
            let claim = serde_json::Value::String("x".repeat(claim));
            config.claims.insert("large".into(), Some(claim));
        });
        let mut browser = Browser::default();
        browser.log_in(&world, "/login", ALICE).await;
        let json = browser.get(&world.app, "/session").await.text.len();
        let sealed: usize = browser.cookies.values().map(String::len).sum();
        let more = sealed - json * 4 / 3;
        assert!(more <= 300, "{sealed} for {json}");
    }

    let app = world.process_with(Stores::new());
    let mut browser = Browser::default();
    browser.log_in_to(&app, &world, "/login", ALICE).await;
    assert_eq!(browser.cookies[SESSION].len(), 45);
}

#[tokio::test]
async fn a_cookie_shows_nothing_of_the_session() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let token = browser.get(&world.app, "/token").await.text;
    let other = world.process(keys(), Config::CLIENT_ID);
    let mut second = Browser::default();
    second.log_in_to(&other, &world, "/login", ALICE).await;
    let text = browser.cookies[SESSION].clone();
    for shown in [&token[..20], "alice", "refresh"] {
        assert!(!text.contains(shown), "{shown}");
    }
    assert_ne!(text[..40], second.cookies[SESSION][..40], "the nonce");
}
