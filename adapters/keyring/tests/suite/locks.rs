//! The lock between processes.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use workos_login_keyring::{Error, KeyringStore};
use workos_login_session::Store;

use crate::support::*;

const LONG: Duration = Duration::from_secs(30);

#[test]
fn one_guard_at_a_time_holds_the_lock_of_an_account() {
    let memory = Arc::new(Memory::default());
    let (first, folder) = store(&memory, 700);
    let second = store_in(&memory, 700, &folder);
    let other = KeyringStore::with(Arc::clone(&memory) as _, "a-program", "client_1/another")
        .lock_folder(folder.path().join("locks"));
    let guard = first.lock(Duration::ZERO).unwrap().unwrap();
    assert!(second.lock(Duration::ZERO).unwrap().is_none());
    assert!(second.lock(Duration::from_millis(20)).unwrap().is_none());
    assert!(other.lock(Duration::ZERO).unwrap().is_some());
    drop(guard);
    assert!(second.lock(LONG).unwrap().is_some());
}

#[test]
fn a_lock_is_taken_as_soon_as_it_is_given_back() {
    let memory = Arc::new(Memory::default());
    let (first, folder) = store(&memory, 700);
    let second = store_in(&memory, 700, &folder);
    let guard = first.lock(Duration::ZERO).unwrap().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| second.lock(LONG).unwrap().is_some());
        drop(guard);
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn the_lock_does_not_hinder_saving_and_loading() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _folder) = store(&memory, 700);
    let _guard = store.lock(Duration::ZERO).unwrap().unwrap();
    store.save(&record(&server, 0)).unwrap();
    assert!(store.load().unwrap().is_some());
    store.clear().unwrap();
}

/// Run by the test below in a process of its own; without its variable it does nothing.
#[test]
fn a_process_that_holds_the_lock() {
    let Some(folder) = env::var_os("LOCK_FOLDER") else {
        return;
    };
    let memory = Arc::new(Memory::default());
    let store =
        KeyringStore::with(memory as _, "a-program", "client_1/somebody").lock_folder(folder);
    let _guard = store.lock(LONG).unwrap().unwrap();
    println!("\nheld");
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn k10_a_process_that_is_killed_gives_the_lock_back() {
    let memory = Arc::new(Memory::default());
    let (store, folder) = store(&memory, 700);
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "locks::a_process_that_holds_the_lock",
            "--nocapture",
        ])
        .env("LOCK_FOLDER", folder.path().join("locks"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap() == "held"));
    assert!(store.lock(Duration::ZERO).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(store.lock(LONG).unwrap().is_some());
}

#[test]
fn the_lock_files_are_empty_and_the_users_own() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, folder) = store(&memory, 700);
    let _guard = store.lock(Duration::ZERO).unwrap();
    store.save(&record(&server, 0)).unwrap();
    let locks = folder.path().join("locks");
    let mut files = 0;
    for file in fs::read_dir(&locks).unwrap() {
        let file = file.unwrap().metadata().unwrap();
        assert_eq!(file.len(), 0);
        files += 1;
        #[cfg(unix)]
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o777,
            0o600
        );
    }
    assert_eq!(files, 2);
    #[cfg(unix)]
    {
        let folder = fs::metadata(&locks).unwrap().permissions();
        assert_eq!(
            std::os::unix::fs::PermissionsExt::mode(&folder) & 0o777,
            0o700
        );
    }
}

#[test]
fn without_a_place_for_the_lock_the_error_names_it() {
    let memory = Arc::new(Memory::default());
    let (store, folder) = store(&memory, 700);
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let store = store.lock_folder(file.join("locks"));
    let error = store.lock(LONG).unwrap_err();
    assert!(matches!(error, Error::LockFile { .. }));
    assert!(error.to_string().contains("a-file"), "{error}");
}
