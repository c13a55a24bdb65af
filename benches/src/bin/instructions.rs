//! Repeats the work of a row for callgrind: `instructions ROW CONTENDER COUNT`.

use workos_login_benches::parse;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, row, contender, count] = &arguments[..] else {
        usage();
    };
    let (Some((row, contender)), Ok(count)) = (parse(row, contender), count.parse()) else {
        usage();
    };
    let Some(mut work) = contender.offer(row).work() else {
        usage();
    };
    work.warm_up();
    let mut parts = [measured as fn(&mut dyn FnMut()), measured_less].into_iter();
    work.measure(count, |run| {
        if let Some(part) = parts.next() {
            part(run);
        }
        0.0
    });
}

/// Callgrind counts the instructions in this function.
#[inline(never)]
fn measured(run: &mut dyn FnMut()) {
    run();
}

/// Callgrind counts the subtracted instructions in this function.
#[inline(never)]
fn measured_less(run: &mut dyn FnMut()) {
    std::hint::black_box(());
    run();
}

fn usage() -> ! {
    eprintln!("usage: instructions ROW CONTENDER COUNT");
    std::process::exit(2);
}
