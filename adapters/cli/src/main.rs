//! Log in to WorkOS from the terminal.

fn main() {}
