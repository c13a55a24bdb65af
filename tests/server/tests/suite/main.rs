//! The server as its users see it: over real sockets, with a client that knows nothing about it.

mod authorize;
mod exchange;
mod support;
