//! Refresh in the layer.

use std::time::Duration;

use axum::http::StatusCode;
use workos_login_axum::SealingKeys;
use workos_login_mock_server::{Config, Endpoint, Fault};

use crate::world::{ALICE, Browser, SESSION, World, keys};

/// The default lifetime of an access token is five minutes, of which the last half is the margin.
const DUE: Duration = Duration::from_secs(200);
const EXPIRED: Duration = Duration::from_secs(400);

#[tokio::test(flavor = "multi_thread")]
async fn parallel_requests_cause_one_refresh() {
    let world = World::with(|config| config.reuse_ends_session = true);
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    for round in 1..=3 {
        world.clock.advance(DUE);
        let requests = (0..8).map(|_| {
            let (app, mut browser) = (world.app.clone(), browser.clone());
            tokio::spawn(async move {
                let page = browser.get(&app, "/admin").await;
                assert_eq!((page.status, page.text.as_str()), (StatusCode::OK, ALICE));
                assert_eq!(page.cookies().len(), 1);
                browser
            })
        });
        for request in requests.collect::<Vec<_>>() {
            browser = request.await.unwrap();
        }
        assert_eq!(world.refreshes(), round);
    }
}

#[tokio::test]
async fn the_cookie_of_before_the_refresh_is_served_for_60_seconds() {
    let world = World::with(|config| config.reuse_ends_session = true);
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let mut old = browser.clone();
    world.clock.advance(DUE);
    browser.get(&world.app, "/").await;
    browser.get(&world.app, "/").await; // with the new cookie
    world.clock.advance(Duration::from_secs(59));
    assert_eq!(old.get(&world.app, "/").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn the_cookie_of_before_the_refresh_is_rejected_after_60_seconds() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    let mut old = browser.clone();
    world.clock.advance(DUE);
    browser.get(&world.app, "/").await;
    browser.get(&world.app, "/").await; // with the new cookie
    world.clock.advance(Duration::from_secs(61));
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
    assert_eq!(old.get(&world.app, "/").await.text, "logged out");
    assert!(old.cookies.is_empty());
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
}

#[tokio::test]
async fn a_sealed_session_ends_with_its_lifetime() {
    let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
    let world = World::with(|config| {
        config.access_token_lifetime = days(90);
        config.session_lifetime = days(90);
    });
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.clock.advance(days(30) - Duration::from_secs(1));
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
    // Whatever the browser does with the attribute of the cookie.
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(browser.get(&world.app, "/").await.text, "logged out");
    assert!(browser.cookies.is_empty());
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_does_not_wait_for_a_slow_refresh_while_its_token_is_usable() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.clock.advance(DUE);
    world.server.inject(Fault::Hang.on(Endpoint::Refresh));
    let (app, mut other) = (world.app.clone(), browser.clone());
    let first = tokio::spawn(async move { other.get(&app, "/").await });
    while world.refreshes() == 0 {
        assert!(!first.is_finished(), "no refresh was sent");
        tokio::task::yield_now().await;
    }
    let page = browser.get(&world.app, "/").await;
    assert_eq!(page.text, ALICE);
    assert!(page.cookies().is_empty());
    assert!(!first.is_finished());
    first.abort();
}

#[tokio::test]
async fn a_new_cookie_that_never_arrived_keeps_the_session() {
    let world = World::with(|config| config.reuse_ends_session = true);
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.clock.advance(DUE);
    browser.clone().get(&world.app, "/").await; // the response is lost
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(browser.get(&world.app, "/").await.text, ALICE);
}

#[tokio::test]
async fn a_lost_response_and_an_outage_of_the_service_keep_the_session() {
    let world = World::with(|config| {
        config.reuse_ends_session = true;
        config.replay_window = Duration::from_secs(30);
    });
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    for fault in [Fault::IncompleteBody, Fault::Html502] {
        world.clock.advance(EXPIRED);
        world.server.inject(fault);
        browser.get(&world.app, "/admin").await;
        assert_eq!(world.server.pending_faults(), 0);
        world.clock.advance(Duration::from_secs(5));
        assert_eq!(browser.get(&world.app, "/admin").await.text, ALICE);
    }
}

#[tokio::test]
async fn each_kind_of_response_has_the_cookie_once() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    for (path, status) in [
        ("/fails", StatusCode::INTERNAL_SERVER_ERROR),
        ("/stream", StatusCode::OK),
        ("/nowhere", StatusCode::NOT_FOUND),
        ("/admin", StatusCode::OK),
    ] {
        world.clock.advance(DUE);
        let page = browser.get(&world.app, path).await;
        assert_eq!((page.status, page.cookies().len()), (status, 1), "{path}");
        assert!(browser.get(&world.app, path).await.cookies().is_empty());
    }
}

#[tokio::test]
async fn old_keys_open_and_the_first_key_seals() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;

    let rotated = world.process(
        SealingKeys::new(2, &[2; 32]).and_opens(1, &[1; 32]),
        Config::CLIENT_ID,
    );
    assert_eq!(browser.get(&rotated, "/").await.text, ALICE);
    assert_eq!(
        browser
            .clone()
            .get(&world.process(keys(), Config::CLIENT_ID), "/")
            .await
            .text,
        ALICE
    );
    world.clock.advance(DUE);
    browser.get(&rotated, "/").await;
    let new_only = world.process(SealingKeys::new(2, &[2; 32]), Config::CLIENT_ID);
    assert_eq!(browser.get(&new_only, "/").await.text, ALICE);
    assert!(browser.cookies.contains_key(SESSION));
}
