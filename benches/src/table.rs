//! The table, in Markdown.

use std::fmt::Write as _;
use std::fs;

use workos_login_benches::{Contender, Row};

use crate::{Line, Measured};

/// The build cost and size of a program that uses one library.
pub(crate) struct Weight {
    pub(crate) name: String,
    /// The crates in the dependency tree of the library, itself included.
    pub(crate) crates: u32,
    pub(crate) cpu_seconds: f64,
    pub(crate) stripped_bytes: f64,
}

impl Weight {
    pub(crate) fn read(text: &str) -> Vec<Self> {
        text.lines()
            .filter_map(|line| {
                let [name, crates, cpu_seconds, stripped_bytes] =
                    line.split('\t').collect::<Vec<_>>()[..]
                else {
                    return None;
                };
                Some(Self {
                    name: name.into(),
                    crates: crates.parse().ok()?,
                    cpu_seconds: cpu_seconds.parse().ok()?,
                    stripped_bytes: stripped_bytes.parse().ok()?,
                })
            })
            .collect()
    }
}

pub(crate) fn of(measured: &Measured) -> String {
    let mut text = format!("# Cost of a login\n\n{}\n", machine());
    let mut notes = Notes(Vec::new());
    text.push_str(
        "\n| work | contender | time | × floor (quartiles) | allocations | bytes | instructions |\n",
    );
    text.push_str("|:--|:--|--:|--:|--:|--:|--:|\n");
    for row in Row::ALL {
        let mut title = row.title();
        for contender in Contender::ALL {
            let note = notes.mark(contender.offer(row).note());
            let cells = match measured.line(row, contender) {
                Some(line) => cells(line),
                None if note.is_empty() => continue,
                None => "n/a |  |  |  | ".into(),
            };
            row_of(
                &mut text,
                &[title, &format!("{}{note}", contender.name()), &cells],
            );
            title = "";
        }
    }
    text.push('\n');
    for (number, note) in notes.0.iter().enumerate() {
        writeln!(text, "{}. {note}", number + 1).expect("writing to a string cannot fail");
    }
    text + &memory(measured) + &weight(measured)
}

fn cells(line: &Line) -> String {
    let instructions = line
        .counts
        .instructions
        .map_or_else(|| "?".into(), |count| format!("{count:.0}"));
    format!(
        "{} | {:.2} ({:.2}–{:.2}) | {} | {} | {instructions}",
        time(line.time.median),
        line.ratio.median,
        line.ratio.low,
        line.ratio.high,
        line.counts.allocations,
        line.counts.bytes,
    )
}

fn time(nanos: f64) -> String {
    if nanos < 1000.0 {
        format!("{nanos:.0} ns")
    } else {
        format!("{:.2} µs", nanos / 1000.0)
    }
}

fn memory(measured: &Measured) -> String {
    let mut text = String::from(
        "\n| pending logins | contender | requested bytes each | resident bytes each |\n|--:|:--|--:|--:|\n",
    );
    for memory in &measured.memory {
        row_of(
            &mut text,
            &[
                &memory.count.to_string(),
                memory.contender.name(),
                &format!("{:.0}", memory.heap.requested),
                &format!("{:.0}", memory.heap.resident),
            ],
        );
    }
    text
}

fn weight(measured: &Measured) -> String {
    if measured.weight.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\n| program with | crates | clean release build | stripped |\n|:--|--:|--:|--:|\n",
    );
    for weight in &measured.weight {
        row_of(
            &mut text,
            &[
                &weight.name,
                &weight.crates.to_string(),
                &format!("{:.1} CPU s", weight.cpu_seconds),
                &format!("{:.0} KiB", weight.stripped_bytes / 1024.0),
            ],
        );
    }
    text
}

fn row_of(text: &mut String, cells: &[&str]) {
    writeln!(text, "| {} |", cells.join(" | ")).expect("writing to a string cannot fail");
}

/// The notes without duplicates, in order of first use.
struct Notes(Vec<&'static str>);

impl Notes {
    fn mark(&mut self, note: Option<&'static str>) -> String {
        let Some(note) = note else {
            return String::new();
        };
        let known = self.0.iter().position(|known| *known == note);
        let index = known.unwrap_or_else(|| {
            self.0.push(note);
            self.0.len() - 1
        });
        format!(" [{}]", index + 1)
    }
}

fn machine() -> String {
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
        "{model}, {cores} cores, {} {}; load at the end: {}",
        std::env::consts::OS,
        std::env::consts::ARCH,
        load.split(' ').next().unwrap_or_default(),
    )
}
