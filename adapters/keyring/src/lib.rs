//! Rest the session of [workos-login](workos_login) in the operating system's keyring, with a lock between processes.

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
pub use workos_login_keeper;
