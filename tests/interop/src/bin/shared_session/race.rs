//! Many processes request an access token around its expiry.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use crate::responses::Responses;
use crate::scenario::{ORGANIZATIONS, Refreshes, Scenario, succeeded};
use crate::{Checked, ensure};

const PROCESSES: u32 = 20;

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

/// The responses, and the replay window of the server. Without one, a used refresh token ends the session.
const SERVICES: [(Responses, Duration); 4] = [
    (Responses::Prompt, Duration::ZERO),
    (Responses::Prompt, Duration::ZERO),
    (Responses::Slow, Duration::from_secs(10)),
    (Responses::Lost(2), Duration::from_secs(10)),
];

/// Checks that each expiry causes one refresh, and each process prints a valid token.
pub(crate) fn check(program: &Path) -> Checked {
    let scenario = Scenario::logged_in(program, "race", Duration::ZERO, LIFETIME)?;
    let mut refreshes = Refreshes::default();
    let mut expiries = 0;
    for (responses, replay_window) in SERVICES {
        scenario
            .server
            .configure(|config| config.replay_window = replay_window);
        for schedule in SCHEDULES {
            expire(&scenario, responses, schedule)
                .map_err(|error| format!("{responses:?} responses: {error}"))?;
            let before = refreshes.tokens();
            refreshes.add(&scenario);
            let sent = refreshes.tokens() - before;
            ensure(
                sent == 1,
                format!("{sent} refreshes with {responses:?} responses, expected 1"),
            )?;
            expiries += 1;
        }
    }
    scenario.check_in_flight()?;
    let tokens = PROCESSES * expiries;
    println!(
        "race: {PROCESSES} processes at each of {expiries} expiries; one refresh each, {} in total, and {} retries after lost \
         responses; never two in flight; {tokens} of {tokens} processes printed a valid token",
        refreshes.tokens(),
        refreshes.retried()
    );
    Ok(())
}

/// Starts the processes around the expiry of a new access token, and checks what they print.
fn expire(
    scenario: &Scenario,
    responses: Responses,
    (first, step): (Duration, Duration),
) -> Checked {
    scenario.server.clear_faults();
    scenario.set_lifetime(LIFETIME);
    succeeded(&scenario.switch(ORGANIZATIONS[0]).output()?)?;
    let begun = Instant::now();
    scenario.server.clear_requests();
    scenario.set_lifetime(Duration::from_secs(300));
    responses.inject(&scenario.server);

    let mut running = Vec::new();
    for number in 0..PROCESSES {
        let start = begun + first + step * number;
        thread::sleep(start.saturating_duration_since(Instant::now()));
        running.push((SystemTime::now(), scenario.token().spawn()?));
    }
    let mut printed = BTreeSet::new();
    for (started, process) in running {
        let ended = process.wait_with_output()?;
        printed.insert(scenario.check_token(&ended, started)?.token);
    }
    // The old token, while it was valid, and the new one.
    ensure(printed.len() <= 2, "more than two tokens were printed")
}
