//! A whole application with the layer, in a browser that is a cookie jar, against the mock server.

#![allow(clippy::unwrap_used, reason = "tests")]

mod attacks;
mod bearer;
mod challenges;
mod configuration;
mod cookies;
mod log;
mod logins;
#[cfg(feature = "node-sealed-sessions")]
mod node;
mod refresh;
mod step_up;
mod stores;
mod verification;
mod world;
