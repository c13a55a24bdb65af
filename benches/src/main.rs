//! Measures the cost of a login and prints the table with its head: `login-cost [WEIGHT]`, where WEIGHT is a file with the output of
//! `weight/measure`.

mod measure;
mod weight;

use std::env;
use std::fs;
use std::io;

use workos_login_benches::table::{self, Goal, Line, Spread, time};
use workos_login_benches::{Contender, Row};

use self::measure::Times;

/// The contenders in the order of the columns.
const COLUMNS: [Contender; 4] = [
    Contender::Floor,
    Contender::Ours,
    Contender::OAuth2,
    Contender::WorkOs,
];

fn main() -> io::Result<()> {
    println!("{}", table::head());
    let allocations = measure::allocations()?;
    for row in Row::ALL {
        print_times(row, &measure::times(row));
        print_counts("allocations", goal_allocations(row), |contender| {
            Ok(allocations.of(row, contender))
        })?;
        print_counts("instructions", None, |contender| {
            measure::instructions(row, contender)
        })?;
    }
    print_memory()?;
    if let Some(path) = env::args().nth(1) {
        weight::print(&fs::read_to_string(path)?);
    }
    Ok(())
}

/// The maximum ratio to the floor.
fn goal_ratio(row: Row) -> Option<f64> {
    match row {
        Row::Begin | Row::CallbackAndRequest => Some(2.5),
        Row::Response => Some(1.3),
        Row::WholeLogin => Some(1.45),
        Row::LoadPending | Row::LoadSession => Some(3.0),
        _ => None,
    }
}

fn goal_allocations(row: Row) -> Option<f64> {
    match row {
        Row::Begin => Some(3.0),
        Row::WholeLogin => Some(40.0),
        _ => None,
    }
}

/// Prints the time of the floor, and the ratios of the others to it.
fn print_times(row: Row, times: &Times) {
    let print = |work: String, floor, goal: Option<f64>| {
        let ratio = |contender| Some(Spread::of_ratio(times.of(contender)?, times.of(floor)?));
        let [_, ours, oauth2, workos] = COLUMNS.map(ratio);
        let (Some(floor), Some(ours)) = (times.of(floor), ours) else {
            return;
        };
        let cell = |ratio: Option<Spread>| ratio.map_or_else(String::new, |r| r.to_string());
        let line = Line {
            work,
            cells: [
                time(Spread::of(floor.iter().copied()).median),
                ours.to_string(),
                cell(oauth2),
                cell(workos),
            ],
            goal: goal.map(|limit| Goal::at_most(ours.median, limit, "×")),
        };
        println!("{line}");
    };
    print(
        format!("**{}**: time", row.title()),
        Contender::Floor,
        goal_ratio(row),
    );
    print(
        "… floor with owned and wiped values".into(),
        Contender::OwnedFloor,
        None,
    );
    if row == Row::WholeLogin {
        print_lead(times);
    }
}

/// Prints how much faster this library is than the others.
fn print_lead(times: &Times) {
    let [_, ours, oauth2, workos] = COLUMNS.map(|contender| times.of(contender));
    for (name, peer, limit) in [("oauth2", oauth2, 2.3), ("workos", workos, 1.8)] {
        let (Some(peer), Some(ours)) = (peer, ours) else {
            continue;
        };
        let lead = Spread::of_ratio(peer, ours);
        let line = Line {
            work: format!("… {name} / workos-login"),
            cells: ["".into(), lead.to_string(), "".into(), "".into()],
            goal: Some(Goal::at_least(lead.median, limit, "×")),
        };
        println!("{line}");
    }
}

/// Prints a count of each contender.
fn print_counts(
    name: &str,
    goal: Option<f64>,
    mut count: impl FnMut(Contender) -> io::Result<Option<f64>>,
) -> io::Result<()> {
    let mut counts = [None; 4];
    for (place, contender) in counts.iter_mut().zip(COLUMNS) {
        *place = count(contender)?;
    }
    let line = Line {
        work: format!("… {name}"),
        cells: counts.map(|count| count.map_or_else(String::new, |count| format!("{count:.0}"))),
        goal: goal
            .zip(counts[1])
            .map(|(limit, ours)| Goal::at_most(ours, limit, "")),
    };
    println!("{line}");
    Ok(())
}

fn print_memory() -> io::Result<()> {
    const PENDING: usize = 100_000;
    println!("| **{PENDING} pending logins** |  |  |  |  |  |  |");
    print_counts("resident bytes each", Some(320.0), |contender| {
        measure::memory(contender, PENDING).map(Some)
    })
}
