//! Why the keyring could not do what it was asked for, and what helps.

use std::error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use workos_login::limits::MAX_STORED_BYTES;

/// Why the keyring could not do what it was asked for. Its text says what to do; no stored value is in it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Another process is writing to the keyring, and does not end.
    Busy,
    /// What the keyring holds is not a session, or one of another version. A new login replaces it.
    Damaged,
    /// The keyring failed in a way of its own.
    Failed(keyring_core::Error),
    /// The file that is locked between processes cannot be made or locked.
    LockFile {
        /// The file or its folder; empty when there is no place for one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The keyring is locked, or the user did not unlock it. Nothing is lost.
    Locked(keyring_core::Error),
    /// There is no keyring here: no Secret Service on the session bus, or none that this system has.
    NoKeyring(Option<keyring_core::Error>),
    /// The session is longer than [`MAX_STORED_BYTES`].
    TooLong,
}

impl From<keyring_core::Error> for Error {
    fn from(error: keyring_core::Error) -> Self {
        use keyring_core::Error as Keyring;
        match error {
            // These hold what was stored.
            Keyring::BadEncoding(_) | Keyring::BadDataFormat(..) => Self::Damaged,
            Keyring::NoStorageAccess(_) => Self::Locked(error),
            _ => Self::Failed(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("another process is writing to the keyring: try again"),
            Self::Damaged => f.write_str(
                "what the keyring holds is not a session that this version can read: sign in again",
            ),
            Self::Failed(_) => f.write_str("the keyring failed"),
            Self::LockFile { path, .. } if path.as_os_str().is_empty() => {
                f.write_str("there is no place for the lock between processes: set HOME")
            }
            Self::LockFile { path, .. } => write!(
                f,
                "the lock between processes cannot be used at {}: make it writable",
                path.display()
            ),
            Self::Locked(_) => {
                f.write_str("the keyring is locked: unlock it and try again")
            }
            Self::NoKeyring(_) => f.write_str(
                "there is no keyring here: start one (on Linux a Secret Service, such as gnome-keyring, on the \
                 session bus), or choose another store",
            ),
            Self::TooLong => write!(
                f,
                "the session is longer than the {MAX_STORED_BYTES} bytes that are stored"
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed(source) | Self::Locked(source) => Some(source),
            Self::LockFile { source, .. } => Some(source),
            Self::NoKeyring(source) => source.as_ref().map(|source| source as _),
            Self::Busy | Self::Damaged | Self::TooLong => None,
        }
    }
}
