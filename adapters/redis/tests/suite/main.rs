//! The store over real Redis servers, which each test starts on a Unix socket of its own.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod conformance;
mod failures;
mod locks;
mod memory;
mod server;
mod values;
