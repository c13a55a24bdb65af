//! Applications against the mock server: real sockets, and a browser that follows the authorization URL.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod account_index;
mod cancellation;
mod challenge;
mod device;
mod encrypted_file;
mod error_kind;
mod link;
mod login;
#[cfg(feature = "tokio")]
mod nonblocking;
#[cfg(unix)]
mod programs;
mod support;
#[cfg(feature = "verify")]
mod verification;
