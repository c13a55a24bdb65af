//! Logins of single-page applications with [workos-login](https://docs.rs/workos-login): `fetch`, web storage, Web Locks.
//!
//! The crate is for wasm32; on other targets it is empty.
#![cfg(target_arch = "wasm32")]

mod error;
mod fetch;
mod js;
mod page;
mod session;
mod store;

pub use crate::error::LoginError;
pub use crate::fetch::{FetchClient, FetchError};
pub use crate::js::{BrowserClock, BrowserRng};
pub use crate::session::{BrowserSession, RefreshTokenStorage};
pub use crate::store::TabStore;
pub use workos_login;
pub use workos_login_session;
