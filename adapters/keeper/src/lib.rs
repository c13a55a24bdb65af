//! Keep the session of [workos-login](workos_login) alive: for many threads, tasks and processes, over any HTTP client
//! and any store.

mod bearer;
mod error;
mod logged_out;
mod memory_store;
mod operation;
mod store;
mod tasks;
mod threads;
mod token;
mod turns;

pub use crate::error::{CallError, Cause, Error, Locked};
pub use crate::logged_out::LoggedOut;
pub use crate::memory_store::{MemoryGuard, MemoryStore};
pub use crate::store::Store;
pub use crate::tasks::AsyncKeeper;
pub use crate::threads::BlockingKeeper;
pub use crate::token::{Token, Warning};
pub use workos_login;
