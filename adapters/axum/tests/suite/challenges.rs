//! An authentication challenge in response to a refresh.

use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode};
use workos_login_mock_server::{Endpoint, Fault, MockResponse, Server};

use crate::stores::Stores;
use crate::world::{ALICE, Browser, World};

/// A due access token is still usable.
const DUE: Duration = Duration::from_secs(200);
const EXPIRED: Duration = Duration::from_secs(400);

/// Worlds with sealed cookies and with a store.
fn worlds() -> [(World, Router); 2] {
    [false, true].map(|is_stored| {
        let world = World::new();
        let app = match is_stored {
            true => world.process_with(Stores::new()),
            false => world.app.clone(),
        };
        (world, app)
    })
}

fn demand_sso(server: &Server) {
    let text = include_str!("../../../../tests/data/wire/step_up_sso_required.json");
    let fault = Fault::Response(MockResponse::json(403, text));
    server.inject(fault.on(Endpoint::Refresh).always());
}

#[tokio::test]
async fn a_challenged_session_is_used_until_its_access_token_expires_and_a_login_replaces_it() {
    for (world, app) in worlds() {
        let mut browser = Browser::default();
        browser.log_in_to(&app, &world, "/login", ALICE).await;
        demand_sso(&world.server);
        world.clock.advance(DUE);
        for _ in 0..2 {
            let page = browser.get(&app, "/admin").await;
            assert_eq!(page.text, ALICE);
            assert!(page.cookies().is_empty());
        }
        assert_eq!(world.refreshes(), 1);

        world.clock.advance(EXPIRED);
        let before = browser.cookies.clone();
        for _ in 0..2 {
            let page = browser.get(&app, "/admin").await;
            assert_eq!(page.location(), "/login?return_to=%2Fadmin");
            assert_eq!(browser.get(&app, "/").await.text, "logged out");
        }
        assert_eq!(browser.cookies, before, "the session is kept");
        assert_eq!(world.refreshes(), 1, "no further refresh");

        let replaced = browser.clone();
        let page = browser
            .log_in_to(&app, &world, "/login?return_to=/admin", ALICE)
            .await;
        assert_eq!(page.location(), "/admin");
        assert_eq!(browser.get(&app, "/admin").await.text, ALICE);
        let page = replaced.clone().get(&app, "/").await;
        assert_eq!((&*page.text, page.cookies().len()), ("logged out", 1));
        assert_eq!(world.refreshes(), 1);
    }
}

#[tokio::test]
async fn a_logout_ends_a_challenged_session() {
    for (world, app) in worlds() {
        let mut browser = Browser::default();
        browser.log_in_to(&app, &world, "/login", ALICE).await;
        let link = browser.get(&app, "/logout-link").await.text;
        demand_sso(&world.server);
        world.clock.advance(EXPIRED);
        assert_eq!(browser.get(&app, "/").await.text, "logged out");
        for (method, path) in [(Method::GET, &*link), (Method::POST, "/logout")] {
            let mut browser = browser.clone();
            let page = browser.send(&app, method, path, "", &[]).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER);
            if path != "/logout" {
                let expected = "/user_management/sessions/logout?session_id=";
                assert!(page.location().contains(expected), "{}", page.location());
            }
            assert!(browser.cookies.is_empty());
        }
    }
}
