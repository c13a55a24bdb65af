//! Receives the callback of a WorkOS login on the loopback interface (RFC 8252 section 7.3).
//!
//! This crate is for applications that run on the same machine as the browser, such as command-line programs and desktop
//! applications. Bind a [`Listener`], begin the login with its redirect URI, open the authorization URL in the browser, and
//! wait for the callback:
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login::{BlockingHttpClient, Client, ConnectionSelector, Screen, limits};
//! use workos_login_loopback::Listener;
//!
//! let client = Client::public("client_123".parse()?);
//! let listener = Listener::bind()?.app_name("Acme CLI");
//! let (url, pending) = client
//!     .login(ConnectionSelector::AuthKit(Screen::SignIn), listener.redirect_uri().clone())
//!     .begin(SystemTime::now(), &mut rand::rng());
//! println!("Open {url}");
//!
//! let (exchanging, page) = listener.wait(&client, pending, limits::PENDING_LOGIN_TTL)?;
//! # let http = workos_login_ureq::agent();
//! let outcome = http.send(exchanging); // with an HTTP adapter
//! page.respond(&outcome);
//! let session = outcome?.authenticated()?;
//! # let _ = session;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Listener::wait`] blocks. [`Listener::wait_with`] also reports the [`Progress`]: the remaining time, and malformed callbacks.
//! [`Listener::wait_async`] returns a future for any async runtime. A [`Canceller`] cancels each of them.
//!
//! The browser waits until the code exchange is over: [`PendingPage::respond`] shows that the user is logged in, or what failed.
//!
//! # Guarantees
//!
//! Only a `GET` of the exact redirect URI, with a loopback `Host` and the `state` of the pending login, ends the wait. The port is
//! closed when the wait returns. The connection of the callback stays open until the browser has received the page, at most twelve
//! seconds.
//!
//! Every other request is answered with an HTTP error, and the wait continues. This includes favicons, other methods,
//! callbacks with a different `state`, requests from web pages that guess the port, idle connections that browsers open in
//! advance, and incomplete requests. None of them can block the callback: see [Limits](#limits).
//!
//! The page runs no script, loads no resource, contains nothing from the request and no token, and is never cached. It says that
//! the user is logged in only after the code exchange.
//!
//! # Limits
//!
//! A listener serves at most 32 connections at once, each for at most ten seconds and 64 KiB of request. When the maximum is
//! reached, a new connection replaces an existing one, idle connections first.

mod bind;
mod bind_error;
mod canceller;
mod connection;
mod endpoint;
mod listener;
mod page;
mod pending_page;
mod progress;
mod request;
mod server;
mod wait;
mod wait_error;
mod wait_future;

pub use crate::bind_error::BindError;
pub use crate::canceller::Canceller;
pub use crate::listener::Listener;
pub use crate::pending_page::PendingPage;
pub use crate::progress::Progress;
#[doc(hidden)]
pub use crate::request::callback_target;
pub use crate::wait_error::WaitError;
pub use crate::wait_future::WaitFuture;

pub use workos_login;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
