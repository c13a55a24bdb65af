//! Tests of the server over real sockets, with an independent HTTP client.

#![expect(clippy::unwrap_used, reason = "a test fails at the unwrap")]

mod authorize;
mod challenges;
mod code_exchange;
mod command_line;
#[cfg(feature = "conformance")]
mod conformance;
mod cross_origin;
mod device;
mod faults;
mod logout;
mod refresh;
mod server;
mod support;
