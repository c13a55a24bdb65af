//! Logs users in to WorkOS from iOS and Android applications: [`workos_login`] and its session manager behind UniFFI.
//!
//! The application implements two traits in its own language: [`HttpClient`], over URLSession or OkHttp, and [`Storage`], over the
//! Keychain or the Keystore. [`MobileApp`] does the rest: the login, its callback, the session, and each refresh.
//!
//! # Guarantees
//!
//! They are those of [`workos_login_session`], across the language boundary:
//!
//! * At most one refresh of a session is in flight, over all tasks and processes with the same lock directory.
//! * A refresh is recorded in the storage before it is sent, and a new session is saved before its access token is returned. If it
//!   cannot be saved, the token has a [warning](Token::warning).
//! * A refresh whose response was lost is repeated with the same request, also after a restart.
//! * Only a response of the service ends a session. A locked storage, an exception of the foreign code or no network does not.
//! * Requests, responses and tokens are objects, whose text does not show what they contain.

uniffi::setup_scaffolding!();

mod app;
mod configuration;
mod error;
mod http;
mod storage;
mod token;

pub use crate::app::MobileApp;
pub use crate::configuration::{Configuration, ConnectionSelector, LoginOptions};
pub use crate::error::MobileError;
pub use crate::http::{Header, HttpClient, HttpError, HttpRequest, HttpResponse};
pub use crate::storage::{Storage, StorageError};
pub use crate::token::{Session, Token, User};
