//! The store over a keyring in memory that fails on request, and its lock between processes.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod atomic;
#[cfg(target_os = "linux")]
mod kernel;
mod locks;
mod records;
mod support;
