//! Measures the cost of a login and prints one table: `login-cost [WEIGHT]`, where WEIGHT is a file with the output of `weight/measure`.
//!
//! `./run` builds all programs and runs both.

mod goals;
mod measure;
mod table;

use std::fs;
use std::io;

use workos_login_benches::{Contender, Row};

use self::measure::{Counts, Heap, Spread};
use self::table::Weight;

/// All measurements.
struct Measured {
    lines: Vec<Line>,
    memory: Vec<Memory>,
    weight: Vec<Weight>,
    entropy_calls: usize,
}

/// The work of a row, done by one contender.
struct Line {
    row: Row,
    contender: Contender,
    time: Spread,
    /// Relative to the floor in the same round.
    ratio: Spread,
    counts: Counts,
}

/// Many pending logins at the same time.
struct Memory {
    contender: Contender,
    count: usize,
    heap: Heap,
}

impl Measured {
    fn line(&self, row: Row, contender: Contender) -> Option<&Line> {
        self.lines
            .iter()
            .find(|line| line.row == row && line.contender == contender)
    }
}

fn main() -> io::Result<()> {
    let weight = match std::env::args().nth(1) {
        Some(path) => Weight::read(&fs::read_to_string(path)?),
        None => Vec::new(),
    };
    let measured = measure::everything(weight)?;
    print!("{}", table::of(&measured));
    print!("{}", goals::of(&measured));
    Ok(())
}
