//! Receive the callback of a WorkOS login on this machine: 127.0.0.1, `[::1]` or `localhost`.
//!
//! For programs that run where the browser runs: a terminal program, a desktop application (RFC 8252 section 7.3). Bind
//! first, begin the login with the listener's address, open the browser, and wait:
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login::{Client, Screen, ConnectionSelector, limits};
//! use workos_login_loopback::Listener;
//!
//! let client = Client::public("client_123".parse()?);
//! let listener = Listener::bind()?.app_name("Acme CLI");
//! let (url, pending) = client
//!     .login(ConnectionSelector::AuthKit(Screen::SignIn), listener.redirect_uri().clone())
//!     .begin(SystemTime::now(), &mut rand::rng());
//! println!("Open {url}");
//!
//! let exchanging = listener.wait(&client, pending, limits::PENDING_LOGIN_TTL)?;
//! // Send `exchanging` with the adapter of an HTTP client, and the user is signed in.
//! # let _ = exchanging;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Listener::wait`] blocks, [`Listener::wait_with`] also tells the time that is left once a second, and
//! [`Listener::wait_async`] is a future for any runtime. A [`Canceller`] ends each of them at once.
//!
//! # What ends the wait
//!
//! One thing: a `GET` of exactly the redirect address, with a `Host` of this machine, whose `state` is that of the awaited
//! login. Whether it lets the user in or not, the page that the browser is shown says so; it is sent to its end, and the
//! listener is closed.
//!
//! Everything else that finds the port gets a small answer, or none, and the wait goes on: favicons, other methods, forged
//! callbacks, pages of strangers that guess the port, connections that browsers open in advance, requests that never end. None
//! of them can keep the callback waiting: at most 32 connections are served at once, each for ten seconds and 64 KiB, and
//! the one with the least to lose makes room for the next.
//!
//! The page needs no script and loads nothing, shows nothing of the request, and is never stored.

mod bind;
mod bind_error;
mod canceller;
mod connection;
mod endpoint;
mod listener;
mod page;
mod request;
mod server;
mod wait;
mod wait_error;
mod waiting;

pub use crate::bind_error::BindError;
pub use crate::canceller::Canceller;
pub use crate::listener::Listener;
#[doc(hidden)]
pub use crate::request::callback_target;
pub use crate::wait_error::WaitError;
pub use crate::waiting::Waiting;

pub use workos_login;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
