//! The listener over real sockets, waiting in each way that it can.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod accepted;
mod arbitrary;
mod bound;
mod ended;
mod ignored;
mod support;
