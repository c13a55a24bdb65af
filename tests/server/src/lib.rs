//! A local WorkOS.
