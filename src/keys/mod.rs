//! Verification of access tokens and ID tokens, for resource servers and clients.
//!
//! ```text
//! Client::key_set ─▶ KeySet ── fetch(now) ─▶ FetchingKeys ~ HTTP ─▶ KeySet
//!                      │  │                                            │
//!  verify_access_token │  │ verify_id_token          replaces the other one
//!                      ▼  ▼
//!    Verified<AccessClaims>  Verified<IdClaims>  or  VerifyError::KeysRequired: fetch, then verify again
//! ```
//!
//! A [`KeySet`] has the keys of an issuer and verifies tokens. It performs no I/O: it tells when its keys are due for a fetch, and an
//! unknown key is [`VerifyError::KeysRequired`]. The package `workos-login-verify` contains verifiers that fetch with any HTTP client.
//!
//! A token passes these checks, in this order: size; three parts; no `crit`; a key ID of exactly one key; the algorithm of that key; the
//! signature; the type (access token or ID token); issuer; audience; `exp`; `nbf`; `sub`. No claim is read before the
//! signature is verified.
//!
//! ```
//! use std::time::SystemTime;
//! use workos_login::keys::{BearerError, KeySet, VerifyError};
//! use workos_login::{Client, Exchange};
//! # use workos_login::http::{HeaderMap, Response};
//! # fn send(_: workos_login::http::Request<Vec<u8>>) -> Response<&'static str> {
//! #     Response::builder().header("content-type", "application/json").body(r#"{"keys": []}"#).unwrap()
//! # }
//!
//! let mut keys: KeySet = Client::public("client_123".parse()?).key_set();
//! let now = SystemTime::now();
//! if keys.needs_fetch_in(now).is_zero() {
//!     let exchange = keys.fetch(now);
//!     let response = send(exchange.request());
//!     keys = exchange.response(response, now)?;
//! }
//!
//! // A handler of a resource server, in any framework:
//! fn handle(keys: &KeySet, headers: &HeaderMap, now: SystemTime) -> Result<String, BearerError> {
//!     let user = keys.authorize(headers, now)?;
//!     user.require_permission("reports:read")?;
//!     Ok(format!("Reports of {}", user.subject()))
//! }
//!
//! let error = handle(&keys, &HeaderMap::new(), now).unwrap_err();
//! assert_eq!(error.status(), 401);
//! assert_eq!(error.www_authenticate().unwrap(), "Bearer");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! `verify` uses *ring*, which needs a C compiler. `verify-rustcrypto` uses `rsa`, `p256` and `ed25519-dalek`, which are pure Rust and
//! compile for `wasm32-unknown-unknown`. With both, *ring* is used.

mod backend;
mod bearer;
mod fetching_keys;
mod key_set;
mod public_key;
mod rules;
mod signed_token;
mod verified;
mod verify_error;

pub use self::bearer::{BearerError, bearer_token};
pub use self::fetching_keys::FetchingKeys;
pub use self::key_set::KeySet;
pub use self::verified::{AccessClaims, IdClaims, Verified};
pub use self::verify_error::{InvalidToken, VerifyError};
