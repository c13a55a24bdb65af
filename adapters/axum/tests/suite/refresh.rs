//! Refresh in the layer.

use std::time::Duration;

use axum::http::StatusCode;
use workos_login_axum::SealingKeys;
use workos_login_mock_server::{Config, Fault};

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

#[tokio::test]
async fn a_step_up_returns_with_a_recent_authentication() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.clock.advance(Duration::from_secs(1000));
    let page = browser.get(&world.app, "/transfer").await;
    assert_eq!(page.location(), "/login?return_to=%2Ftransfer&max_age=300");
    let page = browser.log_in(&world, page.location(), ALICE).await;
    assert_eq!(page.location(), "/transfer");
}
