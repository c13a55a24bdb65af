//! The error of the store.

use std::error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use workos_login::limits::MAX_STORED_BYTES;
use workos_login_session::StoreError;

/// The error of the store. The message has the remedy, and contains no stored value.
///
/// In a [`StoreError`], it is found by [`downcast_ref`](StoreError::downcast_ref). After a failed write, the file holds the old value.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Other users may access the file or the directory.
    Accessible {
        /// The file or the directory.
        path: PathBuf,
        /// The mode that denies the access.
        mode: u32,
    },
    /// Timed out waiting for another process that writes the file.
    Busy(PathBuf),
    /// The file is truncated, was changed, or has a format that this version does not support. A new login replaces it.
    Damaged(PathBuf),
    /// The file cannot be read, written or locked.
    Failed {
        /// The file or the directory.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The disk is full, or a limit of the user is reached.
    Full {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The directory does not exist.
    NoDirectory(PathBuf),
    /// The file is that of another application, client, issuer or account. A new login replaces it.
    OtherClient(PathBuf),
    /// The session is longer than [`MAX_STORED_BYTES`].
    TooLong,
    /// The file was encrypted with another key. A new login replaces it.
    WrongKey(PathBuf),
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => Self::Full { path, source },
            _ => Self::Failed { path, source },
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
            Self::Accessible { path, mode } => {
                let path = path.display();
                write!(
                    f,
                    "{path} is accessible to other users; run: chmod {mode:o} {path}"
                )
            }
            Self::Busy(path) => {
                let path = path.display();
                write!(
                    f,
                    "timed out waiting for another process that writes {path}; try again"
                )
            }
            Self::Damaged(path) => {
                let path = path.display();
                write!(
                    f,
                    "{path} is damaged or of a version that is not supported; log in again"
                )
            }
            Self::Failed { path, .. } => {
                let path = path.display();
                write!(f, "{path} cannot be used; make it readable and writable")
            }
            Self::Full { path, .. } => {
                let path = path.display();
                write!(
                    f,
                    "there is no space to write {path}; free some and try again"
                )
            }
            Self::NoDirectory(path) => {
                let path = path.display();
                write!(
                    f,
                    "the directory {path} does not exist; run: mkdir -m 700 {path}"
                )
            }
            Self::OtherClient(path) => write!(
                f,
                "{} is the file of another application, client, issuer or account; move it back, or log in again",
                path.display()
            ),
            Self::TooLong => write!(
                f,
                "the session is longer than the maximum of {MAX_STORED_BYTES} bytes"
            ),
            Self::WrongKey(path) => write!(
                f,
                "{} was encrypted with another key; add that key after the present one, or log in again",
                path.display()
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Failed { source, .. } | Self::Full { source, .. } => Some(source),
            _ => None,
        }
    }
}
