//! The verifiers: fetches, callers that share one, failures.

#![cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

mod issuer;
mod tasks;
mod threads;
