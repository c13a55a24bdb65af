//! Sessions to store, and a keyring in memory that fails on request.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use keyring_core::api::{Credential, CredentialApi, CredentialStoreApi};
use keyring_core::{CredentialStore, Entry, Error};
use tempfile::TempDir;
use workos_login::url::Url;
use workos_login::{
    Authenticated, BlockingHttpClient, Callback, Client, ConnectionSelector, Public, Screen,
};
use workos_login_keyring::{Error as KeyringError, KeyringStore};
use workos_login_mock_server::{Config, Server};
use workos_login_session::{BlockingStore, Expected, StoreError, StoredSession};

pub(crate) fn server() -> Server {
    Server::start(Config::default()).unwrap()
}

pub(crate) fn client(server: &Server) -> Client<Public> {
    Client::public(Config::CLIENT_ID.parse().unwrap())
        .base_url(Url::parse(server.base_url()).unwrap())
        .unwrap()
}

pub(crate) fn session(server: &Server) -> Authenticated {
    let client = client(server);
    let redirect_uri = "http://127.0.0.1:9/callback".parse().unwrap();
    let (url, pending) = client
        .login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri)
        .begin(SystemTime::now(), &mut rand::rng());
    let callback = server.log_in(url.as_str(), "alice@example.com").unwrap();
    let callback = Callback::parse(&callback).unwrap();
    let exchanging = pending
        .accept(&client, callback, SystemTime::now())
        .unwrap();
    workos_login_ureq::agent()
        .send(exchanging)
        .unwrap()
        .authenticated()
        .unwrap()
}

/// A record whose access token is longer by this many bytes.
pub(crate) fn record(server: &Server, more: usize) -> StoredSession {
    lengthened(&StoredSession::new(session(server)), more)
}

pub(crate) fn lengthened(record: &StoredSession, more: usize) -> StoredSession {
    let mut stored = serde_json::to_value(record).unwrap();
    let token = stored["session"]["access_token"].as_str().unwrap();
    stored["session"]["access_token"] = format!("{token}{}", "x".repeat(more)).into();
    serde_json::from_value(stored).unwrap()
}

/// Saves a record, whatever is stored.
pub(crate) fn save(store: &KeyringStore, record: &StoredSession) -> Result<(), StoreError> {
    store.save(record, Expected::Anything)
}

/// Returns the error of the keyring.
#[track_caller]
pub(crate) fn keyring_error(error: &StoreError) -> &KeyringError {
    error.downcast_ref().expect("an error of the keyring")
}

pub(crate) fn text(record: &StoredSession) -> String {
    serde_json::to_string(record).unwrap()
}

/// A store over this keyring, and a directory for its lock files.
pub(crate) fn store(memory: &Arc<Memory>, max_entry_bytes: usize) -> (KeyringStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (store_in(memory, max_entry_bytes, &directory), directory)
}

pub(crate) fn store_in(
    memory: &Arc<Memory>,
    max_entry_bytes: usize,
    directory: &TempDir,
) -> KeyringStore {
    account(memory, "work", directory).max_entry_bytes(max_entry_bytes)
}

/// The store of an account.
pub(crate) fn account(memory: &Arc<Memory>, account: &str, directory: &TempDir) -> KeyringStore {
    let client = Client::public("client_1".parse().unwrap());
    account_of(&client, memory, account, directory)
}

/// The store of an account of a client.
pub(crate) fn account_of(
    client: &Client<Public>,
    memory: &Arc<Memory>,
    account: &str,
    directory: &TempDir,
) -> KeyringStore {
    let memory: Arc<CredentialStore> = Arc::clone(memory) as _;
    KeyringStore::with_store(memory, "application", client, account)
        .lock_directory(directory.path().join("locks"))
}

/// A keyring in memory. It can fail at each write after a number of them.
#[derive(Default)]
pub(crate) struct Memory(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    entries: BTreeMap<String, Vec<u8>>,
    writes_left: Option<usize>,
}

impl Memory {
    /// Makes this many writes succeed and all later ones fail; `None` makes all succeed.
    pub(crate) fn stop_after(&self, writes: Option<usize>) {
        self.0.lock().unwrap().writes_left = writes;
    }

    /// Returns the names of the entries.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0.lock().unwrap().entries.keys().cloned().collect()
    }

    pub(crate) fn longest(&self) -> usize {
        let state = self.0.lock().unwrap();
        state.entries.values().map(Vec::len).max().unwrap_or(0)
    }

    pub(crate) fn put(&self, name: &str, value: &[u8]) {
        let mut state = self.0.lock().unwrap();
        state.entries.insert(name.to_owned(), value.to_vec());
    }
}

impl State {
    fn write(&mut self) -> keyring_core::Result<()> {
        match &mut self.writes_left {
            Some(0) => Err(Error::NoStorageAccess("result not returned".into())),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

impl CredentialStoreApi for Memory {
    fn vendor(&self) -> String {
        "memory".to_owned()
    }

    fn id(&self) -> String {
        "one".to_owned()
    }

    fn build(
        &self,
        service: &str,
        user: &str,
        _: Option<&HashMap<&str, &str>>,
    ) -> keyring_core::Result<Entry> {
        assert_eq!(service, "application");
        Ok(Entry::new_with_credential(Arc::new(Slot {
            state: Arc::clone(&self.0),
            name: user.to_owned(),
        })))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

struct Slot {
    state: Arc<Mutex<State>>,
    name: String,
}

impl CredentialApi for Slot {
    fn set_secret(&self, secret: &[u8]) -> keyring_core::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.write()?;
        state.entries.insert(self.name.clone(), secret.to_vec());
        Ok(())
    }

    fn get_secret(&self) -> keyring_core::Result<Vec<u8>> {
        let state = self.state.lock().unwrap();
        state.entries.get(&self.name).cloned().ok_or(Error::NoEntry)
    }

    fn delete_credential(&self) -> keyring_core::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.write()?;
        state
            .entries
            .remove(&self.name)
            .map(drop)
            .ok_or(Error::NoEntry)
    }

    fn get_credential(&self) -> keyring_core::Result<Option<Arc<Credential>>> {
        Ok(None)
    }

    fn get_specifiers(&self) -> Option<(String, String)> {
        None
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn debug_fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
