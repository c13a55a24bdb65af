//! The program as its users run it: the built binary, real sockets, and a terminal.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod accounts;
#[cfg(unix)]
mod challenge;
mod demo;
mod device;
mod discovery;
mod escaping;
mod exchange;
#[cfg(unix)]
mod interrupt;
mod login;
mod no_store;
mod oauth;
mod oauth_server;
#[cfg(target_os = "linux")]
mod session;
mod support;
#[cfg(unix)]
mod terminal;
mod usage;
mod verify;
