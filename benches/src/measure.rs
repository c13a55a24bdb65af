//! Measures time, heap and instructions.

use std::env;
use std::fs;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use workos_login_benches::{Contender, Row, Work, entropy_calls};

use crate::table::Weight;
use crate::{Line, Measured, Memory};

/// The time of one contender in one round.
const SLICE: Duration = Duration::from_micros(500);
const ROUNDS: usize = 301;
/// The repetitions of the work with callgrind.
const UNDER_CALLGRIND: u32 = 100;

/// A median with its quartiles.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) low: f64,
    pub(crate) median: f64,
    pub(crate) high: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Counts {
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
    /// `None` without valgrind.
    pub(crate) instructions: Option<f64>,
}

/// The heap of one of many pending logins.
#[derive(Clone, Copy)]
pub(crate) struct Heap {
    /// The requested bytes, including the value itself.
    pub(crate) requested: f64,
    /// The growth of the resident set.
    pub(crate) resident: f64,
}

pub(crate) fn everything(weight: Vec<Weight>) -> io::Result<Measured> {
    let mut lines = Vec::new();
    for row in Row::ALL {
        eprintln!("{}", row.title());
        lines.extend(times(row));
    }
    allocations(&mut lines)?;
    eprintln!("instructions");
    for line in &mut lines {
        line.counts.instructions = instructions(line.row, line.contender)?;
    }
    eprintln!("memory");
    let mut memory = Vec::new();
    for contender in Contender::ALL.into_iter().take(4) {
        for count in [1_000, 100_000, 1_000_000] {
            let heap = heap(contender, count)?;
            memory.push(Memory {
                contender,
                count,
                heap,
            });
        }
    }
    Ok(Measured {
        lines,
        memory,
        weight,
        entropy_calls: entropy_calls(),
    })
}

/// Measures the contenders of a row in turns, so that a slow machine affects all of them.
fn times(row: Row) -> Vec<Line> {
    let mut runners: Vec<Runner> = Contender::ALL
        .into_iter()
        .filter_map(|contender| Runner::new(row, contender))
        .collect();
    let floor = runners
        .iter()
        .position(|runner| runner.contender == Contender::Floor)
        .expect("the floor covers every row");
    for round in 0..ROUNDS {
        // The order changes, so that no contender is always first or always follows the same one.
        let turns = runners.len();
        for turn in 0..turns {
            let step = if round % 2 == 0 {
                turn
            } else {
                turns - 1 - turn
            };
            runners[(round + step) % turns].turn();
        }
    }
    let floor = runners[floor].rounds.clone();
    runners
        .into_iter()
        .map(|runner| Line {
            row,
            contender: runner.contender,
            ratio: Spread::of(
                runner
                    .rounds
                    .iter()
                    .zip(&floor)
                    .map(|(time, floor)| time / floor)
                    .collect(),
            ),
            time: Spread::of(runner.rounds),
            counts: Counts::default(),
        })
        .collect()
}

struct Runner {
    contender: Contender,
    work: Work,
    count: usize,
    /// Nanoseconds for one repetition.
    rounds: Vec<f64>,
}

impl Runner {
    fn new(row: Row, contender: Contender) -> Option<Self> {
        let mut runner = Self {
            contender,
            work: contender.offer(row).work()?,
            count: 64,
            rounds: Vec::with_capacity(ROUNDS),
        };
        // Warms up and finds a count that is long enough for the resolution of the clock.
        runner.turn();
        let mut nanos = 0.0;
        runner.work.measure(runner.count, |run| {
            let start = Instant::now();
            run();
            nanos += start.elapsed().as_nanos() as f64;
            0.0
        });
        let fitting = SLICE.as_nanos() as f64 * runner.count as f64 / f64::max(nanos, 1.0);
        runner.count = (fitting as usize).clamp(16, 50_000);
        runner.rounds.clear();
        Some(runner)
    }

    fn turn(&mut self) {
        let nanos = self.work.measure(self.count, |run| {
            let start = Instant::now();
            run();
            start.elapsed().as_nanos() as f64
        });
        self.rounds.push(nanos / self.count as f64);
    }
}

fn allocations(lines: &mut [Line]) -> io::Result<()> {
    let output = output(&mut sibling("allocations")?)?;
    for line in lines {
        let start = format!("{}\t{}\t", line.row.name(), line.contender.name());
        let counts = output
            .lines()
            .find_map(|output| output.strip_prefix(&start));
        if let [allocations, bytes] = numbers(counts.unwrap_or_default())[..] {
            line.counts.allocations = allocations;
            line.counts.bytes = bytes;
        }
    }
    Ok(())
}

fn heap(contender: Contender, count: usize) -> io::Result<Heap> {
    let output = output(sibling("memory")?.args([contender.name(), &count.to_string()]))?;
    let [requested, resident] = numbers(&output)[..] else {
        return Err(io::Error::other(output));
    };
    Ok(Heap {
        requested,
        resident,
    })
}

/// Counts the instructions of the measured function, less those of the subtracted one.
fn instructions(row: Row, contender: Contender) -> io::Result<Option<f64>> {
    let count = |function: &str| {
        let file = env::temp_dir().join(format!("login-cost-{}.callgrind", std::process::id()));
        let mut out = std::ffi::OsString::from("--callgrind-out-file=");
        out.push(&file);
        let status = Command::new("valgrind")
            .arg("--tool=callgrind")
            .arg(format!("--toggle-collect=instructions::{function}"))
            .arg(out)
            .arg(env::current_exe()?.with_file_name("instructions"))
            .args([row.name(), contender.name(), &UNDER_CALLGRIND.to_string()])
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
        Ok::<_, io::Error>(Some(total.unwrap_or(0.0) / f64::from(UNDER_CALLGRIND)))
    };
    let (Some(all), Some(less)) = (count("measured")?, count("measured_less")?) else {
        return Ok(None);
    };
    Ok(Some(all - less))
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

fn numbers(text: &str) -> Vec<f64> {
    text.split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect()
}
