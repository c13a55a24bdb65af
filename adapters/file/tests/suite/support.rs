//! Sessions to store, and a directory of encrypted files.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use workos_login::{Authenticated, Client};
use workos_login_file::{EncryptedFiles, Error, FileKeys, FileStore};
use workos_login_session::{BlockingStore, Expected, StoreError, StoredSession};

/// Keys of 32 bytes, in base64.
pub(crate) const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
pub(crate) const OTHER_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

pub(crate) const SESSION: &str = include_str!("../../../../tests/data/authenticated_v2.json");

pub(crate) fn keys(text: &str) -> FileKeys {
    FileKeys::from_reader(text.as_bytes()).unwrap()
}

pub(crate) fn client() -> Client {
    Client::public("client_1".parse().unwrap())
}

/// A new directory, which only this user can access.
pub(crate) fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    make_private(directory.path());
    directory
}

#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has a mode"))]
pub(crate) fn make_private(directory: &Path) {
    #[cfg(unix)]
    fs::set_permissions(
        directory,
        std::os::unix::fs::PermissionsExt::from_mode(0o700),
    )
    .unwrap();
}

pub(crate) fn store(directory: &TempDir) -> FileStore {
    store_with(directory, KEY)
}

pub(crate) fn store_with(directory: &TempDir, key: &str) -> FileStore {
    let files = EncryptedFiles::new(directory.path(), keys(key));
    files.store("application", &client(), "work").unwrap()
}

/// A record whose access token has this length.
pub(crate) fn record(length: usize) -> StoredSession {
    let mut session: Value = serde_json::from_str(SESSION).unwrap();
    session["access_token"] = "SECRET".repeat(length / 6 + 1).into();
    let session: Authenticated = serde_json::from_value(session).unwrap();
    StoredSession::new(session)
}

/// Saves a record, whatever is stored.
pub(crate) fn save(store: &FileStore, record: &StoredSession) -> Result<(), StoreError> {
    store.save(record, Expected::Anything)
}

pub(crate) fn text(record: &StoredSession) -> String {
    serde_json::to_string(record).unwrap()
}

#[track_caller]
pub(crate) fn check_holds(store: &FileStore, record: &StoredSession) {
    assert_eq!(text(&store.load().unwrap().unwrap()), text(record));
}

/// Returns the error of the store.
#[track_caller]
pub(crate) fn file_error(error: &StoreError) -> &Error {
    error.downcast_ref().expect("an error of the store")
}

/// Returns the one file without an extension: the others are locks, or left by a process that was killed.
#[track_caller]
pub(crate) fn value_file(directory: &TempDir) -> PathBuf {
    let files = fs::read_dir(directory.path()).unwrap();
    let mut files = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_none());
    let file = files.next().unwrap();
    assert!(files.next().is_none());
    file
}

const VARIABLE: &str = "WORKOS_LOGIN_FILE_CHILD";

/// Returns whether this process is the other one of a test.
pub(crate) fn is_child() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Runs a test in another process, which a shell prepares, and checks that it succeeds.
#[track_caller]
pub(crate) fn run_child(test: &str, preparation: &str, variables: &[(&str, &str)]) {
    let script = format!("{preparation}; exec \"$0\" --exact --nocapture {test}");
    let child = Command::new("bash")
        .args(["-c", &script])
        .arg(env::current_exe().unwrap())
        .env(VARIABLE, "")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success(), "{output}");
    assert!(output.contains("1 passed"), "{output}");
}
