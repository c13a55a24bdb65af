//! The store itself, with records that the program does not produce.

use serde_json::Value;
use workos_login::session::StoredSession;
use workos_login_keyring::{Error, KeyringStore, Place};
use workos_login_session::Store;

use crate::secret_service::{self, SecretService};
use crate::{Checked, ensure};

/// Checks that records of any size are loaded as they were saved, and that a locked keyring differs from an empty one.
pub(crate) fn check(service: &mut SecretService) -> Checked {
    let open = || KeyringStore::open("workos-login", "client_1/store");
    let store = open()?;
    ensure(
        store.place() == Place::SecretService,
        format!("the store uses {}", store.place()),
    )?;
    store.check()?;
    ensure(
        store.load()?.is_none(),
        "the store is not empty before the first save",
    )?;

    let mut records = 0;
    for entry_bytes in [700, 64 * 1024] {
        let store = open()?.entry_bytes(entry_bytes);
        for length in [10, 20_000, 200_000, 1_000] {
            let record = record(length)?;
            store.save(&record)?;
            ensure(
                text(store.load()?.as_ref())? == text(Some(&record))?,
                format!("a token of {length} bytes in entries of {entry_bytes} bytes was changed"),
            )?;
            records += 1;
        }
    }

    secret_service::lock()?;
    for refused in [store.load().map(drop), store.check(), store.clear()] {
        ensure(
            matches!(refused, Err(Error::Locked(_))),
            format!("the keyring is locked, but the store returned {refused:?}"),
        )?;
    }
    service.unlock()?;
    let store = open()?;
    ensure(
        store.load()?.is_some(),
        "the record was lost while the keyring was locked",
    )?;
    store.clear()?;
    ensure(store.load()?.is_none(), "the record was not cleared")?;
    println!(
        "store: {records} records saved and loaded, in one entry and in several; kept while the keyring was locked; cleared"
    );
    Ok(())
}

/// Returns a record whose access token has this length.
fn record(length: usize) -> Checked<StoredSession> {
    let mut session: Value = serde_json::from_str(SESSION)?;
    session["access_token"] = "x".repeat(length).into();
    Ok(StoredSession::new(serde_json::from_value(session)?))
}

fn text(record: Option<&StoredSession>) -> Checked<String> {
    Ok(serde_json::to_string(&record)?)
}

/// A stored session.
const SESSION: &str = include_str!("../../../../data/authenticated_v2.json");
