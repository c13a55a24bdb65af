//! Records in a keyring, whole or in parts.

use std::sync::Arc;
use std::time::Duration;

use workos_login::limits::MAX_STORED_BYTES;
use workos_login::secrecy::ExposeSecret;
use workos_login::session::{Machine, SessionPolicy};
use workos_login::{BlockingHttpClient, ExchangeLimits};
use workos_login_keyring::{Error, KeyringStore, Place};
use workos_login_session::{BlockingSessionManager, Store};

use crate::support::*;

#[test]
fn a_record_comes_back_as_it_was_whatever_an_entry_can_hold() {
    let server = server();
    for more in [0, 5_000, 100_000] {
        let record = record(&server, more);
        for entry_bytes in [100, 511, 2048, 1 << 20] {
            let memory = Arc::new(Memory::default());
            let (store, _folder) = store(&memory, entry_bytes);
            assert!(store.load().unwrap().is_none());
            store.save(&record).unwrap();
            assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
            assert!(memory.longest() <= entry_bytes);
            let parts = text(&record).len().div_ceil(entry_bytes);
            let expected = if parts == 1 { 1 } else { parts + 1 };
            assert_eq!(memory.names().len(), expected);
        }
    }
}

#[test]
fn a_new_record_leaves_nothing_of_the_old_one() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, 700);
    for more in [5_000, 100, 20_000, 0, 9_000, 9_000, 1] {
        let record = record(&server, more);
        store.save(&record).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
        let parts = text(&record).len().div_ceil(700);
        assert_eq!(memory.names().len(), parts + 1);
    }
    store.clear().unwrap();
    assert!(store.load().unwrap().is_none());
    assert_eq!(memory.names(), [""; 0]);
    store.clear().unwrap();
}

#[test]
fn a_record_has_a_limit_and_beyond_it_the_old_one_stays() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, 2048);
    let short = record(&server, 0);
    let of_length = |length: usize| lengthened(&short, length - text(&short).len());

    for length in [MAX_STORED_BYTES - 1, MAX_STORED_BYTES] {
        let long = of_length(length);
        store.save(&long).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&long));
    }
    let old = of_length(MAX_STORED_BYTES);
    let refused = store.save(&of_length(MAX_STORED_BYTES + 1)).unwrap_err();
    assert!(matches!(refused, Error::TooLong), "{refused}");
    assert_eq!(text(&store.load().unwrap().unwrap()), text(&old));
}

#[test]
fn what_is_not_a_record_is_damaged_until_a_new_one_is_saved() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, 700);
    for head in [
        "",
        "null-and-void",
        "{\"version\":2,\"session\":\"SECRET\"}",
        "parts a 3 SECRET",
        "parts",
        "parts a 99999999999999999999 x",
    ] {
        memory.put("client_1/somebody", head.as_bytes());
        let error = store.load().unwrap_err();
        assert!(matches!(error, Error::Damaged), "{head}: {error:?}");
        assert!(!format!("{error}{error:?}").contains("SECRET"));
        let record = record(&server, 0);
        store.save(&record).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
    }
}

#[test]
fn accounts_do_not_meet() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (first, folder) = store(&memory, 700);
    let second = KeyringStore::with(Arc::clone(&memory) as _, "a-program", "client_1/another")
        .lock_folder(folder.path());
    let record = record(&server, 0);
    first.save(&record).unwrap();
    assert!(second.load().unwrap().is_none());
    second.save(&record).unwrap();
    first.clear().unwrap();
    assert!(second.load().unwrap().is_some());
}

#[test]
fn no_account_overwrites_an_entry_of_another_one() {
    let server = server();
    let record = record(&server, 2_000);
    let memory = Arc::new(Memory::default());
    let (_, folder) = store(&memory, 700);
    let open = |account| {
        KeyringStore::with(Arc::clone(&memory) as _, "a-program", account)
            .entry_bytes(700)
            .lock_folder(folder.path())
    };
    let accounts = [
        "work",
        "work#",
        "work##",
        "work#a0",
        "work#b0",
        "work#check",
        "work%23check",
        "work#a0#a0",
    ];
    for account in accounts {
        open(account).save(&record).unwrap();
    }
    for account in accounts {
        let store = open(account);
        store.check().unwrap();
        store.save(&record).unwrap();
        store.clear().unwrap();
        for other in accounts.into_iter().filter(|other| *other != account) {
            let found = open(other).load().unwrap();
            assert!(found.is_some(), "{account} removed {other}");
        }
        store.save(&record).unwrap();
    }
}

#[test]
fn a_keyring_that_cannot_be_written_is_found_out_before_anything_is_sent() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, 700);
    let record = record(&server, 0);
    store.save(&record).unwrap();
    let names = memory.names();
    store.check().unwrap();
    assert_eq!(memory.names(), names);

    memory.stop_after(Some(0));
    let sent = server.request_count();
    let machine = Machine::new(&client(&server), SessionPolicy::default());
    let keeper = BlockingSessionManager::new(machine, store, |exchange, limit| {
        workos_login_ureq::agent().send_within(exchange, ExchangeLimits::default().timeout(limit))
    });
    let error = keeper.check().unwrap_err();
    assert!(matches!(error.store_error(), Some(Error::Locked(_))));
    let token = keeper.token().unwrap();
    let error = keeper.refused(&token).unwrap_err();
    let cause = error.store_error::<Error>().unwrap();
    assert_eq!(
        cause.to_string(),
        "the keyring is locked: unlock it and try again"
    );
    assert_eq!(server.request_count(), sent);

    memory.stop_after(None);
    assert_eq!(
        text(&keeper.store().load().unwrap().unwrap()),
        text(&record)
    );
    keeper.refused(&token).unwrap();
}

#[test]
fn neither_the_store_nor_its_lock_shows_a_secret() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, 700);
    let record = record(&server, 0);
    store.save(&record).unwrap();
    let guard = store.lock(Duration::ZERO).unwrap();
    let shown = format!("{store:?}{guard:?}");
    let token = record.session().access_token().expose_secret();
    assert!(!shown.contains(token));
    assert_eq!(store.place(), Place::Custom);
}
