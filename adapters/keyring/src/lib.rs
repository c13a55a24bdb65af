//! Rest the session of [workos-login](workos_login) in the operating system's keyring, with a lock between processes.
//!
//! [`KeyringStore`] is a [`Store`](workos_login_session::Store) for a keeper of [`workos_login_session`]: twenty shells at
//! once share one session, one refresh at a time.
//!
//! ```no_run
//! use workos_login::{BlockingHttpClient, Client, ExchangeLimits};
//! use workos_login::session::{Machine, SessionPolicy};
//! use workos_login_session::BlockingSessionManager;
//! use workos_login_keyring::KeyringStore;
//!
//! let client = Client::public("client_123".parse()?);
//! let store = KeyringStore::open("acme", "client_123/work")?;
//! let http = workos_login_ureq::agent();
//! let keeper = BlockingSessionManager::new(
//!     Machine::new(&client, SessionPolicy::default()),
//!     store,
//!     move |refreshing, limit| {
//!         http.send_within(refreshing, ExchangeLimits::default().timeout(limit))
//!     },
//! );
//! let token = keeper.token()?; // the session of an earlier run
//! # let _ = token;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where it is
//!
//! | system | keyring | how it was tried |
//! |---|---|---|
//! | Linux, FreeBSD | a Secret Service on the session bus: gnome-keyring, KWallet, KeePassXC | run with gnome-keyring on Linux |
//! | Linux, by name: [`KeyringStore::open_kernel`] | the kernel's, in memory until a restart or some days without use | run |
//! | macOS | the Keychain of the user | built for it, not run |
//! | iOS | the data protection Keychain of the application | not run |
//! | Windows | the Credential Manager | built for it, not run |
//!
//! A session is never put into a plain file. Where there is no keyring, [`Error::NoKeyring`] says so, and it is for the user
//! to choose another store: [`MemoryStore`](workos_login_session::MemoryStore), say, for a session that ends with the process.
//!
//! # A locked keyring
//!
//! A desktop asks the user to unlock it. That takes as long as it takes: nothing here interrupts a question to the user. Where
//! there is nobody to ask, or the user says no, the error is [`Error::Locked`]. A keeper sends nothing then, so
//! nothing is lost; [`check`](workos_login_session::Store::check) finds it out before a login begins.
//!
//! # Long sessions
//!
//! Windows holds 2560 bytes in one entry. A longer record is split over several and still written as one:
//! the parts of the new record beside those of the old one, then the one entry that says which count. Whenever
//! writing ends, by a crash or a failure, the old record is there or the new one.
//!
//! # The lock
//!
//! An empty file in the user's state folder, locked by the operating system, which gives the lock back when a process dies:
//! `$XDG_STATE_HOME/workos-login` or `~/.local/state/workos-login`, `~/Library/Application Support/workos-login`,
//! `%LOCALAPPDATA%\workos-login`. Processes with different folders do not see each other's locks:
//! see [`KeyringStore::lock_folder`].

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod entries;
mod error;
mod keyring_store;
mod lock_file;
mod place;

pub use crate::error::Error;
pub use crate::keyring_store::KeyringStore;
pub use crate::lock_file::KeyringGuard;
pub use crate::place::Place;
pub use keyring_core;
pub use workos_login;
pub use workos_login_session;
