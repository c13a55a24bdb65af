//! Receive the callback of a WorkOS login on 127.0.0.1.
