//! Many processes request an access token around its expiry.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::scenario::{Scenario, succeeded};
use crate::{Checked, ensure};

const PROCESSES: u32 = 20;
const EXPIRIES: u32 = 12;

/// An access token is due for refresh after half of its lifetime.
const LIFETIME: Duration = Duration::from_secs(4);

/// The start of the first process, and the delay between two processes.
const SCHEDULES: [(Duration, Duration); 3] = [
    // All processes just after the token is due for refresh.
    (Duration::from_millis(2050), Duration::ZERO),
    // From before the token is due until after.
    (Duration::from_millis(1600), Duration::from_millis(40)),
    // After the token has expired; its claims have whole seconds.
    (Duration::from_millis(5050), Duration::ZERO),
];

/// Checks that each expiry causes one refresh, and each process prints a valid token.
pub(crate) fn check(program: &Path) -> Checked {
    // There is no replay window: a used refresh token ends the session.
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
            format!("{sent} refreshes at expiry {expiry}, expected 1"),
        )?;
        // The old token, while it was valid, and the new one.
        ensure(printed.len() <= 2, "more than two tokens were printed")?;
        refreshes += sent;
    }
    println!(
        "race: {PROCESSES} processes at each of {EXPIRIES} expiries; one refresh each, {refreshes} in total; {tokens} of {tokens} \
         processes printed a valid token"
    );
    Ok(())
}
