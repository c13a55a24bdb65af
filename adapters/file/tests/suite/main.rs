//! The store over a directory of its own in each test.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod binding;
mod conformance;
mod keys;
#[cfg(unix)]
mod modes;
mod pending_logins;
mod support;
mod writes;
