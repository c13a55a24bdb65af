//! Sessions that are shared with the npm packages of Node: `tests/interop/run node` installs them and runs this test.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../suite/world.rs"]
#[allow(dead_code, reason = "one test needs a part of it")]
mod world;

use std::process::Command;
use std::time::Duration;

use workos_login_axum::NodeSealedSessions;
use workos_login_axum::workos_login::url::Url;
use workos_login_mock_server::Config;

use crate::world::{ALICE, Browser, CAROL, World};

const PASSWORD: &str = "correct horse battery staple, 1234";
const COOKIE: &str = "wos-session";
/// A due access token is still usable.
const DUE: Duration = Duration::from_secs(200);

/// Runs a command of the script with the npm packages, and returns what it prints.
fn node(world: &World, command: &str, argument: &str) -> String {
    let url = world.server.base_url();
    let output = Command::new("node")
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../tests/interop/node/session.js"
        ))
        .args([
            command,
            url,
            Config::CLIENT_ID,
            Config::API_KEY,
            PASSWORD,
            argument,
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn node_and_rust_share_sessions() {
    let world = World::with(|config| config.reuse_ends_session = true);
    let app = world.process_with(NodeSealedSessions::new(&PASSWORD.into()));
    let mut browser = Browser::default();
    browser.log_in_to(&app, &world, "/login", ALICE).await;
    for command in ["authenticate", "iron-session"] {
        assert_eq!(
            node(&world, command, &browser.cookies[COOKIE]),
            ALICE,
            "{command}"
        );
    }
    // The SDK, and the package that the SDKs for frameworks use.
    for command in ["refresh", "reseal"] {
        let sealed = node(&world, command, &browser.cookies[COOKIE]);
        assert_ne!(sealed, browser.cookies[COOKIE]);
        browser.cookies.insert(COOKIE.into(), sealed);
        assert_eq!(browser.get(&app, "/").await.text, ALICE, "{command}");
    }
    // A refresh by each of them in turn.
    for _ in 0..3 {
        world.clock.advance(DUE);
        let before = browser.cookies[COOKIE].clone();
        assert_eq!(browser.get(&app, "/").await.text, ALICE);
        assert_ne!(browser.cookies[COOKIE], before);
        assert_eq!(
            node(&world, "authenticate", &browser.cookies[COOKIE]),
            ALICE
        );
        let sealed = node(&world, "refresh", &browser.cookies[COOKIE]);
        browser.cookies.insert(COOKIE.into(), sealed);
        assert_eq!(browser.get(&app, "/").await.text, ALICE);
    }
    // A login of the SDK.
    let url = node(&world, "authorization-url", "");
    let callback = Url::parse(&world.server.log_in(&url, CAROL).unwrap()).unwrap();
    let code = callback.query_pairs().find(|(name, _)| name == "code");
    let sealed = node(&world, "exchange", &code.unwrap().1);
    let mut browser = Browser::default();
    browser.cookies.insert(COOKIE.into(), sealed);
    assert_eq!(browser.get(&app, "/").await.text, CAROL);
}
