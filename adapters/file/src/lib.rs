//! Stores the session of [workos-login](workos_login) in an encrypted file, for machines without a keyring, with a lock between processes.
//!
//! [`FileStore`] is a [`BlockingStore`](workos_login_session::BlockingStore): all processes with the directory and the key share one
//! session, and one of them refreshes it.
//!
//! ```no_run
//! use workos_login::Client;
//! use workos_login_file::{EncryptedFiles, FileKeys};
//! use workos_login_session::{BlockingSessionManager, Machine, SessionPolicy};
//!
//! let client = Client::public("client_123".parse()?);
//! let files = EncryptedFiles::new("/var/lib/acme", FileKeys::from_credential("acme-key")?);
//! let manager = BlockingSessionManager::new(
//!     Machine::new(client.clone(), SessionPolicy::default()),
//!     files.store("acme", &client, "work")?,
//!     workos_login_ureq::agent(),
//! );
//! let token = manager.access_token()?; // of the session that an earlier process stored
//! # let _ = token;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Keys
//!
//! A key is 32 random bytes in base64, the output of `openssl rand -base64 32`. [`FileKeys`] reads it from the environment, a file
//! descriptor or a systemd credential. It is not stored, and a password is not a key.
//!
//! # Directory
//!
//! The directory must exist. On Unix, neither the directory nor a file in it may be accessible to other users: the error is
//! [`Error::Accessible`], which names the command. Elsewhere, the application restricts the access.
//!
//! # Guarantees
//!
//! * A file is encrypted and authenticated with AES-256-GCM, for one application, client ID, issuer and account.
//! * A new value replaces the old one atomically, and is on the disk before it does: after a crash or on a full disk, the file has the
//!   old value or the new one.
//! * The lock is a file that the operating system locks, and unlocks when a process dies.
//!
//! # Limits
//!
//! A user who can read the key can read the files. A user who can write to the directory can remove a file or restore an older one. A lock on a network
//! file system is as good as that file system.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod error;
mod file_keys;
mod file_store;
mod sealed_file;

pub use crate::error::Error;
pub use crate::file_keys::{FileKeys, KeyError};
pub use crate::file_store::{EncryptedFiles, FileStore};
pub use workos_login;
pub use workos_login_session;
