//! The program as its users run it: the built binary, real sockets, and a terminal where there is one.

#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

mod demonstration;
mod hostile;
#[cfg(unix)]
mod interrupt;
mod login;
mod refusals;
mod service;
mod support;
#[cfg(unix)]
mod terminal;
