//! The core's tests: one module for each state, and one for each promise that all states share.

#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

mod answers;
mod authenticated;
mod auto_traits;
mod awaiting_callback;
mod callback;
mod client;
mod clocks;
mod conformance;
mod connect;
mod device;
mod errors;
mod exchanges;
mod exchanging;
mod fixtures;
mod generator;
mod hostile;
mod limits;
mod malformed;
mod moves;
mod refreshing;
mod restart;
mod retry_after;
mod saved;
mod scenario;
mod secrets;
mod secrets_of_steps;
mod start;
mod step_up;
