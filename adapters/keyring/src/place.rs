//! The keyrings of the operating systems.

use std::fmt;
use std::sync::Arc;

use keyring_core::CredentialStore;

use crate::error::Error;

/// Which keyring it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The Keychain of macOS and iOS.
    AppleKeychain,
    /// A store that the caller brought along.
    Custom,
    /// The keyring of the Linux kernel: in memory, until the machine restarts or some days have passed.
    KernelKeyring,
    /// A Secret Service on the session bus: gnome-keyring, KWallet, KeePassXC and others.
    SecretService,
    /// The Credential Manager of Windows.
    WindowsCredentials,
}

impl Place {
    /// How many bytes one entry can hold.
    pub(crate) fn entry_bytes(self) -> usize {
        match self {
            // CRED_MAX_CREDENTIAL_BLOB_SIZE is 2560.
            Self::WindowsCredentials => 2048,
            // A key of type "user" holds 32767.
            Self::KernelKeyring => 30_000,
            Self::AppleKeychain | Self::Custom | Self::SecretService => 64 * 1024,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AppleKeychain => "the Keychain",
            Self::Custom => "a store of the program's own",
            Self::KernelKeyring => "the keyring of the Linux kernel",
            Self::SecretService => "the Secret Service",
            Self::WindowsCredentials => "the Windows Credential Manager",
        })
    }
}

type Opened = Result<(Arc<CredentialStore>, Place), Error>;

fn opened<S>(place: Place, store: keyring_core::Result<Arc<S>>) -> Opened
where
    S: keyring_core::api::CredentialStoreApi + Send + Sync + 'static,
{
    match store {
        Ok(store) => Ok((store, place)),
        Err(error) => Err(Error::NoKeyring(Some(error))),
    }
}

#[cfg(target_os = "macos")]
pub(crate) fn system() -> Opened {
    opened(
        Place::AppleKeychain,
        apple_native_keyring_store::keychain::Store::new(),
    )
}

#[cfg(target_os = "ios")]
pub(crate) fn system() -> Opened {
    opened(
        Place::AppleKeychain,
        apple_native_keyring_store::protected::Store::new(),
    )
}

#[cfg(target_os = "windows")]
pub(crate) fn system() -> Opened {
    opened(
        Place::WindowsCredentials,
        windows_native_keyring_store::Store::new(),
    )
}

#[cfg(any(target_os = "linux", target_os = "freebsd"))]
pub(crate) fn system() -> Opened {
    opened(
        Place::SecretService,
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
        Place::KernelKeyring,
        linux_keyutils_keyring_store::Store::new(),
    )
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn kernel() -> Opened {
    Err(Error::NoKeyring(None))
}
