//! The listener over real sockets, with blocking and async waits.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod accepted;
mod arbitrary;
mod bound;
mod ended;
mod ignored;
mod pages;
mod support;
