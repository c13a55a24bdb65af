//! The keeper over real sockets, with stores that fail and answers that get lost.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod calls;
mod faults;
mod leases;
mod resource;
mod rules;
mod support;
mod tasks;
