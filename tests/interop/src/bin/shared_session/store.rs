//! The store itself, with records that the program does not produce.

use serde_json::Value;
use workos_login::{Authenticated, Client};
use workos_login_keyring::{Error, Keyring, KeyringStore};
use workos_login_session::{BlockingStore, Expected, StoreError, StoredSession};

use crate::secret_service::{self, SecretService};
use crate::{Checked, ensure};

/// Checks that records of any size are loaded as they were saved, and that a locked keyring differs from an empty one.
pub(crate) fn check(service: &mut SecretService) -> Checked {
    let client = Client::public("client_1".parse()?);
    let open = || KeyringStore::open("workos-login", &client, "store");
    let store = open()?;
    ensure(
        store.keyring() == Keyring::SecretService,
        format!("the store uses {}", store.keyring()),
    )?;
    store.check()?;
    ensure(
        store.load()?.is_none(),
        "the store is not empty before the first save",
    )?;

    let mut records = 0;
    for max_entry_bytes in [700, 64 * 1024] {
        let store = open()?.max_entry_bytes(max_entry_bytes);
        for length in [10, 20_000, 200_000, 1_000] {
            let record = record(length)?;
            store.save(&record, Expected::Anything)?;
            ensure(
                text(store.load()?.as_ref())? == text(Some(&record))?,
                format!(
                    "a token of {length} bytes in entries of {max_entry_bytes} bytes was changed"
                ),
            )?;
            records += 1;
        }
    }

    secret_service::lock()?;
    for refused in [
        store.load().map(drop),
        store.check(),
        store.clear(Expected::Anything),
    ] {
        ensure(
            refused.as_ref().is_err_and(is_locked),
            format!("the keyring is locked, but the store returned {refused:?}"),
        )?;
    }
    service.unlock()?;
    let store = open()?;
    ensure(
        store.load()?.is_some(),
        "the record was lost while the keyring was locked",
    )?;
    store.clear(Expected::Anything)?;
    ensure(store.load()?.is_none(), "the record was not cleared")?;
    println!(
        "store: {records} records saved and loaded, in one entry and in several; kept while the keyring was locked; cleared"
    );
    Ok(())
}

fn is_locked(error: &StoreError) -> bool {
    matches!(error.downcast_ref(), Some(Error::Locked(_)))
}

/// Returns a record whose access token has this length.
fn record(length: usize) -> Checked<StoredSession> {
    let mut session: Value = serde_json::from_str(SESSION)?;
    session["access_token"] = "x".repeat(length).into();
    let session: Authenticated = serde_json::from_value(session)?;
    Ok(StoredSession::new(session))
}

fn text(record: Option<&StoredSession>) -> Checked<String> {
    Ok(serde_json::to_string(&record)?)
}

/// A stored session.
const SESSION: &str = include_str!("../../../../data/authenticated_v2.json");
