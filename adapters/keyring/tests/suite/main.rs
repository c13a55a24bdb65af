//! The store over a keyring in memory that fails on request, and its lock between processes.

mod atomic;
mod locks;
mod records;
mod support;
