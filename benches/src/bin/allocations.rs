//! Counts the allocations of all work. Prints one line each: row, contender, allocations.

use workos_login_benches::{Contender, Row};

fn main() {
    for row in Row::ALL {
        for contender in Contender::ALL {
            let Some(mut work) = contender.work(row) else {
                continue;
            };
            work.warm_up();
            work.prepare(1);
            let count = allocation_counter::measure(|| work.run()).count_total;
            println!("{}\t{}\t{count}", row.title(), contender.name());
        }
    }
}
