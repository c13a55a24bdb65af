use std::sync::Arc;
use std::time::Duration;

use workos_login::{AwaitingCallback, Client};
use workos_login_keyring as keyring;
use workos_login_native::{NativeApp, Storage};
use workos_login_session::{
    BlockingStore, Expected, PendingLoginStore, StoreError, StoreLock, StoredSession,
};

use super::*;

#[test]
fn an_unreadable_session_is_removed_and_not_reported_as_none() {
    let client = Client::public("client_1".parse().unwrap());
    let app = NativeApp::new(client, "test").storage(Storage::Custom(Arc::new(Unreadable)));
    let report = report(&app.log_out().unwrap(), &Output::new(false));
    assert!(report.members["was_logged_in"].is_null());
    assert!(!report.lines.concat().contains("No user"));
}

#[test]
fn a_printed_logout_url_has_no_id_token() {
    let url = "https://example.org/logout?id_token_hint=secret&client_id=native";
    assert_eq!(
        without_id_token(&url.parse().unwrap()),
        "https://example.org/logout?client_id=native"
    );
}

/// A store with a damaged record.
struct Unreadable;

impl BlockingStore for Unreadable {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        Err(StoreError::new(keyring::Error::Damaged))
    }

    fn save(&self, _: &StoredSession, _: Expected) -> Result<(), StoreError> {
        panic!("a logout saves nothing")
    }

    fn clear(&self, _: Expected) -> Result<(), StoreError> {
        Ok(())
    }

    fn lock(&self, _: Duration, _: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(Some(StoreLock::new(())))
    }

    fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl PendingLoginStore for Unreadable {
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError> {
        Ok(None)
    }

    fn save_login(&self, _: &AwaitingCallback) -> Result<(), StoreError> {
        Ok(())
    }

    fn clear_login(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn lock_login(&self, _: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(Some(StoreLock::new(())))
    }
}
