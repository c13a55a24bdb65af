//! The store itself: what the program never keeps, and many processes cannot show.

use serde_json::Value;
use workos_login::session::StoredSession;
use workos_login_keyring::{Error, KeyringStore, Place};
use workos_login_session::Store;

use crate::secret_service::{self, SecretService};
use crate::{Checked, ensure};

/// Records of any size come back as they were, and a locked keyring is not taken for an empty one.
pub(crate) fn check(service: &mut SecretService) -> Checked {
    let open = || KeyringStore::open("workos-login", "client_1/store");
    let store = open()?;
    ensure(
        store.place() == Place::SecretService,
        format!("it is {}", store.place()),
    )?;
    store.check()?;
    ensure(
        store.load()?.is_none(),
        "there is a record before the first",
    )?;

    let mut records = 0;
    for entry_bytes in [700, 64 * 1024] {
        let store = open()?.entry_bytes(entry_bytes);
        for length in [10, 20_000, 200_000, 1_000] {
            let record = record(length)?;
            store.save(&record)?;
            ensure(
                text(store.load()?.as_ref())? == text(Some(&record))?,
                format!("a token of {length} bytes in entries of {entry_bytes} is not what it was"),
            )?;
            records += 1;
        }
    }

    secret_service::lock()?;
    for refused in [store.load().map(drop), store.check(), store.clear()] {
        ensure(
            matches!(refused, Err(Error::Locked(_))),
            format!("the keyring is locked, and the store says {refused:?}"),
        )?;
    }
    service.unlock()?;
    let store = open()?;
    ensure(store.load()?.is_some(), "the locked keyring was emptied")?;
    store.clear()?;
    ensure(store.load()?.is_none(), "the record is still there")?;
    println!(
        "store: {records} records saved and loaded, whole and in parts; kept while the keyring was locked; cleared"
    );
    Ok(())
}

/// A record whose access token has this length.
fn record(length: usize) -> Checked<StoredSession> {
    let mut session: Value = serde_json::from_str(SESSION)?;
    session["access_token"] = "x".repeat(length).into();
    Ok(StoredSession::new(serde_json::from_value(session)?))
}

fn text(record: Option<&StoredSession>) -> Checked<String> {
    Ok(serde_json::to_string(&record)?)
}

/// A session as it is stored.
const SESSION: &str = include_str!("../../../../data/saved_authenticated_v1.json");
