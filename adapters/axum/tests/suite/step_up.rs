//! Step-up authentication.

use std::time::Duration;

use axum::http::StatusCode;

use crate::world::{ALICE, Browser, World};

#[tokio::test]
async fn a_page_that_requires_a_recent_authentication_opens_after_it() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    assert_eq!(
        browser.get(&world.app, "/transfer?to=a").await.text,
        "transferred"
    );
    world.clock.advance(Duration::from_secs(301));
    let page = browser.get(&world.app, "/transfer?to=a").await;
    assert_eq!(
        page.location(),
        "/login?return_to=%2Ftransfer%3Fto%3Da&max_age=300"
    );
    let page = browser.log_in(&world, page.location(), ALICE).await;
    assert_eq!(page.location(), "/transfer?to=a");
    let page = browser.get(&world.app, page.location()).await;
    assert_eq!(
        (page.status, page.text.as_str()),
        (StatusCode::OK, "transferred")
    );
}

#[tokio::test]
async fn a_refresh_is_no_authentication() {
    let world = World::new();
    let mut browser = Browser::default();
    browser.log_in(&world, "/login", ALICE).await;
    world.clock.advance(Duration::from_secs(400));
    assert_eq!(browser.get(&world.app, "/admin").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
    let page = browser.get(&world.app, "/transfer").await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
}
