//! The program as its users run it: the built binary, real sockets, and a terminal where there is one.

#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

mod demonstration;
mod device;
mod hostile;
#[cfg(unix)]
mod interrupt;
mod issuer;
mod login;
mod no_store;
mod oauth_server;
mod refusals;
mod service;
#[cfg(target_os = "linux")]
mod session;
#[cfg(unix)]
mod step;
mod support;
#[cfg(unix)]
mod terminal;
