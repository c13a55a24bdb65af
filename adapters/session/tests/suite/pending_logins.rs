//! A pending login that is taken out of its store once, and put back.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use workos_login::{Any, AwaitingCallback, Client, ConnectionSelector, Screen};
use workos_login_session::{PendingLoginStore, StoreError, StoreLock, TakeLoginError};

#[derive(Default)]
struct Memory(Mutex<Option<String>>);

impl PendingLoginStore for Memory {
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError> {
        let stored = self.0.lock().unwrap();
        Ok(stored
            .as_ref()
            .map(|form| serde_json::from_str(form).unwrap()))
    }

    fn save_login(&self, login: &AwaitingCallback) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = Some(serde_json::to_string(login).unwrap());
        Ok(())
    }

    fn clear_login(&self) -> Result<(), StoreError> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }

    fn lock_login(&self, _: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(Some(StoreLock::new(())))
    }
}

/// Begins a login, and returns its client and its callback.
fn begin(store: &Memory) -> (Client<Any>, String) {
    let client = Client::public("client_1".parse().unwrap());
    let selector = ConnectionSelector::AuthKit(Screen::Default);
    let login = client.login(selector, "acme:/callback".parse().unwrap());
    let (url, pending) = login.begin(SystemTime::now(), &mut rand::rng());
    store.begin_login(&pending).unwrap();
    let state = url.as_str().split("state=").nth(1).unwrap();
    let state = state.split('&').next().unwrap();
    let callback = format!("acme:/callback?code=c&state={state}");
    (client.into(), callback)
}

#[test]
fn a_login_is_taken_once_and_can_be_put_back() {
    let store = Memory::default();
    let (client, callback) = begin(&store);
    let take = |url: &str| store.take_login(&client, url, SystemTime::now()).unwrap();
    assert!(take("acme:/callback?code=c&state=other").is_none());
    let (_, pending) = take(&callback).unwrap();
    assert!(take(&callback).is_none());
    store.put_back_login(&pending).unwrap();
    assert!(take(&callback).is_some());
}

#[test]
fn a_login_that_was_taken_does_not_replace_a_later_one() {
    let store = Memory::default();
    let (client, callback) = begin(&store);
    let taken = store.take_login(&client, &callback, SystemTime::now());
    let (_, pending) = taken.unwrap().unwrap();
    let (_, later) = begin(&store);
    store.put_back_login(&pending).unwrap();
    let taken = store.take_login(&client, &later, SystemTime::now());
    assert!(taken.unwrap().is_some());
}

#[test]
fn a_refused_login_is_removed() {
    let store = Memory::default();
    let (client, callback) = begin(&store);
    let denied = callback.replace("code=c", "error=access_denied");
    let refused = store.take_login(&client, &denied, SystemTime::now());
    assert!(matches!(refused, Err(TakeLoginError::Refused(_))));
    assert!(store.load_login().unwrap().is_none());
}
