//! The keyring of the Linux kernel, where this process may use it.

use workos_login_keyring::{Error, KeyringStore, Place};
use workos_login_session::Store;

use crate::support::*;

#[test]
fn a_record_comes_back_from_the_kernel_as_it_was_whole_or_in_parts() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let account = format!("kernel-{}", std::process::id());
    for entry_bytes in [700, 10_000] {
        let store = match KeyringStore::open_kernel("workos-login test", &account) {
            Ok(store) => store.entry_bytes(entry_bytes).lock_folder(folder.path()),
            // As in many containers.
            Err(error) => return assert!(matches!(error, Error::NoKeyring(_)), "{error:?}"),
        };
        assert_eq!(store.place(), Place::KernelKeyring);
        store.check().unwrap();
        let record = record(&server, 1_000);
        store.save(&record).unwrap();
        assert_eq!(text(&store.load().unwrap().unwrap()), text(&record));
        store.clear().unwrap();
        assert!(store.load().unwrap().is_none());
    }
}
