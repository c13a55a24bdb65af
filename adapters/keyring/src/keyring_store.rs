//! A store in the operating system's keyring.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use keyring_core::CredentialStore;
use sha2::{Digest, Sha256};
use workos_login::session::StoredSession;
use workos_login_session::Store;
use zeroize::Zeroizing;

use crate::entries::{Entries, Found};
use crate::error::Error;
use crate::lock_file::{self, KeyringGuard};
use crate::place::{self, Place};

/// How long a write waits for another one to end. One takes milliseconds.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// What a record takes, most often.
const USUAL_BYTES: usize = 16 * 1024;

/// A [`Store`] in the operating system's keyring: one record for each service and account.
///
/// The service is the name of the program. The account tells sessions of the program apart: at least the client id
/// belongs into it, and a name where a user can have several.
#[derive(Debug)]
pub struct KeyringStore {
    entries: Entries,
    place: Place,
    folder: Option<PathBuf>,
}

impl KeyringStore {
    /// Opens the keyring of this system: the Keychain on macOS and iOS, the Credential Manager on Windows, the
    /// Secret Service elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::NoKeyring`] when there is none.
    pub fn open(service: &str, account: &str) -> Result<Self, Error> {
        let (store, place) = place::system()?;
        Ok(Self::new(store, place, service, account))
    }

    /// Opens the keyring of the Linux kernel, which needs no daemon and forgets with a restart, or after some days without use.
    ///
    /// # Errors
    ///
    /// [`Error::NoKeyring`] when there is none, or this process may not use it, as in many containers.
    pub fn open_kernel(service: &str, account: &str) -> Result<Self, Error> {
        let (store, place) = place::kernel()?;
        let opened = Self::new(store, place, service, account);
        match opened.entries.read() {
            Err(Error::Failed(error)) => Err(Error::NoKeyring(Some(error))),
            _ => Ok(opened),
        }
    }

    /// Uses a store of `keyring-core` that the caller brings along.
    #[must_use]
    pub fn with(store: Arc<CredentialStore>, service: &str, account: &str) -> Self {
        Self::new(store, Place::Custom, service, account)
    }

    fn new(store: Arc<CredentialStore>, place: Place, service: &str, account: &str) -> Self {
        Self {
            entries: Entries {
                store,
                service: service.into(),
                account: escape(account).into(),
                entry_bytes: place.entry_bytes(),
            },
            place,
            folder: lock_file::default_folder(),
        }
    }

    /// Sets how many bytes one entry of the keyring can hold; a longer record is split. As the keyring's own limit
    /// requires, unless it is set.
    #[must_use]
    pub fn entry_bytes(mut self, bytes: usize) -> Self {
        self.entries.entry_bytes = bytes.max(1);
        self
    }

    /// Sets the folder of the lock files: `workos-login` in the user's state folder, unless it is set.
    ///
    /// All processes that share the session have to use the same one. It holds empty files only.
    #[must_use]
    pub fn lock_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Returns which keyring it is.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// The lock file for a purpose. Its name is a digest, because any text can be an account.
    fn lock_path(&self, purpose: &str) -> Result<PathBuf, Error> {
        let folder = self.folder.as_ref().ok_or_else(|| Error::LockFile {
            path: PathBuf::new(),
            source: io::ErrorKind::NotFound.into(),
        })?;
        let mut digest = Sha256::new();
        digest.update(&*self.entries.service);
        digest.update([0]);
        digest.update(&*self.entries.account);
        let name = URL_SAFE_NO_PAD.encode(&digest.finalize()[..15]);
        Ok(folder.join(format!("{name}.{purpose}")))
    }

    /// One writer at a time, also where somebody writes without the lock of the session: whoever logs
    /// in or out goes on when that is not to be had.
    fn writing<T>(&self, write: impl FnOnce(&Entries) -> Result<T, Error>) -> Result<T, Error> {
        let path = self.lock_path("write")?;
        let _guard = lock_file::lock(&path, WRITE_PATIENCE)?.ok_or(Error::Busy)?;
        write(&self.entries)
    }
}

/// Escapes the separator of entry names, so that no account is named like an entry of another one.
fn escape(account: &str) -> String {
    account.replace('%', "%25").replace('#', "%23")
}

impl Store for KeyringStore {
    type Error = Error;
    type Guard = KeyringGuard;

    fn load(&self) -> Result<Option<StoredSession>, Error> {
        let found = match self.entries.read()? {
            // Once more while nobody writes.
            Found::Torn => self.writing(Entries::read)?,
            found => found,
        };
        match found {
            Found::Nothing => Ok(None),
            // The reason could quote a token.
            Found::Value(value) => serde_json::from_slice(&value)
                .map(Some)
                .map_err(|_| Error::Damaged),
            Found::Torn => Err(Error::Damaged),
        }
    }

    fn save(&self, record: &StoredSession) -> Result<(), Error> {
        let mut value = Zeroizing::new(Vec::with_capacity(USUAL_BYTES));
        serde_json::to_writer(&mut *value, record).map_err(|_| Error::Damaged)?;
        self.writing(|entries| entries.write(&value))
    }

    fn clear(&self) -> Result<(), Error> {
        self.writing(Entries::remove)
    }

    fn lock(&self, lease: Duration) -> Result<Option<KeyringGuard>, Error> {
        lock_file::lock(&self.lock_path("lock")?, lease)
    }

    fn check(&self) -> Result<(), Error> {
        self.writing(Entries::probe)
    }
}
