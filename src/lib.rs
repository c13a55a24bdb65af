//! Log people in to WorkOS.
