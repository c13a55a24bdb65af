//! The Linux kernel keyring, if this process has access to it.

use workos_login_keyring::{Error, Keyring, KeyringStore};
use workos_login_session::{BlockingStore, Expected};

use crate::support::*;

#[test]
fn the_kernel_keyring_returns_records_in_one_entry_and_in_several() {
    let server = server();
    let directory = tempfile::tempdir().unwrap();
    let account = format!("kernel-{}", std::process::id());
    for max_entry_bytes in [700, 10_000] {
        let store = match KeyringStore::open_kernel("workos-login test", &client(&server), &account)
        {
            Ok(store) => store
                .max_entry_bytes(max_entry_bytes)
                .lock_directory(directory.path()),
            // As in many containers.
            Err(error) => return assert!(matches!(error, Error::NoKeyring(_)), "{error:?}"),
        };
        assert_eq!(store.keyring(), Keyring::KernelKeyring);
        store.check().unwrap();
        let record = record(&server, 1_000);
        store.save(&record, Expected::Nothing).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
        store.clear(Expected::Anything).unwrap();
        assert!(store.load().unwrap().is_none());
    }
}
