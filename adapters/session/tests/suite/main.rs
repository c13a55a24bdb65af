//! The managers over real sockets, with stores that fail and responses that are lost.

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
