//! The files of the lock.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use workos_login_keyring::Error;
use workos_login_session::BlockingStore;

use crate::support::*;

const LONG: Duration = Duration::from_secs(30);

#[test]
fn the_lock_files_are_empty_and_private() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, directory) = store(&memory, 700);
    let _held = store.lock(Duration::ZERO, LONG).unwrap();
    save(&store, &record(&server, 0)).unwrap();
    let locks = directory.path().join("locks");
    let mut files = 0;
    for file in fs::read_dir(&locks).unwrap() {
        let file = file.unwrap().metadata().unwrap();
        assert_eq!(file.len(), 0);
        files += 1;
        #[cfg(unix)]
        assert_eq!(mode(&file), 0o600);
    }
    assert_eq!(files, 2);
    #[cfg(unix)]
    assert_eq!(mode(&fs::metadata(&locks).unwrap()), 0o700);
}

#[cfg(unix)]
fn mode(file: &fs::Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777
}

#[test]
fn the_error_of_an_unusable_lock_directory_names_it() {
    let memory = Arc::new(Memory::default());
    let (store, directory) = store(&memory, 700);
    let file = directory.path().join("a-file");
    fs::write(&file, "").unwrap();
    let store = store.lock_directory(file.join("locks"));
    let error = store.lock(LONG, LONG).unwrap_err();
    assert!(matches!(keyring_error(&error), Error::LockFile { .. }));
    assert!(error.to_string().contains("a-file"), "{error}");
}
