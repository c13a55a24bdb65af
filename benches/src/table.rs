//! The table, in Markdown: all programs print lines of the same columns.

use std::fmt;
use std::fs;

/// The head of the table, with the machine above it.
#[must_use]
pub fn head() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("unknown processor", |rest| {
            rest.trim_start_matches(['\t', ' ', ':'])
        });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    format!(
        "{model}, {cores} cores, {} {}; load at the start: {}\n\n\
         | work | floor | workos-login | oauth2 | workos | goal | met |\n|:--|--:|--:|--:|--:|:--|:--|",
        std::env::consts::OS,
        std::env::consts::ARCH,
        load.split(' ').next().unwrap_or_default(),
    )
}

/// A line of the table.
pub struct Line {
    pub work: String,
    /// The floor, this library, `oauth2` and `workos`.
    pub cells: [String; 4],
    pub goal: Option<Goal>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| {} | {} |", self.work, self.cells.join(" | "))?;
        match &self.goal {
            Some(goal) => write!(
                f,
                " {} | {} |",
                goal.text,
                if goal.is_met { "yes" } else { "NO" }
            ),
            None => f.write_str("  |  |"),
        }
    }
}

/// A goal, and whether it is met.
pub struct Goal {
    text: String,
    is_met: bool,
}

impl Goal {
    #[must_use]
    pub fn at_most(value: f64, limit: f64, unit: &str) -> Self {
        Self {
            text: format!("≤ {limit}{unit}"),
            is_met: value <= limit,
        }
    }

    #[must_use]
    pub fn at_least(value: f64, limit: f64, unit: &str) -> Self {
        Self {
            text: format!("≥ {limit}{unit}"),
            is_met: value >= limit,
        }
    }
}

/// A median with its quartiles.
#[derive(Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |quarter: usize| values[(values.len() - 1) * quarter / 4];
        Self {
            low: at(1),
            median: at(2),
            high: at(3),
        }
    }

    /// Returns the ratio of two contenders in the same rounds.
    #[must_use]
    pub fn of_ratio(times: &[f64], floor: &[f64]) -> Self {
        Self::of(times.iter().zip(floor).map(|(time, floor)| time / floor))
    }
}

/// A ratio with its quartiles.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}× ({:.2}–{:.2})", self.median, self.low, self.high)
    }
}

/// Writes nanoseconds.
#[must_use]
pub fn time(nanos: f64) -> String {
    match nanos {
        ..1e3 => format!("{nanos:.0} ns"),
        ..1e6 => format!("{:.2} µs", nanos / 1e3),
        _ => format!("{:.2} ms", nanos / 1e6),
    }
}
