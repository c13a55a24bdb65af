//! The store of one session and of one pending login, each in a file, and their locks.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use workos_login::{AwaitingCallback, Client, ClientKind};
use workos_login_session::{
    BlockingStore, Expected, FileLock, PendingLoginStore, StoreError, StoreLock, StoredSession,
};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::file_keys::FileKeys;
use crate::sealed_file::SealedFile;

/// The time that a write waits for another one, which takes milliseconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The capacity for a serialized record. Most records fit.
const RECORD_CAPACITY: usize = 16 * 1024;

/// A directory of encrypted files, and their keys. It makes the store of each session. Clones share the keys.
#[derive(Clone, Debug)]
pub struct EncryptedFiles {
    directory: PathBuf,
    keys: Arc<FileKeys>,
}

impl EncryptedFiles {
    /// Uses the files in a directory. It reads nothing.
    ///
    /// A relative directory depends on the working directory of each process.
    pub fn new(directory: impl Into<PathBuf>, keys: impl Into<Arc<FileKeys>>) -> Self {
        Self {
            directory: directory.into(),
            keys: keys.into(),
        }
    }

    /// Opens the store of the session of an application, a client, its issuer and an account.
    ///
    /// The account distinguishes the sessions of one client, if a user can have several.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] or [`Error::Accessible`]. The file itself is read later.
    pub fn store<K: ClientKind>(
        &self,
        application: &str,
        client: &Client<K>,
        account: &str,
    ) -> Result<FileStore, Error> {
        let file = |kind: &str| {
            let (client_id, issuer) = (client.id().as_str(), client.issuer());
            let context = [kind, application, client_id, issuer, account].map(str::to_owned);
            SealedFile::new(&self.directory, self.keys.clone(), context.into())
        };
        let store = FileStore {
            session: file("session"),
            login: file("login"),
        };
        store.session.check_directory()?;
        Ok(store)
    }
}

/// Stores one session and one pending login in encrypted files, for each application, client, issuer and account.
#[derive(Debug)]
pub struct FileStore {
    session: SealedFile,
    login: SealedFile,
}

impl FileStore {
    /// Excludes other writers.
    fn exclusively<T>(
        &self,
        write: impl FnOnce(&SealedFile) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lock = acquire(&self.session, "write", WRITE_TIMEOUT)?;
        let _lock = lock.ok_or_else(|| Error::Busy(self.session.path.clone()))?;
        write(&self.session)
    }
}

fn acquire(file: &SealedFile, extension: &str, wait: Duration) -> Result<Option<FileLock>, Error> {
    // The lock would make the directory.
    file.check_directory()?;
    let path = file.path.with_extension(extension);
    FileLock::acquire(&path, wait).map_err(|error| Error::io(&path, error))
}

fn load<T: DeserializeOwned>(file: &SealedFile) -> Result<Option<T>, Error> {
    let Some(value) = file.read()? else {
        return Ok(None);
    };
    // The error of serde could quote a token.
    serde_json::from_slice(&value)
        .map(Some)
        .map_err(|_| Error::Damaged(file.path.clone()))
}

fn serialize(value: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(RECORD_CAPACITY));
    serde_json::to_writer(&mut *bytes, value).map_err(StoreError::new)?;
    Ok(bytes)
}

/// Checks that the file holds what is expected. A file with other content is of no generation.
fn check_expected(file: &SealedFile, expected: Expected) -> Result<(), StoreError> {
    if expected == Expected::Anything {
        return Ok(());
    }
    match load(file) {
        Ok(record) => expected.check(record.as_ref()),
        Err(Error::Damaged(_) | Error::OtherClient(_) | Error::WrongKey(_)) => {
            Err(StoreError::conflict())
        }
        Err(error) => Err(error.into()),
    }
}

impl BlockingStore for FileStore {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        Ok(load(&self.session)?)
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        let value = serialize(record)?;
        self.exclusively(|file| {
            check_expected(file, expected)?;
            Ok(file.write(&value)?)
        })
    }

    fn clear(&self, expected: Expected) -> Result<(), StoreError> {
        self.exclusively(|file| {
            if !matches!(load::<StoredSession>(file), Ok(None)) {
                check_expected(file, expected)?;
            }
            Ok(file.remove()?)
        })
    }

    fn lock(&self, wait: Duration, _lease: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(acquire(&self.session, "lock", wait)?.map(StoreLock::new))
    }

    fn check(&self) -> Result<(), StoreError> {
        self.exclusively(|file| Ok(file.check()?))
    }
}

impl PendingLoginStore for FileStore {
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError> {
        Ok(load(&self.login)?)
    }

    fn save_login(&self, login: &AwaitingCallback) -> Result<(), StoreError> {
        Ok(self.login.write(&serialize(login)?)?)
    }

    fn clear_login(&self) -> Result<(), StoreError> {
        Ok(self.login.remove()?)
    }

    fn lock_login(&self, wait: Duration) -> Result<Option<StoreLock>, StoreError> {
        Ok(acquire(&self.login, "lock", wait)?.map(StoreLock::new))
    }
}
