//! The modes of the directory and of the files.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use workos_login_file::{EncryptedFiles, Error};
use workos_login_session::{BlockingStore, Expected, PendingLoginStore, StoreError};

use crate::support::*;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[track_caller]
fn check_refused(error: &StoreError, path: &Path, mode: u32) {
    assert!(
        matches!(file_error(error), Error::Accessible { .. }),
        "{error}"
    );
    let remedy = format!("run: chmod {mode:o} {}", path.display());
    assert!(error.to_string().ends_with(&remedy), "{error}");
}

#[test]
fn a_directory_that_others_can_access_is_refused() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    let path = directory.path();
    for mode in [0o755, 0o750, 0o701, 0o710, 0o702, 0o770] {
        set_mode(path, mode);
        let opened = EncryptedFiles::new(path, keys(KEY)).store("application", &client(), "work");
        for refused in [
            opened.map(drop).map_err(StoreError::from),
            store.load().map(drop),
            store.check(),
            save(&store, &record(20)),
            store.clear(Expected::Anything),
            store.lock(NO_WAIT, NO_WAIT).map(drop),
            store.load_login().map(drop),
            store.lock_login(NO_WAIT).map(drop),
        ] {
            check_refused(&refused.unwrap_err(), path, 0o700);
        }
    }
    set_mode(path, 0o700);
    check_holds(&store, &record(10));
}

const NO_WAIT: std::time::Duration = std::time::Duration::ZERO;

#[test]
fn a_file_that_others_can_access_is_refused() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    let file = value_file(&directory);
    for mode in [0o644, 0o640, 0o604, 0o620, 0o602] {
        set_mode(&file, mode);
        check_refused(&store.load().unwrap_err(), &file, 0o600);
        let saved = store.save(&record(20), Expected::Generation(record(10).generation()));
        check_refused(&saved.unwrap_err(), &file, 0o600);
    }
    set_mode(&file, 0o600);
    check_holds(&store, &record(10));
}

#[test]
fn the_files_are_private_whatever_was_there_before() {
    let directory = directory();
    let store = store(&directory);
    save(&store, &record(10)).unwrap();
    // A process was killed, or someone made the file before.
    let new = value_file(&directory).with_extension("new");
    fs::write(&new, "part of a record").unwrap();
    set_mode(&new, 0o666);
    check_holds(&store, &record(10));
    save(&store, &record(20)).unwrap();
    check_holds(&store, &record(20));
    let _lock = store.lock(NO_WAIT, NO_WAIT).unwrap().unwrap();
    for file in fs::read_dir(directory.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_missing_directory_is_reported_and_not_made() {
    let directory = directory();
    let missing = directory.path().join("missing");
    let files = EncryptedFiles::new(&missing, keys(KEY));
    let error = files.store("application", &client(), "work").unwrap_err();
    assert!(matches!(error, Error::NoDirectory(_)));
    let remedy = format!("run: mkdir -m 700 {}", missing.display());
    assert!(error.to_string().ends_with(&remedy), "{error}");

    // It can disappear later.
    fs::create_dir(&missing).unwrap();
    set_mode(&missing, 0o700);
    let store = files.store("application", &client(), "work").unwrap();
    fs::remove_dir(&missing).unwrap();
    for failed in [
        store.load().map(drop),
        store.check(),
        store.lock(NO_WAIT, NO_WAIT).map(drop),
        save(&store, &record(10)),
    ] {
        let error = failed.unwrap_err();
        assert!(matches!(file_error(&error), Error::NoDirectory(_)));
    }
    assert!(!missing.exists());
}

#[test]
fn a_file_is_not_a_directory() {
    let directory = directory();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let files = EncryptedFiles::new(&file, keys(KEY));
    let error = files.store("application", &client(), "work").unwrap_err();
    assert!(matches!(error, Error::Failed { path, .. } if path == file));
}
