//! The keyrings of the operating systems.
//!
//! Each operating system has one system keyring, selected at compile time. A keyring that cannot be opened is reported as missing.

use std::fmt;
use std::sync::Arc;

use keyring_core::CredentialStore;

use crate::error::Error;

/// A keyring of an operating system, or a custom store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keyring {
    /// The Keychain of macOS and iOS.
    AppleKeychain,
    /// A store of the caller.
    Custom,
    /// The Linux kernel keyring, in memory: cleared by a restart, or after some days without use.
    KernelKeyring,
    /// A Secret Service on the session bus: gnome-keyring, KWallet, KeePassXC.
    SecretService,
    /// The Windows Credential Manager.
    WindowsCredentials,
}

impl Keyring {
    /// Returns the maximum size of one entry.
    pub(crate) fn max_entry_bytes(self) -> usize {
        match self {
            // CRED_MAX_CREDENTIAL_BLOB_SIZE is 2560.
            Self::WindowsCredentials => 2048,
            // A key of type "user" holds 32767.
            Self::KernelKeyring => 30_000,
            Self::AppleKeychain | Self::Custom | Self::SecretService => 64 * 1024,
        }
    }
}

impl fmt::Display for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AppleKeychain => "the Keychain",
            Self::Custom => "a custom store",
            Self::KernelKeyring => "the Linux kernel keyring",
            Self::SecretService => "the Secret Service",
            Self::WindowsCredentials => "the Windows Credential Manager",
        })
    }
}

type Opened = Result<(Arc<CredentialStore>, Keyring), Error>;

#[cfg(any(
    target_os = "freebsd",
    target_os = "ios",
    target_os = "linux",
    target_os = "macos",
    target_os = "windows"
))]
fn opened<S>(keyring: Keyring, store: keyring_core::Result<Arc<S>>) -> Opened
where
    S: keyring_core::api::CredentialStoreApi + Send + Sync + 'static,
{
    match store {
        Ok(store) => Ok((store, keyring)),
        Err(error) => Err(Error::NoKeyring(Some(error))),
    }
}

#[cfg(target_os = "macos")]
pub(crate) fn system() -> Opened {
    opened(
        Keyring::AppleKeychain,
        apple_native_keyring_store::keychain::Store::new(),
    )
}

#[cfg(target_os = "ios")]
pub(crate) fn system() -> Opened {
    opened(
        Keyring::AppleKeychain,
        apple_native_keyring_store::protected::Store::new(),
    )
}

#[cfg(target_os = "windows")]
pub(crate) fn system() -> Opened {
    opened(
        Keyring::WindowsCredentials,
        windows_native_keyring_store::Store::new(),
    )
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
pub(crate) fn system() -> Opened {
    opened(
        Keyring::SecretService,
        zbus_secret_service_keyring_store::Store::new(),
    )
}

#[cfg(not(any(
    target_os = "freebsd",
    target_os = "ios",
    target_os = "linux",
    target_os = "macos",
    target_os = "windows"
)))]
pub(crate) fn system() -> Opened {
    Err(Error::NoKeyring(None))
}

#[cfg(target_os = "linux")]
pub(crate) fn kernel() -> Opened {
    opened(
        Keyring::KernelKeyring,
        linux_keyutils_keyring_store::Store::new(),
    )
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn kernel() -> Opened {
    Err(Error::NoKeyring(None))
}
