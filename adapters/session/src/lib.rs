//! Session refresh for [workos-login](workos_login): for many tasks, threads and processes, over any HTTP client and any store.
//!
//! Users are signed out by refresh races, lost responses and transient errors. A [`SessionManager`] (async) or a
//! [`BlockingSessionManager`] prevents that: of all that share a [`Store`], one refreshes the session, and a response that
//! was lost is retried with the same request.
//!
//! ```no_run
//! use workos_login::secrecy::ExposeSecret;
//! use workos_login::{Authenticated, Client};
//! use workos_login_session::{BlockingSessionManager, Machine, MemoryStore, SessionPolicy};
//!
//! # fn log_in() -> Result<Authenticated, Box<dyn std::error::Error>> { Err("not here".into()) }
//! let client = Client::public("client_123".parse()?);
//! let manager = BlockingSessionManager::new(
//!     Machine::new(client, SessionPolicy::default()),
//!     MemoryStore::new(), // workos-login-keyring has one that outlives the process
//!     workos_login_ureq::agent(),
//! );
//!
//! manager.check()?; // can a session be stored?
//! manager.log_in(log_in()?)?;
//!
//! // From any thread, whenever an access token is needed.
//! let token = manager.access_token()?;
//! if let Some(warning) = token.warning() {
//!     eprintln!("{warning}");
//! }
//! println!("{} bytes", token.secret().expose_secret().len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The async manager is the same with `await`. A store that blocks runs on other threads:
//!
//! ```no_run
//! use std::sync::Arc;
//! use workos_login::http::Request;
//! use workos_login::{Client, ExchangeLimits, HttpClient};
//! use workos_login_session::{Machine, MemoryStore, SessionManager, SessionPolicy};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::public("client_123".parse()?);
//! let http = workos_login_reqwest::client()?;
//! let machine = Machine::new(client, SessionPolicy::default());
//! let manager = SessionManager::new(machine, Arc::new(MemoryStore::new()), http.clone());
//!
//! // The token is in the `Authorization` header. If the server rejects it, it is refreshed, and the call is retried once.
//! let request = Request::get("https://api.example.com/things").body(Vec::new())?;
//! let send = |request| http.execute(request, ExchangeLimits::default());
//! let response = manager.call(request, send).await?;
//! println!("{}", response.status());
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees
//!
//! * An access token that is not due for refresh is returned at once, also while a refresh is in flight.
//! * At most one refresh of a session is in flight, over all that share its store. Other callers receive its result.
//! * A request is sent only after the store was read and written: a new session can be stored.
//! * Only a response ends a session. A transient error, a crash, a store that fails or a future that is dropped does not.
//! * [`SessionError`] says what to do: log in, try again later, repair the store, or change the configuration.
//! * An access token is sent in an `Authorization` header that is marked sensitive, over https or to a loopback address. No
//!   `Debug` and no error shows it.
//!
//! # Parts
//!
//! [`Machine`] makes the decisions and performs no I/O; its [`Driver`] does. The managers drive it over a store, an
//! [`HttpClient`](workos_login::HttpClient) and a [`Clock`]. [`Store`] documents what a store of your own has to do; the
//! module `conformance`, with the feature of that name, checks it in one test.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod bearer;
#[cfg(not(target_arch = "wasm32"))]
mod block_on;
#[cfg(not(target_arch = "wasm32"))]
mod blocking;
#[cfg(not(target_arch = "wasm32"))]
mod blocking_store;
mod clock;
#[cfg(all(feature = "conformance", not(target_arch = "wasm32")))]
pub mod conformance;
mod error;
#[cfg(not(target_arch = "wasm32"))]
mod file_lock;
mod io;
mod machine;
mod manager;
mod marker;
mod memory_store;
#[cfg(not(target_arch = "wasm32"))]
mod pending_login_store;
mod record;
#[cfg(feature = "seal")]
mod seal;
mod store;
#[cfg(feature = "seal")]
mod store_factory;
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
#[cfg(not(target_arch = "wasm32"))]
pub use crate::file_lock::FileLock;
pub use crate::machine::{Driver, Lock, Machine, SessionPolicy};
pub use crate::manager::SessionManager;
pub use crate::marker::MaybeSend;
pub use crate::memory_store::MemoryStore;
#[cfg(not(target_arch = "wasm32"))]
pub use crate::pending_login_store::{PendingLoginStore, TakeLoginError};
pub use crate::record::{Expected, Generation, StoredSession};
#[cfg(feature = "seal")]
pub use crate::seal::SealingKeys;
#[cfg(not(target_arch = "wasm32"))]
pub use crate::store::BlockingStore;
pub use crate::store::{Store, StoreLock};
#[cfg(feature = "seal")]
pub use crate::store_factory::StoreFactory;
pub use crate::token::{LoggedOut, Revocation, Token};
pub use workos_login;
