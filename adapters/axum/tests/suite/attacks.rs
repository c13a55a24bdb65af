//! Attacks: each leads to no session, or to the attacker's own.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use workos_login_axum::workos_login::url::form_urlencoded;
use workos_login_axum::{SealedCookies, SealingKeys};
use workos_login_mock_server::Config;

use crate::world::{ALICE, Browser, CAROL, SESSION, World, keys};

const OTHER_CLIENT: &str = "client_01K1OTHER0000000000000000";

#[tokio::test]
async fn a_changed_cookie_is_no_session_and_is_deleted() {
    let world = World::new();
    let mut alice = Browser::default();
    alice.log_in(&world, "/login", ALICE).await;
    let mut carol = Browser::default();
    carol.log_in(&world, "/login", CAROL).await;
    let value = alice.cookies[SESSION].clone();
    let others = carol.cookies[SESSION].clone();
    let half = value.len() / 2;

    let spliced = format!("{}{}", &value[..half], &others[half..]);
    let truncated = value[..value.len() - 1].to_owned();
    let longer = format!("{value}A");
    let sealed = value.strip_prefix("1.").unwrap();
    let missing_chunk = format!("2.{sealed}");
    for changed in [
        spliced,
        truncated,
        longer,
        missing_chunk,
        String::new(),
        "1.".into(),
        "x".into(),
    ] {
        let mut browser = Browser::default();
        browser.cookies.insert(SESSION.into(), changed.clone());
        let page = browser.get(&world.app, "/").await;
        assert_eq!(page.text, "logged out", "{changed}");
        assert!(browser.cookies.is_empty(), "{changed}");
    }
}

#[tokio::test]
async fn chunks_that_are_swapped_missing_or_extra_are_no_session() {
    let world = World::with(|config| {
        let claim = serde_json::Value::String("x".repeat(6000));
        config.claims.insert("large".into(), Some(claim));
    });
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let count = browser.cookies.len();
    assert!(count >= 3, "{count}");
    assert!(
        browser
            .cookies
            .iter()
            .all(|(name, value)| name.len() + value.len() < 4000)
    );
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);

    let name = |n: usize| format!("{SESSION}.{n}");
    let mut swapped = browser.clone();
    let (one, two) = (
        swapped.cookies[&name(1)].clone(),
        swapped.cookies[&name(2)].clone(),
    );
    swapped.cookies.insert(name(1), two);
    swapped.cookies.insert(name(2), one);
    let mut missing = browser.clone();
    missing.cookies.remove(&name(1));
    let mut extra = browser.clone();
    extra.cookies.insert(name(count), "AAAA".into());
    let mut no_first = browser.clone();
    no_first.cookies.remove(SESSION);
    let mut carol = Browser::default();
    carol.log_in(&world, "/login", CAROL).await;
    let mut of_another_user = browser.clone();
    let chunk = carol.cookies[&name(1)].clone();
    of_another_user.cookies.insert(name(1), chunk);
    for mut changed in [swapped, missing, extra, no_first, of_another_user] {
        assert_eq!(changed.get(&world.app, "/").await.text, "logged out");
        assert!(changed.cookies.is_empty(), "{:?}", changed.cookies.keys());
    }
}

#[tokio::test]
async fn a_cookie_of_another_key_client_or_name_does_not_open() {
    let world = World::with(|config| config.client_ids.push(OTHER_CLIENT.into()));
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    for app in [
        world.process(SealingKeys::new(1, &[9; 32]), Config::CLIENT_ID),
        world.process(SealingKeys::new(9, &[1; 32]), Config::CLIENT_ID),
        world.process(keys(), OTHER_CLIENT),
    ] {
        assert_eq!(browser.clone().get(&app, "/").await.text, "logged out");
    }
    // The sealed pending login as session cookie.
    let mut pending = Browser::default();
    pending.begin(&world, "/login", ALICE).await;
    let sealed = pending.cookies.values().next().unwrap().clone();
    let mut renamed = Browser::default();
    renamed
        .cookies
        .insert(SESSION.into(), format!("1.{sealed}"));
    assert_eq!(renamed.get(&world.app, "/").await.text, "logged out");
    // Under the name of the cookie of the same application on plain http.
    let uri = "http://localhost:3000/callback".parse().unwrap();
    let sessions = SealedCookies::new(keys());
    let app = world.process_of(sessions, |builder| builder.redirect_uri(uri));
    let mut renamed = Browser::default();
    let value = browser.cookies[SESSION].clone();
    renamed.cookies.insert("workos-session".into(), value);
    assert_eq!(renamed.get(&app, "/").await.text, "logged out");
    assert!(renamed.cookies.is_empty());
    // Under the name of another pending login.
    let callback = pending.begin(&world, "/login", ALICE).await;
    let values: Vec<String> = pending.cookies.values().cloned().collect();
    let names: Vec<String> = pending.cookies.keys().cloned().collect();
    pending.cookies.insert(names[0].clone(), values[1].clone());
    pending.cookies.insert(names[1].clone(), values[0].clone());
    assert_eq!(
        pending.get(&world.app, &callback).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_callback_without_the_cookie_of_its_login_is_rejected() {
    let world = World::new();
    let mut attacker = Browser::default();
    let callback = attacker.begin(&world, "/login", CAROL).await;

    // Login CSRF: the victim opens the callback of the attacker, without and with a pending login of its own.
    let mut victim = Browser::default();
    for _ in 0..2 {
        let page = victim.get(&world.app, &callback).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(!victim.cookies.contains_key(SESSION));
        victim.begin(&world, "/login", ALICE).await;
    }
    // A second time in the right browser: the cookie is gone.
    assert_eq!(
        attacker.get(&world.app, &callback).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        attacker.get(&world.app, &callback).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(attacker.get(&world.app, "/").await.text, CAROL);
}

#[tokio::test]
async fn a_login_returns_to_no_other_origin() {
    let world = World::new();
    for other in [
        "https://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r\n/evil.example",
        "/.//evil.example",
        "/a/..//evil.example",
        "/%2e//evil.example",
        "/.\\\\evil.example",
        "//user@app.example.com@evil.example",
        "//evil.example%00.app.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        " //evil.example",
        "\u{0}//evil.example",
        "evil.example",
        "@evil.example",
        "",
    ] {
        assert_eq!(returned_to(&world, other).await, "/", "{other:?}");
    }
}

#[tokio::test]
async fn a_login_returns_to_any_path_of_this_origin() {
    let world = World::new();
    for (text, path) in [
        ("/", "/"),
        ("/a?b=c&d=//e#f", "/a?b=c&d=//e#f"),
        (
            "/search?url=https://other.example",
            "/search?url=https://other.example",
        ),
        ("/ü \r\nSet-Cookie:x", "/%C3%BC%20Set-Cookie:x"),
        ("/@evil.example", "/@evil.example"),
    ] {
        assert_eq!(returned_to(&world, text).await, path);
    }
}

#[tokio::test]
async fn a_page_to_return_to_fits_into_the_cookie_of_its_login() {
    let world = World::new();
    let long = |text: &str, count: usize| format!("/?{}", text.repeat(count));
    for (text, is_kept) in [
        (long("a", 2046), true),
        (long("a", 2047), false),
        (long("\\", 1023), true),
        (long("\\", 1024), false),
        (long("é", 341), true),
        (long("é", 342), false),
    ] {
        let mut browser = Browser::default();
        let query: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let page = browser
            .get(&world.app, &format!("/login?return_to={query}"))
            .await;
        assert!(
            page.cookies()[0].len() < 4096,
            "{}",
            page.cookies()[0].len()
        );
        let path = returned_to(&world, &text).await;
        assert_eq!(path != "/", is_kept, "{text}");
    }
}

async fn returned_to(world: &World, return_to: &str) -> String {
    let text: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
    let login = format!("/login?return_to={text}");
    let page = Browser::default().log_in(world, &login, ALICE).await;
    page.location().to_owned()
}

#[tokio::test]
async fn a_sealed_cookie_of_before_the_logout_opens_in_other_processes_until_it_is_due() {
    let world = World::new();
    let other = world.process(keys(), Config::CLIENT_ID);
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let mut copy = browser.clone();
    let page = browser
        .send(&world.app, Method::POST, "/logout", "", &[])
        .await;
    // The browser opens the session logout URL.
    world.server.end_all_sessions();
    assert_eq!(page.status, StatusCode::SEE_OTHER);

    assert_eq!(copy.clone().get(&world.app, "/").await.text, "logged out");
    assert_eq!(copy.get(&other, "/").await.text, ALICE);
    world.clock.advance(Duration::from_secs(400));
    assert_eq!(copy.get(&other, "/").await.text, "logged out");
    assert!(copy.cookies.is_empty());
}
