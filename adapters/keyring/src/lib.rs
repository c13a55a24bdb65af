//! Stores the session of [workos-login](workos_login) in the keyring of the operating system, with a lock between processes.
//!
//! [`KeyringStore`] is a [`BlockingStore`](workos_login_session::BlockingStore): all processes of a user share one session, and
//! one of them refreshes it.
//!
//! ```no_run
//! use workos_login::Client;
//! use workos_login_keyring::KeyringStore;
//! use workos_login_session::{BlockingSessionManager, Machine, SessionPolicy};
//!
//! let client = Client::public("client_123".parse()?);
//! let store = KeyringStore::open("acme", &client, "work")?;
//! let manager = BlockingSessionManager::new(
//!     Machine::new(client, SessionPolicy::default()),
//!     store,
//!     workos_login_ureq::agent(),
//! );
//! let token = manager.access_token()?; // of the session that an earlier process stored
//! # let _ = token;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A store is bound to a client ID and an issuer: one client ID at two base URLs has two sessions.
//!
//! # Keyrings
//!
//! | Operating system | Keyring | Tested |
//! |---|---|---|
//! | Linux, FreeBSD | a Secret Service on the session bus: gnome-keyring, KWallet, KeePassXC | with gnome-keyring on Linux |
//! | Linux: [`KeyringStore::open_kernel`] | the kernel keyring, in memory until a restart or some days without use | yes |
//! | macOS | the user's Keychain | compiled, not run |
//! | iOS | the application's data protection Keychain | not run |
//! | Windows | the Credential Manager | compiled, not run |
//!
//! A session is never stored in a plain file. Without a keyring, the error is [`Error::NoKeyring`], and the application decides on
//! another store, such as [`MemoryStore`](workos_login_session::MemoryStore) for a session that ends with the process.
//!
//! # Locked keyrings
//!
//! A desktop asks the user to unlock the keyring. A call waits for the user without a timeout. If the keyring stays locked, the error
//! is [`Error::Locked`]. The session manager then sends no request, so the session is not lost;
//! [`check`](workos_login_session::BlockingStore::check) reports the lock before a login starts.
//!
//! # Long sessions
//!
//! The Windows Credential Manager holds 2560 bytes in one entry. A longer record is split over several entries and still replaced
//! atomically: the parts of the new record are written beside those of the old one, and then the one entry that leads to them.
//!
//! # Lock
//!
//! The lock is an empty file in the user's state directory, locked by the operating system, which releases it when a process dies:
//! `$XDG_STATE_HOME/workos-login` or `~/.local/state/workos-login`, `~/Library/Application Support/workos-login`,
//! `%LOCALAPPDATA%\workos-login`. Processes with different directories do not share the lock: see
//! [`KeyringStore::lock_directory`].

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod entries;
mod error;
mod keyring;
mod keyring_store;
mod lock_directory;

pub use crate::error::Error;
pub use crate::keyring::Keyring;
pub use crate::keyring_store::KeyringStore;
pub use keyring_core;
pub use workos_login;
pub use workos_login_session;
