//! Counts the allocations of all work. Prints one line each: row, contender, allocations, bytes.

use workos_login_benches::{Contender, Row};

fn main() {
    for row in Row::ALL {
        for contender in Contender::ALL {
            let Some(mut work) = contender.offer(row).work() else {
                continue;
            };
            work.warm_up();
            let mut once = |count: fn(&allocation_counter::AllocationInfo) -> u64| {
                work.measure(1, |run| {
                    let info = allocation_counter::measure(run);
                    // Counts are small enough for an exact float.
                    count(&info) as f64
                })
            };
            let allocations = once(|info| info.count_total);
            let bytes = once(|info| info.bytes_total);
            println!(
                "{}\t{}\t{allocations}\t{bytes}",
                row.name(),
                contender.name()
            );
        }
    }
}
