//! The Linux kernel keyring, if this process has access to it.

use workos_login::Client;
use workos_login_keyring::{Error, Keyring, KeyringStore};
use workos_login_session::conformance::Suite;

#[test]
fn the_kernel_keyring_conforms_with_records_in_one_entry_and_in_several() {
    let directory = tempfile::tempdir().unwrap();
    let client = Client::public("client_1".parse().unwrap());
    let open = |name: &str| KeyringStore::open_kernel("workos-login test", &client, name);
    match open("access") {
        Ok(store) => assert_eq!(store.keyring(), Keyring::KernelKeyring),
        // As in many containers.
        Err(error) => return assert!(matches!(error, Error::NoKeyring(_)), "{error:?}"),
    }
    for max_entry_bytes in [700, 10_000] {
        Suite::new(|name| {
            let store = open(name).unwrap().lock_directory(directory.path());
            store.max_entry_bytes(max_entry_bytes)
        })
        .assert_conforms();
    }
}
