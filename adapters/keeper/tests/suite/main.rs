//! The keeper over real sockets, with stores that fail and answers that get lost.

mod calls;
mod faults;
mod rules;
mod support;
mod tasks;
