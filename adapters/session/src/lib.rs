//! Session refresh for [workos-login](workos_login): the session machine and its drivers, for many tasks, threads and processes, over
//! any HTTP client and any store.

mod bearer;
#[cfg(not(target_arch = "wasm32"))]
mod block_on;
#[cfg(not(target_arch = "wasm32"))]
mod blocking;
#[cfg(not(target_arch = "wasm32"))]
mod blocking_store;
mod clock;
mod error;
mod io;
mod machine;
mod manager;
mod marker;
mod memory_store;
mod record;
mod store;
mod token;

#[cfg(not(target_arch = "wasm32"))]
pub use crate::blocking::BlockingSessionManager;
#[cfg(not(target_arch = "wasm32"))]
pub use crate::blocking_store::OnThreads;
#[cfg(not(target_arch = "wasm32"))]
pub use crate::clock::SystemClock;
pub use crate::clock::{Clock, ManualClock};
pub use crate::error::{
    CallError, Cause, ExchangeTimeout, LockTimeout, SessionEnded, SessionError, SessionWarning,
    StoreError,
};
pub use crate::machine::{Driver, Lock, Machine, SessionPolicy};
pub use crate::manager::SessionManager;
pub use crate::marker::MaybeSend;
pub use crate::memory_store::MemoryStore;
pub use crate::record::{Expected, Generation, StoredSession};
#[cfg(not(target_arch = "wasm32"))]
pub use crate::store::BlockingStore;
pub use crate::store::{SessionStores, Store, StoreLock};
pub use crate::token::{LoggedOut, Token};
pub use workos_login;
