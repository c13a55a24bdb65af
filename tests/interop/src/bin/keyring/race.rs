//! Many processes want a token at once, around its end.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::scenario::{Scenario, succeeded};
use crate::{Checked, ensure};

const PROCESSES: u32 = 20;
const EXPIRIES: u32 = 12;

/// A token is due at half of its life.
const LIFETIME: Duration = Duration::from_secs(4);

/// When the first process starts, and how much later each other one.
const SCHEDULES: [(Duration, Duration); 3] = [
    // Just after the token is due.
    (Duration::from_millis(2050), Duration::ZERO),
    // From before it is due until after.
    (Duration::from_millis(1600), Duration::from_millis(40)),
    // After it is spent, which its claims say in whole seconds.
    (Duration::from_millis(5050), Duration::ZERO),
];

/// One refresh for each expiry, and a valid token for each process.
pub(crate) fn check(program: &Path) -> Checked {
    // Without a replay window: whoever sends a spent token ends the session.
    let scenario = Scenario::logged_in(program, "race", Duration::ZERO, LIFETIME)?;
    let mut refreshes = 0;
    let mut tokens = 0;
    for expiry in 0..EXPIRIES {
        scenario.set_lifetime(LIFETIME);
        succeeded(&scenario.refresh().output()?)?;
        let begun = Instant::now();
        scenario.set_lifetime(Duration::from_secs(300));
        scenario.refreshes();

        let (first, step) = SCHEDULES[expiry as usize % SCHEDULES.len()];
        let mut running = Vec::new();
        for number in 0..PROCESSES {
            let start = begun + first + step * number;
            thread::sleep(start.saturating_duration_since(Instant::now()));
            running.push((SystemTime::now(), scenario.token().spawn()?));
        }
        let mut printed = BTreeSet::new();
        for (started, process) in running {
            printed.insert(scenario.check_token(&process.wait_with_output()?, started)?);
            tokens += 1;
        }
        let sent = scenario.refreshes().len();
        ensure(
            sent == 1,
            format!("{sent} refreshes at expiry {expiry}, not one"),
        )?;
        // The old token, which was good, and the new one.
        ensure(printed.len() <= 2, "there were more than two tokens")?;
        refreshes += sent;
    }
    println!(
        "race: {PROCESSES} processes at each of {EXPIRIES} expiries; one refresh for each, {refreshes} in all; {tokens} of {tokens} \
         processes printed a valid token"
    );
    Ok(())
}
