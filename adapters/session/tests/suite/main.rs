//! The machine without I/O, and the managers over real sockets, with stores that fail and responses that are lost.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps fails where it should"
)]

mod bindings;
mod calls;
#[cfg(feature = "conformance")]
mod conformance;
mod failures;
mod faults;
mod leases;
mod logins;
mod pending_logins;
mod records;
mod requests;
mod resource;
mod revocation;
mod rules;
mod support;
mod switches;
mod tasks;
mod world;
