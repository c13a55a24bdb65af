//! The error of the keyring.

use std::error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use workos_login::limits::MAX_STORED_BYTES;
use workos_login_session::StoreError;

/// The error of the keyring. The message has the remedy, and contains no stored value.
///
/// In a [`StoreError`], it is found by [`downcast_ref`](StoreError::downcast_ref).
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Timed out waiting for another process that writes to the keyring.
    Busy,
    /// The keyring holds something other than a session, or one of an unsupported version. A new login replaces it.
    Damaged,
    /// The keyring failed for another reason.
    Failed(keyring_core::Error),
    /// The lock file cannot be created or locked.
    LockFile {
        /// The file or its directory; empty if there is no directory for it.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The keyring is locked, and the user did not unlock it. The stored session is not lost.
    Locked(keyring_core::Error),
    /// There is no keyring: no Secret Service on the session bus, or none for this operating system.
    NoKeyring(Option<keyring_core::Error>),
    /// The session is longer than [`MAX_STORED_BYTES`].
    TooLong,
}

impl From<keyring_core::Error> for Error {
    fn from(error: keyring_core::Error) -> Self {
        use keyring_core::Error as Keyring;
        match error {
            // These contain the stored value.
            Keyring::BadEncoding(_) | Keyring::BadDataFormat(..) => Self::Damaged,
            Keyring::NoStorageAccess(_) => Self::Locked(error),
            _ => Self::Failed(error),
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => {
                f.write_str("timed out waiting for another process that writes to the keyring; try again")
            }
            Self::Damaged => f.write_str(
                "the keyring holds something other than a session that this version supports; log in again",
            ),
            Self::Failed(_) => f.write_str("the keyring failed"),
            Self::LockFile { path, .. } if path.as_os_str().is_empty() => {
                f.write_str("there is no directory for the lock file; set HOME")
            }
            Self::LockFile { path, .. } => write!(
                f,
                "the lock file {} cannot be used; make it writable",
                path.display()
            ),
            Self::Locked(_) => f.write_str("the keyring is locked; unlock it and try again"),
            Self::NoKeyring(_) => f.write_str(
                "there is no keyring; start one (on Linux a Secret Service such as gnome-keyring, on the session bus), or \
                 choose another store",
            ),
            Self::TooLong => write!(
                f,
                "the session is longer than the maximum of {MAX_STORED_BYTES} bytes"
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed(source) => Some(source),
            Self::LockFile { source, .. } => Some(source),
            Self::NoKeyring(source) => source.as_ref().map(|source| source as _),
            // A keyring reports a lock in words that hide it: "result not returned from SS API".
            Self::Busy | Self::Damaged | Self::Locked(_) | Self::TooLong => None,
        }
    }
}
