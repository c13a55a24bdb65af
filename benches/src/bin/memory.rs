//! Holds many pending logins. Prints the growth of the resident set for each of them.
//!
//! `memory CONTENDER COUNT` is a process of its own, so that earlier allocations have no influence.

use std::fs;

use workos_login_benches::parse_contender;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let contender = arguments.next().as_deref().and_then(parse_contender);
    let count = arguments.next().and_then(|count| count.parse().ok());
    let (Some(contender), Some(count)) = (contender, count) else {
        eprintln!("usage: memory CONTENDER COUNT");
        std::process::exit(2);
    };
    // Values that all logins share are created before.
    contender.with_pending(1, |_| ());
    let before = resident();
    let mut after = before;
    contender.with_pending(count, |_| after = resident());
    println!("{:.1}", after.saturating_sub(before) as f64 / count as f64);
}

/// Returns the resident set of this process in bytes; zero on systems other than Linux.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
