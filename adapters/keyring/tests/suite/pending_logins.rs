//! The pending login beside the session.

use std::time::{Duration, SystemTime};

use workos_login::{AwaitingCallback, ConnectionSelector, Screen};
use workos_login_session::{BlockingStore, PendingLoginStore};

use crate::support::{client, record, save, server, store};

const NO_WAIT: Duration = Duration::ZERO;

fn login(redirect_uri: &str) -> AwaitingCallback {
    let client = client(&server());
    let selector = ConnectionSelector::AuthKit(Screen::Default);
    let start = client.login(selector, redirect_uri.parse().unwrap());
    start.begin(SystemTime::now(), &mut rand::rng()).1
}

#[test]
fn a_pending_login_is_stored_beside_the_session() {
    let server = server();
    let memory = std::sync::Arc::default();
    // Several entries for each value.
    let (store, _directory) = store(&memory, 100);
    assert!(store.load_login().unwrap().is_none());
    save(&store, &record(&server, 0)).unwrap();
    for redirect_uri in ["acme:/first", "acme:/second"] {
        store.save_login(&login(redirect_uri)).unwrap();
        let loaded = store.load_login().unwrap().unwrap();
        assert_eq!(loaded.redirect_uri().as_str(), redirect_uri);
    }
    store.clear_login().unwrap();
    assert!(store.load_login().unwrap().is_none());
    assert!(store.load().unwrap().is_some());
    assert!(memory.names().iter().all(|name| !name.contains("/login")));
}

#[test]
fn the_lock_of_the_pending_login_is_not_that_of_the_session() {
    let (store, _directory) = store(&std::sync::Arc::default(), 1000);
    let _session = store.lock(NO_WAIT, NO_WAIT).unwrap().unwrap();
    let login = store.lock_login(NO_WAIT).unwrap().unwrap();
    assert!(store.lock_login(NO_WAIT).unwrap().is_none());
    drop(login);
    assert!(store.lock_login(NO_WAIT).unwrap().is_some());
}
