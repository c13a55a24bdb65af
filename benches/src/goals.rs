//! The goals and whether they are met.

use std::fmt::Write as _;

use workos_login_benches::{Contender, Row};

use crate::{Line, Measured};

pub(crate) fn of(measured: &Measured) -> String {
    let mut goals = Goals(String::from("\n| goal | measured | met |\n|:--|--:|:--|\n"));
    for row in [Row::WholeLogin, Row::BuildRequest] {
        if let Some(line) = measured.line(row, Contender::Ours) {
            goals.at_most(&format!("{}: × floor", row.title()), line.ratio.median, 1.3);
        }
    }
    let success = measured.line(Row::ReadSuccess, Contender::Ours);
    for (reference, name) in [
        (Contender::Borrowed, "borrowed parse of body and claims"),
        (Contender::BorrowedBody, "borrowed parse of the body alone"),
    ] {
        let reference = measured.line(Row::ReadSuccess, reference);
        if let (Some(ours), Some(reference)) = (success, reference) {
            goals.at_most(
                &format!("{}: × {name}", Row::ReadSuccess.title()),
                ours.time.median / reference.time.median,
                1.3,
            );
        }
    }
    let kept = measured
        .line(Row::ReadCallback, Contender::Floor)
        .map_or(0.0, |floor| floor.counts.allocations);
    for (row, limit) in [
        (Row::BeginSeeded, 4.0),
        (Row::BeginSystem, 4.0),
        (Row::ReadCallback, kept),
        (Row::WholeLogin, 25.0),
        (Row::Fresh, 0.0),
    ] {
        if let Some(line) = measured.line(row, Contender::Ours) {
            let goal = format!("{}: allocations", row.title());
            goals.at_most(&goal, line.counts.allocations, limit);
        }
    }
    goals.at_most(
        "W1: calls of the generator",
        measured.entropy_calls as f64,
        1.0,
    );
    for memory in &measured.memory {
        if memory.contender == Contender::Ours {
            let goal = format!("{} pending logins: bytes each", memory.count);
            goals.at_most(
                &goal,
                memory.heap.requested.max(memory.heap.resident),
                320.0,
            );
        }
    }
    if let Some(ours) = measured
        .weight
        .iter()
        .find(|weight| weight.name == Contender::Ours.name())
    {
        goals.at_most("crates in the tree", f64::from(ours.crates), 60.0);
    }
    let behind = behind(measured);
    goals.row(
        "ahead of the other libraries in every row: time, allocations, instructions (except W1)",
        if behind.is_empty() { "ahead" } else { &behind },
        behind.is_empty(),
    );
    goals.0
}

struct Goals(String);

impl Goals {
    fn at_most(&mut self, goal: &str, value: f64, limit: f64) {
        let value_text = if value.fract() == 0.0 {
            value.to_string()
        } else {
            format!("{value:.2}")
        };
        self.row(
            &format!("{goal}, at most {limit}"),
            &value_text,
            value <= limit,
        );
    }

    fn row(&mut self, goal: &str, value: &str, met: bool) {
        let met = if met { "yes" } else { "NO" };
        writeln!(self.0, "| {goal} | {value} | {met} |").expect("writing to a string cannot fail");
    }
}

type Measure = fn(&Line) -> Option<f64>;

/// Returns where another library is ahead.
fn behind(measured: &Measured) -> String {
    let mut places = Vec::new();
    let measures: [(&str, Measure); 3] = [
        ("time", |line| Some(line.time.median)),
        ("allocations", |line| Some(line.counts.allocations)),
        ("instructions", |line| line.counts.instructions),
    ];
    for peer in &measured.lines {
        if !peer.contender.is_peer() {
            continue;
        }
        let Some(ours) = measured.line(peer.row, Contender::Ours) else {
            continue;
        };
        for (name, measure) in measures {
            // Valgrind has no SHA instructions, so the hash dominates.
            let is_begin = matches!(peer.row, Row::BeginSeeded | Row::BeginSystem);
            if is_begin && name == "instructions" {
                continue;
            }
            if measure(peer) < measure(ours) {
                places.push(format!(
                    "{} {}: {name}",
                    peer.row.name(),
                    peer.contender.name()
                ));
            }
        }
    }
    places.join(", ")
}
