//! A store in a keyring.
//!
//! The session manager loads, saves and clears under a lock that lasts for a whole refresh. A second lock excludes other writers for
//! the few milliseconds of a write, because a logout does not wait for the first one for longer than a lease, and because a
//! record can consist of several entries. Under it, the stored record is compared with the expected one.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyring_core::CredentialStore;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use workos_login::{AwaitingCallback, Client, ClientKind};
use workos_login_session::{
    BlockingStore, Expected, FileLock, PendingLoginStore, StoreError, StoreLock, StoredSession,
};
use zeroize::Zeroizing;

use crate::entries::{Entries, Found};
use crate::error::Error;
use crate::keyring::{self, Keyring};
use crate::lock_directory;

/// The time that a write waits for another one, which takes milliseconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The capacity for a serialized record. Most records fit.
const RECORD_CAPACITY: usize = 16 * 1024;

/// Stores one session and one pending login in a keyring, for each application, client, issuer and account.
///
/// The application is a name that the keyring's own program shows. The account distinguishes the sessions of one client, if a user can
/// have several.
#[derive(Debug)]
pub struct KeyringStore {
    entries: Entries,
    /// The pending login.
    login: Entries,
    keyring: Keyring,
    lock_directory: Option<PathBuf>,
}

impl KeyringStore {
    /// Opens the keyring of the operating system: the Keychain on macOS and iOS, the Credential Manager on Windows, a Secret Service
    /// elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::NoKeyring`] if there is none.
    pub fn open<K: ClientKind>(
        application: &str,
        client: &Client<K>,
        account: &str,
    ) -> Result<Self, Error> {
        let (store, keyring) = keyring::system()?;
        Ok(Self::new(store, keyring, application, client, account))
    }

    /// Opens the Linux kernel keyring. It needs no daemon, and is cleared by a restart or after some days without use.
    ///
    /// # Errors
    ///
    /// [`Error::NoKeyring`] if there is none, or if this process has no access to it, as in many containers.
    pub fn open_kernel<K: ClientKind>(
        application: &str,
        client: &Client<K>,
        account: &str,
    ) -> Result<Self, Error> {
        let (store, keyring) = keyring::kernel()?;
        let opened = Self::new(store, keyring, application, client, account);
        match opened.entries.read() {
            Err(Error::Failed(error)) => Err(Error::NoKeyring(Some(error))),
            _ => Ok(opened),
        }
    }

    /// Uses a store of `keyring-core`.
    #[must_use]
    pub fn with_store<K: ClientKind>(
        store: Arc<CredentialStore>,
        application: &str,
        client: &Client<K>,
        account: &str,
    ) -> Self {
        Self::new(store, Keyring::Custom, application, client, account)
    }

    fn new<K: ClientKind>(
        store: Arc<CredentialStore>,
        keyring: Keyring,
        application: &str,
        client: &Client<K>,
        account: &str,
    ) -> Self {
        let account = entry_name(client, account);
        let login = format!("{account}/login");
        let entries = |store, account: String| Entries {
            store,
            service: application.into(),
            account: account.into(),
            max_entry_bytes: keyring.max_entry_bytes(),
        };
        Self {
            login: entries(Arc::clone(&store), login),
            entries: entries(store, account),
            keyring,
            lock_directory: lock_directory::default(),
        }
    }

    /// Sets the maximum size of one entry; a longer record is split. The default is that of the keyring.
    #[must_use]
    pub fn max_entry_bytes(mut self, bytes: usize) -> Self {
        self.entries.max_entry_bytes = bytes.max(1);
        self.login.max_entry_bytes = bytes.max(1);
        self
    }

    /// Sets the directory of the lock files, which are empty. The default is `workos-login` in the user's state directory.
    ///
    /// All processes that share the session have to use the same directory.
    #[must_use]
    pub fn lock_directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.lock_directory = Some(directory.into());
        self
    }

    /// Returns which keyring it is.
    #[must_use]
    pub fn keyring(&self) -> Keyring {
        self.keyring
    }

    /// Returns the path of a lock file. Its name is a digest, because an account can contain any character.
    fn lock_path(&self, extension: &str) -> Result<PathBuf, Error> {
        let directory = self
            .lock_directory
            .as_ref()
            .ok_or_else(|| Error::LockFile {
                path: PathBuf::new(),
                source: io::ErrorKind::NotFound.into(),
            })?;
        let mut digest = Sha256::new();
        digest.update(&*self.entries.service);
        digest.update([0]);
        digest.update(&*self.entries.account);
        let name = URL_SAFE_NO_PAD.encode(&digest.finalize()[..15]);
        Ok(directory.join(format!("{name}.{extension}")))
    }

    fn acquire(&self, extension: &str, wait: Duration) -> Result<Option<FileLock>, Error> {
        let path = self.lock_path(extension)?;
        FileLock::acquire(&path, wait).map_err(|source| Error::LockFile { path, source })
    }

    /// Excludes other writers.
    fn exclusively<T>(
        &self,
        write: impl FnOnce(&Entries) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _lock = self.acquire("write", WRITE_TIMEOUT)?.ok_or(Error::Busy)?;
        write(&self.entries)
    }
}

/// Returns the name of the head entry: the client ID, the account, and a hash of the issuer, which can be a long URL.
fn entry_name<K: ClientKind>(client: &Client<K>, account: &str) -> String {
    let issuer = URL_SAFE_NO_PAD.encode(&Sha256::digest(client.issuer())[..12]);
    let [client_id, account] = [client.id().as_str(), account].map(escape);
    format!("{client_id}/{account}/{issuer}")
}

/// Escapes the separators of entry names, so that different accounts have no entry in common.
fn escape(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('/', "%2F").replace('#', "%23")
}

fn parse<T: DeserializeOwned>(found: Found) -> Result<Option<T>, Error> {
    match found {
        Found::Nothing => Ok(None),
        // The error of serde could quote a token.
        Found::Value(value) => serde_json::from_slice(&value)
            .map(Some)
            .map_err(|_| Error::Damaged),
        Found::Inconsistent => Err(Error::Damaged),
    }
}

fn serialize(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(RECORD_CAPACITY));
    serde_json::to_writer(&mut *bytes, value).map_err(|_| Error::Damaged)?;
    Ok(bytes)
}

/// Returns whether the entries hold what is expected. A damaged record is of no generation.
/// Checks that the entries hold what is expected. Entries with other content are of no generation.
fn check_expected(found: Found, expected: Expected) -> Result<(), StoreError> {
    if expected == Expected::Anything {
        return Ok(());
    }
    match parse(found) {
        Ok(record) => expected.check(record.as_ref()),
        Err(_) => Err(StoreError::conflict()),
    }
}

impl BlockingStore for KeyringStore {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        let found = match self.entries.read()? {
            // Read again while no other process writes.
            Found::Inconsistent => self.exclusively(|entries| Ok(entries.read()?))?,
            found => found,
        };
        Ok(parse(found)?)
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        let value = serialize(record)?;
        self.exclusively(|entries| {
            check_expected(entries.read()?, expected)?;
            Ok(entries.write(&value)?)
        })
    }

    fn clear(&self, expected: Expected) -> Result<(), StoreError> {
        self.exclusively(|entries| {
            let found = entries.read()?;
            // Without a head, parts of an interrupted removal can be left.
            if !matches!(found, Found::Nothing) {
                check_expected(found, expected)?;
            }
            Ok(entries.remove()?)
        })
    }

    fn lock(&self, wait: Duration, _lease: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(self.acquire("lock", wait)?.map(StoreLock::new))
    }

    fn check(&self) -> Result<(), StoreError> {
        self.exclusively(|entries| Ok(entries.check()?))
    }
}

impl PendingLoginStore for KeyringStore {
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError> {
        Ok(parse(self.login.read()?)?)
    }

    fn save_login(&self, login: &AwaitingCallback) -> Result<(), StoreError> {
        Ok(self.login.write(&serialize(login)?)?)
    }

    fn clear_login(&self) -> Result<(), StoreError> {
        Ok(self.login.remove()?)
    }

    fn lock_login(&self, wait: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(self.acquire("login", wait)?.map(StoreLock::new))
    }
}
