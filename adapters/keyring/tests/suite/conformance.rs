//! The conformance suite of stores, over a keyring in memory and over one in files that processes share.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use workos_login::Client;
use workos_login_keyring::KeyringStore;
use workos_login_session::conformance::Suite;

use crate::files::Files;
use crate::support::*;

#[test]
fn the_store_conforms_with_records_in_one_entry_and_in_several() {
    for max_entry_bytes in [300, 700, 1 << 20] {
        let memory = Arc::new(Memory::default());
        let directory = tempfile::tempdir().unwrap();
        Suite::new(|name| account(&memory, name, &directory).max_entry_bytes(max_entry_bytes))
            .unreadable(|name| {
                let names = memory.names();
                let is_head = |entry: &&String| entry.contains(name) && !entry.contains('#');
                memory.put(names.iter().find(is_head).unwrap(), b"{");
            })
            .assert_conforms();
    }
}

#[test]
fn the_store_conforms_between_processes() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keyring");
    let keyring = Arc::new(Files::new(&directory));
    let client = Client::public("client_1".parse().unwrap());
    Suite::new(|name| {
        KeyringStore::with_store(keyring.clone(), "application", &client, name)
            .lock_directory(directory.join("locks"))
            .max_entry_bytes(700)
    })
    .between_processes("conformance::the_store_conforms_between_processes")
    .assert_conforms();
    // The other processes exit before this.
    fs::remove_dir_all(directory).unwrap();
}
