//! A login that another process finishes.

use std::path::PathBuf;
use std::process::{self, Command};
use std::time::SystemTime;

use serde_json::{Value, json};
use workos_login::url::Url;
use workos_login::{AwaitingCallback, Error, Exchange};

use crate::scenario::{Scenario, body, callback, fixture, refused, response};

/// The file in which the first process stores the login; set only for that process.
const STORE: &str = "WORKOS_LOGIN_TEST_STORE";

#[test]
fn another_process_finishes_a_stored_login() {
    if let Some(store) = std::env::var_os(STORE) {
        begin_and_exit(store.into());
    }
    let file = format!("login-{}.json", process::id());
    let store = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(file);
    let first = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "restart::another_process_finishes_a_stored_login",
        ])
        .env(STORE, &store)
        .output()
        .unwrap();
    assert_eq!(first.status.code(), Some(BEGUN), "{first:?}");
    let left: Value = serde_json::from_str(&std::fs::read_to_string(&store).unwrap()).unwrap();
    std::fs::remove_file(&store).unwrap();

    let pending: AwaitingCallback = serde_json::from_str(left["login"].as_str().unwrap()).unwrap();
    let url = Url::parse(left["url"].as_str().unwrap()).unwrap();
    let state = url
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1;
    let scenario = Scenario::public();
    let now = SystemTime::now();

    let mismatched = callback("/callback?code=x&state=made-up");
    let (pending, error) = refused(pending.accept(&scenario.client, mismatched, now));
    assert!(matches!(error, Error::CallbackMismatch(_)), "{error}");

    let real = callback(&format!("/callback?code=real&state={state}"));
    let exchanging = pending.accept(&scenario.client, real, now).unwrap();
    let sent = body(&exchanging.request());
    assert_eq!(sent["code"], "real");
    assert_eq!(sent["code_verifier"].as_str().map(str::len), Some(43));
    let outcome = exchanging.response(response(200, fixture("success_full.json")), now);
    let session = outcome.unwrap().authenticated().unwrap();
    assert_eq!(session.user().unwrap().first_name(), Some("Nadia"));
}

/// Begins a login with the system clock and a random generator.
fn begin_and_exit(store: PathBuf) -> ! {
    let (url, pending) = Scenario::public()
        .to_start()
        .begin(SystemTime::now(), &mut rand::rng());
    let login = serde_json::to_string(&pending).unwrap();
    std::fs::write(
        store,
        json!({ "url": url.as_str(), "login": login }).to_string(),
    )
    .unwrap();
    process::exit(BEGUN)
}

/// The exit code of the first process: no test ends with it.
const BEGUN: i32 = 42;
