//! Verifiers of access tokens and ID tokens, which fetch the keys of the issuer with any HTTP client of `workos-login`.
//!
//! | for | type | HTTP client |
//! |---|---|---|
//! | tasks, on any runtime | [`TokenVerifier`] | [`HttpClient`](workos_login::HttpClient) |
//! | threads | [`BlockingTokenVerifier`] | [`BlockingHttpClient`](workos_login::BlockingHttpClient) |
//!
//! A verifier is shared by all callers of a process. [`KeySet`](workos_login::keys::KeySet) contains the checks of tokens and decides when
//! keys are fetched. A verifier adds that one fetch is in flight:
//!
//! * If keys are due, one caller fetches them. The others verify with the old keys and do not wait.
//! * If a token requires keys, such as one with an unknown key ID, its caller waits for the fetch in flight or begins one, and verifies the
//!   token again.
//! * A fetch takes at most [`KEYS_TIMEOUT`](workos_login::limits::KEYS_TIMEOUT). After one that failed, no caller waits until the cooldown ends.
//!
//! A server that calls `refresh` in the background has no request that waits, except the first ones.

#![cfg(any(feature = "verify", feature = "verify-rustcrypto"))]

mod blocking_token_verifier;
mod state;
mod token_verifier;

pub use crate::blocking_token_verifier::BlockingTokenVerifier;
pub use crate::state::FetchError;
pub use crate::token_verifier::TokenVerifier;

pub use workos_login;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
