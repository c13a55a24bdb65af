//! The verification of tokens: keys, claims, fetches, the resource server.

#![cfg(any(feature = "verify", feature = "verify-rustcrypto"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test and its helpers end at what they did not expect"
)]

mod any;
mod auto_traits;
mod bearer;
mod claims;
mod fetches;
mod fixtures;
mod forged;
mod issuer;
mod jwks;
mod moves;
mod rfc;
mod rotation;
