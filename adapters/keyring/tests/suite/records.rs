//! Records in a keyring, in one entry or in several.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use workos_login::Client;
use workos_login::limits::MAX_STORED_BYTES;
use workos_login::secrecy::ExposeSecret;
use workos_login_keyring::{Error, Keyring};
use workos_login_session::{
    BlockingSessionManager, BlockingStore, Expected, Machine, SessionError, SessionPolicy,
};

use crate::support::*;

#[test]
fn a_record_is_loaded_as_it_was_saved_for_any_size_of_an_entry() {
    let server = server();
    for more in [0, 5_000, 100_000] {
        let record = record(&server, more);
        for max_entry_bytes in [100, 511, 2048, 1 << 20] {
            let memory = Arc::new(Memory::default());
            let (store, _directory) = store(&memory, max_entry_bytes);
            assert!(store.load().unwrap().is_none());
            save(&store, &record).unwrap();
            assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
            assert!(memory.longest() <= max_entry_bytes);
            let parts = text(&record).len().div_ceil(max_entry_bytes);
            let expected = if parts == 1 { 1 } else { parts + 1 };
            assert_eq!(memory.names().len(), expected);
        }
    }
}

#[test]
fn a_save_removes_all_entries_of_the_old_record() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, 700);
    for more in [5_000, 100, 20_000, 0, 9_000, 9_000, 1] {
        let record = record(&server, more);
        save(&store, &record).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
        let parts = text(&record).len().div_ceil(700);
        assert_eq!(memory.names().len(), parts + 1);
    }
    store.clear(Expected::Anything).unwrap();
    assert!(store.load().unwrap().is_none());
    assert_eq!(memory.names(), [""; 0]);
    store.clear(Expected::Anything).unwrap();
}

#[test]
fn a_record_beyond_the_maximum_is_rejected_and_the_old_one_stays() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, 2048);
    let short = record(&server, 0);
    let of_length = |length: usize| lengthened(&short, length - text(&short).len());

    for length in [MAX_STORED_BYTES - 1, MAX_STORED_BYTES] {
        let long = of_length(length);
        save(&store, &long).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&long));
    }
    let old = of_length(MAX_STORED_BYTES);
    let rejected = save(&store, &of_length(MAX_STORED_BYTES + 1)).unwrap_err();
    assert!(matches!(keyring_error(&rejected), Error::TooLong));
    assert_eq!(text(&store.load().unwrap().unwrap()), text(&old));
}

#[test]
fn anything_but_a_record_is_damaged_until_a_record_is_saved() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, 700);
    let record = record(&server, 0);
    save(&store, &record).unwrap();
    let head = memory.names()[0].clone();
    for damaged in [
        "",
        "null-and-void",
        "{\"version\":2,\"session\":\"SECRET\"}",
        "parts a 3 SECRET",
        "parts",
        "parts a 99999999999999999999 x",
    ] {
        memory.put(&head, damaged.as_bytes());
        let error = store.load().unwrap_err();
        assert!(
            matches!(keyring_error(&error), Error::Damaged),
            "{damaged}: {error:?}"
        );
        assert!(!format!("{error}{error:?}").contains("SECRET"));
        let generation = Expected::Generation(record.generation());
        assert!(store.save(&record, generation).unwrap_err().is_conflict());
        save(&store, &record).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
    }
}

#[test]
fn no_account_changes_an_entry_of_another_one() {
    let server = server();
    let record = record(&server, 2_000);
    let memory = Arc::new(Memory::default());
    let (_, directory) = store(&memory, 700);
    let open = |name| account(&memory, name, &directory).max_entry_bytes(700);
    let accounts = [
        "work",
        "home",
        "work#",
        "work##",
        "work#a0",
        "work#b0",
        "work#check",
        "work%23check",
        "work#a0#a0",
    ];
    for account in accounts {
        save(&open(account), &record).unwrap();
    }
    for account in accounts {
        let store = open(account);
        store.check().unwrap();
        save(&store, &record).unwrap();
        store.clear(Expected::Anything).unwrap();
        assert!(store.load().unwrap().is_none());
        for other in accounts.into_iter().filter(|other| *other != account) {
            let found = open(other).load().unwrap();
            assert!(found.is_some(), "{account} removed {other}");
        }
        save(&store, &record).unwrap();
    }
}

#[test]
fn one_client_id_has_a_record_at_each_issuer() {
    let server = server();
    let [first, second] = [0, 1].map(|more| record(&server, more));
    let memory = Arc::new(Memory::default());
    let (_, directory) = store(&memory, 700);
    let open = |client_id: &str, base_url: &str, name| {
        let client = Client::public(client_id.parse().unwrap())
            .base_url(base_url.parse().unwrap())
            .unwrap();
        account_of(&client, &memory, name, &directory)
    };
    let store = open("client_1", "https://auth.example.com", "work");
    let others = [
        open("client_1", "https://auth.example.org", "work"),
        open("client_1/work", "https://auth.example.com", ""),
        open("client_1", "https://auth.example.com", "work/"),
        open("client_2", "https://auth.example.com", "work"),
    ];
    save(&store, &first).unwrap();
    for other in &others {
        assert!(other.load().unwrap().is_none(), "{other:?}");
        save(other, &second).unwrap();
    }
    assert_eq!(text(&store.load().unwrap().unwrap()), text(&first));
}

#[test]
fn a_record_without_the_issuer_in_its_name_is_not_loaded() {
    let server = server();
    let record = record(&server, 0);
    let memory = Arc::new(Memory::default());
    memory.put("client_1/work", text(&record).as_bytes());
    let (store, _directory) = store(&memory, 700);
    assert!(store.load().unwrap().is_none());
}

#[test]
fn no_request_is_sent_while_the_keyring_is_locked() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, directory) = store(&memory, 700);
    let record = record(&server, 0);
    save(&store, &record).unwrap();
    let names = memory.names();
    store.check().unwrap();
    assert_eq!(memory.names(), names);

    memory.stop_after(Some(0));
    let sent = server.request_count();
    let machine = Machine::new(client(&server), SessionPolicy::default());
    let manager = BlockingSessionManager::new(machine, store, workos_login_ureq::agent());
    for error in [
        manager.check().unwrap_err(),
        manager.refresh_now().unwrap_err(),
    ] {
        let SessionError::Store(error) = error else {
            panic!("{error:?}")
        };
        assert!(matches!(keyring_error(&error), Error::Locked(_)));
        assert_eq!(
            error.to_string(),
            "the keyring is locked; unlock it and try again"
        );
        assert!(error.source().is_none());
    }
    assert_eq!(server.request_count(), sent);

    memory.stop_after(None);
    let store = store_in(&memory, 700, &directory);
    assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
    manager.refresh_now().unwrap();
}

#[test]
fn debug_shows_no_secret() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, 700);
    let record = record(&server, 0);
    save(&store, &record).unwrap();
    let lock = store.lock(Duration::ZERO, Duration::ZERO).unwrap();
    let shown = format!("{store:?}{lock:?}");
    let token = record.session().access_token().expose_secret();
    assert!(!shown.contains(token));
    assert_eq!(store.keyring(), Keyring::Custom);
}
