//! The server as its users see it: over real sockets, with a client that knows nothing about it.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod authorize;
mod device;
mod exchange;
mod faults;
mod life;
mod logout;
mod program;
mod refresh;
mod step_up;
mod support;
