//! The pending login beside the session.

use std::time::{Duration, SystemTime};

use workos_login::{AwaitingCallback, ConnectionSelector, Screen};
use workos_login_session::{BlockingStore, PendingLoginStore};

use crate::support::*;

const NO_WAIT: Duration = Duration::ZERO;

pub(crate) fn login(redirect_uri: &str) -> AwaitingCallback {
    let selector = ConnectionSelector::AuthKit(Screen::Default);
    let client = client();
    let start = client.login(selector, redirect_uri.parse().unwrap());
    start.begin(SystemTime::now(), &mut rand::rng()).1
}

#[test]
fn a_pending_login_is_stored_beside_the_session() {
    let directory = directory();
    let store = store(&directory);
    assert!(store.load_login().unwrap().is_none());
    save(&store, &record(10)).unwrap();
    for redirect_uri in ["acme:/first", "acme:/second"] {
        store.save_login(&login(redirect_uri)).unwrap();
        let loaded = store.load_login().unwrap().unwrap();
        assert_eq!(loaded.redirect_uri().as_str(), redirect_uri);
    }
    store.clear_login().unwrap();
    assert!(store.load_login().unwrap().is_none());
    check_holds(&store, &record(10));
}

#[test]
fn the_lock_of_the_pending_login_is_not_that_of_the_session() {
    let directory = directory();
    let store = store(&directory);
    let _session = store.lock(NO_WAIT, NO_WAIT).unwrap().unwrap();
    let login = store.lock_login(NO_WAIT).unwrap().unwrap();
    assert!(store.lock_login(NO_WAIT).unwrap().is_none());
    drop(login);
    assert!(store.lock_login(NO_WAIT).unwrap().is_some());
}
