//! The store of the session and of the pending login, chosen at run time.

use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use workos_login::{Any, AwaitingCallback, Client};
use workos_login_file::EncryptedFiles;
use workos_login_keyring::{Keyring, KeyringStore};
use workos_login_session::{
    BlockingStore, Expected, MemoryStore, PendingLoginStore, StoreError, StoreLock, StoredSession,
};
use zeroize::Zeroizing;

/// The store of an application's session. Nothing is ever stored in a plain file.
///
/// A store is bound to the client ID, the issuer and the account of the application.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Storage {
    /// Another store. It has to be bound to the client and the account by the application.
    Custom(Arc<dyn NativeStore>),
    /// Encrypted files, for machines without a keyring, with a key that the application provides.
    File(EncryptedFiles),
    /// The Linux kernel keyring: needs no daemon; cleared by a restart or after some days without use.
    KernelKeyring,
    /// The keyring of the operating system: Keychain on macOS, Credential Manager on Windows, a Secret Service elsewhere.
    #[default]
    Keyring,
    /// The memory of this process, shared by the clones of the application.
    Memory,
}

impl FromStr for Storage {
    type Err = UnknownStorage;

    /// Parses the [name](Self::name) of a keyring.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let keyrings = [Self::Keyring, Self::KernelKeyring];
        let mut keyrings = keyrings.into_iter();
        keyrings
            .find(|keyring| keyring.name() == Some(name))
            .ok_or(UnknownStorage(()))
    }
}

/// The error of a [`Storage`] that is not a known name.
#[derive(Clone, Debug)]
pub struct UnknownStorage(());

impl fmt::Display for UnknownStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown keyring; use system or kernel")
    }
}

impl Error for UnknownStorage {}

/// A store for a session and for a pending login. It is implemented for each type that is a store for both.
pub trait NativeStore: BlockingStore + PendingLoginStore {}

impl<S: BlockingStore + PendingLoginStore> NativeStore for S {}

impl fmt::Debug for dyn NativeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeStore").finish_non_exhaustive()
    }
}

/// The location of a stored session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Location {
    /// In a store of the application.
    Custom,
    /// In an encrypted file.
    File,
    /// In this keyring.
    Keyring(Keyring),
    /// In memory.
    Memory,
}

impl Location {
    /// Returns the name for settings and scripts, for example `secret_service`. [`Display`](fmt::Display) has the text for users.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Custom => "custom",
            Self::File => "file",
            Self::Keyring(Keyring::AppleKeychain) => "apple_keychain",
            Self::Keyring(Keyring::KernelKeyring) => "kernel_keyring",
            Self::Keyring(Keyring::SecretService) => "secret_service",
            Self::Keyring(Keyring::WindowsCredentials) => "windows_credentials",
            Self::Keyring(_) => "keyring",
            Self::Memory => "memory",
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom => f.write_str("a store of the application"),
            Self::File => f.write_str("an encrypted file"),
            Self::Keyring(keyring) => keyring.fmt(f),
            Self::Memory => f.write_str("the memory of this process"),
        }
    }
}

impl Storage {
    /// Returns the name for settings: `system`, `kernel` or `file`; `None` for a store that another process cannot open.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        match self {
            Self::File(_) => Some("file"),
            Self::KernelKeyring => Some("kernel"),
            Self::Keyring => Some("system"),
            Self::Custom(_) | Self::Memory => None,
        }
    }

    /// Opens the store.
    pub(crate) fn open(
        &self,
        application: &str,
        client: &Client<Any>,
        account: &str,
    ) -> Result<(Arc<dyn NativeStore>, Location), StoreError> {
        let keyring = |opened: Result<KeyringStore, workos_login_keyring::Error>| {
            let store = opened?;
            let location = Location::Keyring(store.keyring());
            Ok((Arc::new(store) as Arc<dyn NativeStore>, location))
        };
        match self {
            Self::Custom(store) => Ok((store.clone(), Location::Custom)),
            Self::File(files) => {
                let store = files.store(application, client, account)?;
                Ok((Arc::new(store), Location::File))
            }
            Self::KernelKeyring => keyring(KeyringStore::open_kernel(application, client, account)),
            Self::Keyring => keyring(KeyringStore::open(application, client, account)),
            Self::Memory => Ok((Arc::new(InMemory::default()), Location::Memory)),
        }
    }
}

/// A session and a pending login in memory.
#[derive(Default)]
struct InMemory {
    session: MemoryStore,
    /// In its stored form: a pending login can be used once, so it cannot be cloned.
    login: Mutex<Option<Zeroizing<String>>>,
    /// Only its lock is used.
    login_lock: MemoryStore,
}

impl InMemory {
    fn login(&self) -> MutexGuard<'_, Option<Zeroizing<String>>> {
        self.login.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlockingStore for InMemory {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        BlockingStore::load(&self.session)
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        BlockingStore::save(&self.session, record, expected)
    }

    fn clear(&self, expected: Expected) -> Result<(), StoreError> {
        BlockingStore::clear(&self.session, expected)
    }

    fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, StoreError> {
        BlockingStore::lock(&self.session, wait, lease)
    }

    fn check(&self) -> Result<(), StoreError> {
        BlockingStore::check(&self.session)
    }
}

impl PendingLoginStore for InMemory {
    fn load_login(&self) -> Result<Option<AwaitingCallback>, StoreError> {
        let stored = self.login();
        let login = stored.as_ref().map(|stored| serde_json::from_str(stored));
        login.transpose().map_err(StoreError::new)
    }

    fn save_login(&self, login: &AwaitingCallback) -> Result<(), StoreError> {
        let stored = serde_json::to_string(login).map_err(StoreError::new)?;
        *self.login() = Some(Zeroizing::new(stored));
        Ok(())
    }

    fn clear_login(&self) -> Result<(), StoreError> {
        *self.login() = None;
        Ok(())
    }

    fn lock_login(&self, wait: Duration) -> Result<Option<StoreLock>, StoreError> {
        BlockingStore::lock(&self.login_lock, wait, Duration::MAX)
    }
}
