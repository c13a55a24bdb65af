//! Repeats the work of a row for callgrind: `instructions ROW CONTENDER COUNT`.

use workos_login_benches::{Work, parse};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let work = match &arguments[..] {
        [_, row, contender, count] => parse(row, contender)
            .and_then(|(row, contender)| contender.work(row))
            .zip(count.parse().ok()),
        _ => None,
    };
    let Some((mut work, count)) = work else {
        eprintln!("usage: instructions ROW CONTENDER COUNT");
        std::process::exit(2);
    };
    work.warm_up();
    work.prepare(count);
    measured(&mut work);
}

/// Callgrind counts the instructions in this function.
#[inline(never)]
fn measured(work: &mut Work) {
    work.run();
}
