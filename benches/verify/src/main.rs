//! The cost of verifying an RS256 access token, and the fetches of the keys while they are rotated.
//!
//! `jsonwebtoken` alone has the key prepared and reads the same claims. `workos` verifies only the token in a sealed session, so its time
//! contains opening that. Each verifier of the second part serves eight threads, and its issuer rotates the keys in between.

mod contenders;
mod issuer;
mod ratios;
mod rotation;

fn main() {
    ratios::print();
    println!();
    rotation::print();
}
