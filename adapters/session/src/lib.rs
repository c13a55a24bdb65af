//! Keep the session of [workos-login](workos_login) alive: for many threads, tasks and processes, over any HTTP client
//! and any store.
//!
//! The rules are in the core, in [`workos_login::session`]: when a session is refreshed, what a lost answer means, when it
//! ends. Here is what does the work: [`BlockingSessionManager`] for threads, [`SessionManager`] for tasks on any runtime, and
//! [`Store`], which is where the session rests.
//!
//! ```no_run
//! use workos_login::session::{Machine, SessionPolicy};
//! use workos_login::secrecy::ExposeSecret;
//! use workos_login::{Authenticated, BlockingHttpClient, Client, ExchangeLimits};
//! use workos_login_session::{BlockingSessionManager, MemoryStore};
//!
//! # fn log_in() -> Result<Authenticated, Box<dyn std::error::Error>> { Err("not here".into()) }
//! let client = Client::public("client_123".parse()?);
//! let http = workos_login_ureq::agent();
//! let keeper = BlockingSessionManager::new(
//!     Machine::new(&client, SessionPolicy::default()),
//!     MemoryStore::new(), // workos-login-keyring has one that stays
//!     move |refreshing, limit| {
//!         http.send_within(refreshing, ExchangeLimits::default().timeout(limit))
//!     },
//! );
//!
//! keeper.check()?; // can a session be stored?
//! keeper.log_in(log_in()?)?;
//!
//! // From any thread, whenever one is needed.
//! let token = keeper.token()?;
//! if let Some(warning) = token.warning() {
//!     eprintln!("{warning}");
//! }
//! println!("{} bytes", token.secret().expose_secret().len());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The one for tasks takes the sleep function of its runtime as well:
//!
//! ```no_run
//! use workos_login::http::Request;
//! use workos_login::session::{Machine, SessionPolicy};
//! use workos_login::{Client, ExchangeLimits, HttpClient};
//! use workos_login_session::{SessionManager, MemoryStore};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::public("client_123".parse()?);
//! let http = workos_login_reqwest::client()?;
//! let sender = http.clone();
//! let keeper = SessionManager::new(
//!     Machine::new(&client, SessionPolicy::default()),
//!     MemoryStore::new(),
//!     move |refreshing| {
//!         let http = sender.clone();
//!         async move { http.send(refreshing).await }
//!     },
//!     tokio::time::sleep,
//! );
//!
//! // The token goes into the header. When the server refuses it, it is refreshed and the call repeated, once.
//! let request = Request::get("https://api.example.com/things").body(Vec::new())?;
//! let response = keeper
//!     .call(request, |request| http.execute(request, ExchangeLimits::default()))
//!     .await?;
//! println!("{}", response.status());
//! # Ok(())
//! # }
//! ```
//!
//! # What a caller can rely on
//!
//! * A token that is not due is there at once, also while a refresh is under way.
//! * Of all threads, tasks and processes that share a store, one refreshes. Those who wait in the same process get its
//!   result, good or bad, and ask nothing themselves; another process finds the new session in the store.
//! * Nothing is sent unless the store was read and written right before: a new session has a place to go to.
//! * What has been given to the store is finished before the lock goes back, also when a future is dropped.
//! * [`Error`] says what to do: sign in, try again after some time, mend the store, or change the configuration.
//!   Only the first means that the session is over.
//! * A token goes nowhere but into an `Authorization` header that is marked sensitive, over https or on this machine. It
//!   is in no `Debug` and in no error.
//!
//! # The HTTP client
//!
//! The exchange of a refresh has a limit of a few seconds, so that it can be repeated while the service still knows the
//! answer. A future is dropped then; a blocking client has to end by itself, as every `BlockingHttpClient` does.
//!
//! # A store of your own
//!
//! [`Store`] says what one has to do. The two things that matter most: a save is atomic, and the lock
//! is given back by the system when a process dies.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

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
pub use crate::tasks::SessionManager;
pub use crate::threads::BlockingSessionManager;
pub use crate::token::{Token, Warning};
pub use workos_login;
