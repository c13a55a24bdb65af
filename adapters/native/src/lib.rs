//! Logs users in to [WorkOS](https://workos.com), or to another authorization server, from command-line and desktop applications, and
//! keeps their sessions.
//!
//! [`NativeApp`] puts the parts of [workos-login](workos_login) together: the system browser, a listener on the loopback interface or a link
//! of the application, the keyring of the operating system, and an HTTP client.
//!
//! ```no_run
//! use workos_login_native::NativeApp;
//! use workos_login_native::workos_login::Client;
//! use workos_login_native::workos_login::secrecy::ExposeSecret;
//!
//! let app = NativeApp::new(Client::public("client_123".parse()?), "Acme CLI");
//! let session = match app.session()? {
//!     Some(session) => session,  // of an earlier run
//!     None => app.login()?,      // opens the browser
//! };
//! let token = session.access_token()?; // refreshed when due, by one of all threads and processes
//! println!("{} bytes", token.secret().expose_secret().len());
//! session.log_out()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Logins
//!
//! | redirect URI | login |
//! |---|---|
//! | on the loopback interface, also `http://127.0.0.1:PORT/callback` by default | [`NativeApp::login`] waits for the callback |
//! | a private-use scheme or a claimed https link | [`NativeApp::begin`], then [`NativeApp::handle_url`] in any process |
//! | none | [`DeviceGrant`]: a user code, where no browser can be opened or the application asks for it |
//!
//! The library prints nothing by itself. [`Login::progress`] receives each [`LoginEvent`]: the page to visit, the time left, retries, and the offer to
//! satisfy an authentication challenge with another login, for example into a selected organization.
//!
//! Every wait of a login ends when its [`Canceller`] is used. Each login has one [timeout](Login::timeout).
//!
//! # Errors
//!
//! The variant of a [`NativeError`] says what failed, and its [kind](NativeError::kind) what to tell the user; `retry_in`, `status` and
//! `error_response` are the same for a login, a session and a store.
//!
//! # Storage
//!
//! [`Storage`] is chosen at run time, and never without the application: the keyring of the operating system, the Linux kernel keyring,
//! [encrypted files](Storage::File) with a key that the application provides, or the memory of the process. A session and a pending login are bound to the client ID and the issuer. A login starts only if its session can
//! be stored.
//!
//! An application with several accounts or services lists them in an [`AccountIndex`], a plain file without secrets: a later process uses
//! the first one with its client, its discovered endpoints, its account and its store.
//!
//! # Verification
//!
//! The user of a session came from the token endpoint over TLS, and then from the store. With the feature `verify`,
//! `NativeSession::verify` verifies the token that names the user with the keys of the issuer.
//!
//! # Terminals
//!
//! With the feature `terminal`, the module `terminal` shows the events of a login on standard error, with a line that counts down, and asks for
//! an organization. It escapes what could control the terminal.
//!
//! # Async
//!
//! With the feature `tokio`, the module `nonblocking` has the same types for async applications.

mod account_index;
mod app;
mod browser;
mod canceller;
mod challenge;
mod error;
mod error_kind;
mod link;
mod login;
mod native_client;
#[cfg(feature = "tokio")]
pub mod nonblocking;
mod session;
mod storage;
#[cfg(feature = "terminal")]
pub mod terminal;
#[cfg(feature = "verify")]
mod verified_token;

pub use crate::account_index::{AccountIndex, IndexError};
pub use crate::app::NativeApp;
pub use crate::browser::open as open_browser;
pub use crate::canceller::Canceller;
pub use crate::challenge::UnansweredChallenge;
pub use crate::error::NativeError;
pub use crate::error_kind::ErrorKind;
pub use crate::link::HandledUrl;
pub use crate::login::event::{Browser, ChallengeOffer, LoginEvent, Page};
pub use crate::login::options::{DeviceGrant, Login};
pub use crate::native_client::NativeClient;
pub use crate::session::{LoggedOut, NativeSession};
pub use crate::storage::{Location, NativeStore, Storage, UnknownStorage};
#[cfg(feature = "verify")]
pub use crate::verified_token::VerifiedToken;

pub use workos_login;
pub use workos_login_file;
pub use workos_login_keyring;
pub use workos_login_loopback;
pub use workos_login_session;
pub use workos_login_ureq;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
