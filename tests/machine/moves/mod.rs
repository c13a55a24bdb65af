//! Any moves in any order, against a small model.

mod challenge;
mod device;
mod invariants;
mod login;
