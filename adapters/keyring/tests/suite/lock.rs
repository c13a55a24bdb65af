//! The lock between processes.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use workos_login_keyring::{Error, KeyringStore};
use workos_login_session::{BlockingStore, Expected, StoreLock};

use crate::support::*;

const LONG: Duration = Duration::from_secs(30);

fn lock(store: &KeyringStore, wait: Duration) -> Option<StoreLock> {
    store.lock(wait, LONG).unwrap()
}

#[test]
fn the_lock_of_an_account_has_one_holder() {
    let memory = Arc::new(Memory::default());
    let (first, directory) = store(&memory, 700);
    let second = store_in(&memory, 700, &directory);
    let other = account(&memory, "other", &directory);
    let held = lock(&first, Duration::ZERO).unwrap();
    assert!(lock(&second, Duration::ZERO).is_none());
    assert!(lock(&second, Duration::from_millis(20)).is_none());
    assert!(lock(&other, Duration::ZERO).is_some());
    drop(held);
    assert!(lock(&second, LONG).is_some());
}

#[test]
fn a_waiting_lock_is_acquired_when_the_holder_releases_it() {
    let memory = Arc::new(Memory::default());
    let (first, directory) = store(&memory, 700);
    let second = store_in(&memory, 700, &directory);
    let held = lock(&first, Duration::ZERO).unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| lock(&second, LONG).is_some());
        drop(held);
        assert!(waiting.join().unwrap());
    });
}

#[test]
fn records_can_be_saved_loaded_and_cleared_while_the_lock_is_held() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, 700);
    let _held = lock(&store, Duration::ZERO).unwrap();
    save(&store, &record(&server, 0)).unwrap();
    assert!(store.load().unwrap().is_some());
    store.clear(Expected::Anything).unwrap();
}

/// The other process of the test below. Without its variable, it does nothing.
#[test]
fn a_process_that_holds_the_lock() {
    let Some(directory) = env::var_os("LOCK_DIRECTORY") else {
        return;
    };
    let memory = Arc::new(Memory::default());
    let (store, _directory) = store(&memory, 700);
    let _held = lock(&store.lock_directory(directory), LONG).unwrap();
    println!("\nheld");
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn k10_the_lock_of_a_killed_process_is_released() {
    let memory = Arc::new(Memory::default());
    let (store, directory) = store(&memory, 700);
    let mut child = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "lock::a_process_that_holds_the_lock",
            "--nocapture",
        ])
        .env("LOCK_DIRECTORY", directory.path().join("locks"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    assert!(output.lines().any(|line| line.unwrap() == "held"));
    assert!(lock(&store, Duration::ZERO).is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lock(&store, LONG).is_some());
}

#[test]
fn the_lock_files_are_empty_and_private() {
    let server = server();
    let memory = Arc::new(Memory::default());
    let (store, directory) = store(&memory, 700);
    let _held = lock(&store, Duration::ZERO);
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
