//! Measures time, heap and instructions.

use std::env;
use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use workos_login_benches::{Contender, Row, Work};

/// The time of one contender in one round. In a longer one, the inputs would not fit into the cache.
const SLICE: Duration = Duration::from_micros(100);
const ROUNDS: usize = 1001;
/// The repetitions of the work with callgrind.
const UNDER_CALLGRIND: u32 = 100;

/// Nanoseconds for one repetition in each round.
pub(crate) struct Times(Vec<(Contender, Vec<f64>)>);

impl Times {
    pub(crate) fn of(&self, contender: Contender) -> Option<&[f64]> {
        let (_, rounds) = self.0.iter().find(|(known, _)| *known == contender)?;
        Some(rounds)
    }
}

/// Measures the contenders of a row in turns, so that a slow machine affects all of them.
pub(crate) fn times(row: Row) -> Times {
    let mut runners: Vec<Runner> = Contender::ALL
        .into_iter()
        .filter_map(|contender| Runner::new(row, contender))
        .collect();
    let turns = runners.len();
    for round in 0..ROUNDS {
        // The order changes, so that no contender is always first or always follows the same one.
        for turn in 0..turns {
            let step = if round % 2 == 0 {
                turn
            } else {
                turns - 1 - turn
            };
            runners[(round + step) % turns].turn();
        }
    }
    let rounds = runners
        .into_iter()
        .map(|runner| (runner.contender, runner.rounds));
    Times(rounds.collect())
}

struct Runner {
    contender: Contender,
    work: Work,
    count: usize,
    rounds: Vec<f64>,
}

impl Runner {
    fn new(row: Row, contender: Contender) -> Option<Self> {
        let mut runner = Self {
            contender,
            work: contender.work(row)?,
            count: 64,
            rounds: Vec::with_capacity(ROUNDS),
        };
        // Warms up and finds a count that is long enough for the resolution of the clock.
        runner.turn();
        runner.turn();
        let nanos = runner.rounds[1].max(1.0);
        runner.count = ((SLICE.as_nanos() as f64 / nanos) as usize).clamp(16, 50_000);
        runner.rounds.clear();
        Some(runner)
    }

    fn turn(&mut self) {
        self.work.prepare(self.count);
        let start = Instant::now();
        self.work.run();
        let nanos = start.elapsed().as_nanos() as f64;
        self.rounds.push(nanos / self.count as f64);
    }
}

/// The output of `allocations`.
pub(crate) struct Allocations(String);

impl Allocations {
    pub(crate) fn of(&self, row: Row, contender: Contender) -> Option<f64> {
        let start = format!("{}\t{}\t", row.title(), contender.name());
        let count = self.0.lines().find_map(|line| line.strip_prefix(&start))?;
        count.parse().ok()
    }
}

pub(crate) fn allocations() -> io::Result<Allocations> {
    output(&mut sibling("allocations")?).map(Allocations)
}

/// Returns the resident bytes of each of many pending logins.
pub(crate) fn memory(contender: Contender, count: usize) -> io::Result<f64> {
    let output = output(sibling("memory")?.args([contender.name(), &count.to_string()]))?;
    output.trim().parse().map_err(io::Error::other)
}

/// Counts the instructions of the measured function; `None` without valgrind, and for a contender without this work.
pub(crate) fn instructions(row: Row, contender: Contender) -> io::Result<Option<f64>> {
    if contender.work(row).is_none() {
        return Ok(None);
    }
    let file = env::temp_dir().join(format!("login-cost-{}.callgrind", std::process::id()));
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(&file);
    let status = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg("--toggle-collect=instructions::measured")
        .arg(out)
        .arg(env::current_exe()?.with_file_name("instructions"))
        .args([row.title(), contender.name(), &UNDER_CALLGRIND.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        status => status?,
    };
    let output = fs::read_to_string(&file)?;
    fs::remove_file(file)?;
    let total = output.lines().find_map(|line| {
        line.strip_prefix("totals:")
            .or_else(|| line.strip_prefix("summary:"))
    });
    let total = total.and_then(|total| total.trim().parse::<f64>().ok());
    Ok(total.map(|total| total / f64::from(UNDER_CALLGRIND)))
}

/// Returns a program in the directory of this one.
fn sibling(name: &str) -> io::Result<Command> {
    Ok(Command::new(env::current_exe()?.with_file_name(name)))
}

fn output(command: &mut Command) -> io::Result<String> {
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("{command:?}: {}", output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
