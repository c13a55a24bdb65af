//! The verification of the access token at each request.

use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use workos_login_axum::SealedCookies;
use workos_login_mock_server::{Config, Endpoint, Fault, User};

use crate::world::{ALICE, Browser, SESSION, World, keys};

/// A due access token is still usable.
const DUE: Duration = Duration::from_secs(200);

/// A process that verifies each request, and a browser that is logged in to it.
async fn logged_in() -> (World, Router, Browser) {
    let world = World::new();
    let app = world.process_of(SealedCookies::new(keys()), |builder| {
        builder.verify_each_request()
    });
    let mut browser = Browser::default();
    browser.log_in_to(&app, &world, "/login", ALICE).await;
    (world, app, browser)
}

/// Changes the session in the cookie, with the leaked sealing key.
fn forge(world: &World, browser: &mut Browser, change: impl FnOnce(&mut Value)) {
    let issuer = world.server.base_url().trim_end_matches('/');
    let context = [SESSION, Config::CLIENT_ID, issuer];
    let value = browser.cookies[SESSION].strip_prefix("1.").unwrap();
    let sealed = URL_SAFE_NO_PAD.decode(value).unwrap();
    let text = keys().open(&context, &sealed).unwrap();
    let mut seal: Value = serde_json::from_slice(&text).unwrap();
    change(&mut seal["record"]["session"]);
    let sealed = keys().seal(&context, seal.to_string().as_bytes(), &mut rand::rng());
    let value = format!("1.{}", URL_SAFE_NO_PAD.encode(sealed));
    browser.cookies.insert(SESSION.into(), value);
}

fn without_signature(token: &Value) -> Value {
    let (signed, _) = token.as_str().unwrap().rsplit_once('.').unwrap();
    format!("{signed}.AAAA").into()
}

#[tokio::test]
async fn a_valid_token_is_served_with_one_fetch_of_the_keys() {
    let (world, app, mut browser) = logged_in().await;
    for _ in 0..3 {
        let page = browser.get(&app, "/").await;
        assert_eq!((&*page.text, page.cookies().len()), (ALICE, 0));
    }
    world.clock.advance(DUE);
    assert_eq!(browser.get(&app, "/").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
    let requests = world.server.requests();
    let fetches = requests
        .iter()
        .filter(|request| request.path.contains("jwks"));
    assert_eq!(fetches.count(), 1);
}

#[tokio::test]
async fn a_session_whose_token_is_not_valid_is_refreshed_once() {
    let (world, app, mut browser) = logged_in().await;
    forge(&world, &mut browser, |session| {
        session["access_token"] = without_signature(&session["access_token"]);
    });
    let old = browser.clone();
    let page = browser.get(&app, "/").await;
    assert_eq!((&*page.text, page.cookies().len()), (ALICE, 1));
    for browser in [&mut browser, &mut old.clone()] {
        assert_eq!(browser.get(&app, "/").await.text, ALICE);
    }
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_rotation_of_the_signing_keys_logs_nobody_out() {
    let (world, app, mut browser) = logged_in().await;
    assert_eq!(browser.get(&app, "/").await.text, ALICE);
    // After the cooldown of the keys.
    world.clock.advance(Duration::from_secs(31));
    world.server.rotate_keys();
    assert_eq!(browser.get(&app, "/").await.text, ALICE);
    assert_eq!(world.refreshes(), 0);
    world.clock.advance(DUE);
    assert_eq!(browser.get(&app, "/").await.text, ALICE);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_log_nobody_out() {
    let (world, app, mut browser) = logged_in().await;
    world
        .server
        .inject(Fault::Html502.on(Endpoint::Jwks).always());
    let page = browser.get(&app, "/").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.cookies().is_empty());
    world.server.clear_faults();
    world.clock.advance(Duration::from_secs(31));
    assert_eq!(browser.get(&app, "/").await.text, ALICE);
    assert_eq!(world.refreshes(), 0);
}

#[tokio::test]
async fn a_leaked_sealing_key_makes_no_session() {
    let (world, app, mut browser) = logged_in().await;
    forge(&world, &mut browser, |session| {
        session["access_token"] = without_signature(&session["access_token"]);
        session["refresh_token"] = "forged".into();
    });
    assert_eq!(browser.get(&app, "/").await.text, "logged out");
    assert!(browser.cookies.is_empty());
}

#[tokio::test]
async fn a_leaked_sealing_key_makes_no_other_user() {
    let carol = User::carol();
    for keeps_token in [true, false] {
        let (world, app, mut browser) = logged_in().await;
        forge(&world, &mut browser, |session| {
            session["user"]["id"] = (&*carol.id).into();
            session["user"]["email"] = (&*carol.email).into();
            if !keeps_token {
                session["access_token"] = without_signature(&session["access_token"]);
            }
        });
        let page = browser.get(&app, "/").await;
        assert!(!page.text.contains(&*carol.email), "{}", page.text);
    }
}
