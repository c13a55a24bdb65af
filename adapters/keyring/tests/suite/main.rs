//! The store over a keyring in memory that fails on request, and over the Linux kernel keyring.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod atomicity;
mod conformance;
mod files;
#[cfg(target_os = "linux")]
mod kernel;
mod lock;
mod pending_logins;
mod records;
mod support;
