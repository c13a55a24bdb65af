//! The core's tests: one module for each state, and one for each property that all states share.

#![expect(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod arbitrary;
mod authenticated;
mod auto_traits;
mod awaiting_callback;
mod callback;
mod challenge;
mod claims;
mod client;
mod clocks;
mod conformance;
mod device;
mod end_user;
mod error_codes;
mod errors;
mod exchanges;
mod exchanging;
mod fixtures;
mod generator;
mod import;
mod lifetimes;
mod limits;
mod malformed;
mod moves;
mod oauth;
mod refreshing;
mod restart;
mod retry_after;
mod scenario;
mod secrets;
mod start;
mod stored;
