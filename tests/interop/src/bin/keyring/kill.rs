//! Processes are killed at random times, most of them during a refresh.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use workos_login_mock_server::{Endpoint, Fault};

use crate::scenario::{Scenario, kill, succeeded};
use crate::secret_service::SecretService;
use crate::{Checked, ensure};

/// The replay window of the mock server, equal to that of the program.
const REPLAY_WINDOW: Duration = Duration::from_secs(10);

/// The minimum average number of rounds between two crashes of gnome-keyring.
const MIN_ROUNDS_PER_CRASH: u64 = 10;

/// The wait for a crash of gnome-keyring after a program has failed.
const CRASH_TIMEOUT: Duration = Duration::from_secs(2);

/// Checks that no process requires a login, and no used refresh token is sent after the replay window.
///
/// `KEYRING_ROUNDS` is the number of rounds, and `KEYRING_SEED` determines the times.
pub(crate) fn check(program: &Path, service: &mut SecretService) -> Checked {
    let rounds = number("KEYRING_ROUNDS", 500)?;
    let seed = number("KEYRING_SEED", rand::random())?;
    println!("kill: {rounds} rounds with KEYRING_SEED={seed}");
    run(program, service, rounds, seed)
        .map_err(|error| format!("KEYRING_SEED={seed}: {error}").into())
}

fn run(program: &Path, service: &mut SecretService, rounds: u64, seed: u64) -> Checked {
    let mut random = StdRng::seed_from_u64(seed);
    let scenario = Scenario::logged_in(program, "kill", REPLAY_WINDOW, Duration::from_secs(1))?;
    // Prolongs a refresh, so that it is killed more often.
    let slow = Fault::Delay(Duration::from_millis(20));
    scenario.server.inject(slow.on(Endpoint::Refresh).always());

    let begun = Instant::now();
    succeeded(&scenario.refresh().output()?)?;
    let duration = begun.elapsed();

    let mut refreshes = Refreshes::default();
    let mut killed = 0;
    let mut crashes = Vec::new();
    let mut longest = Duration::ZERO;
    for round in 0..rounds {
        // gnome-keyring itself can crash when a client exits during a call.
        crashes.extend(service.restart_if_crashed(Duration::ZERO)?);
        let begun = Instant::now();
        let victims = [scenario.refresh(), scenario.token(), scenario.token()];
        let mut victims = victims.map(|mut victim| {
            (
                random.random_range(Duration::ZERO..duration * 2),
                victim.spawn(),
            )
        });
        victims.sort_by_key(|(time, _)| *time);
        for (time, victim) in victims {
            thread::sleep(time.saturating_sub(begun.elapsed()));
            killed += u64::from(!kill(victim?)?);
        }
        let mut started = SystemTime::now();
        let mut survivor = scenario.token().output()?;
        while !survivor.status.success()
            && let Some(signal) = service.restart_if_crashed(CRASH_TIMEOUT)?
        {
            crashes.push(signal);
            started = SystemTime::now();
            survivor = scenario.token().output()?;
        }
        ensure(
            crashes.len() as u64 <= 1 + round / MIN_ROUNDS_PER_CRASH,
            format!("round {round}: too many crashes of gnome-keyring, signals {crashes:?}"),
        )?;
        longest = longest.max(begun.elapsed());
        scenario
            .check_token(&survivor, started)
            .map_err(|error| format!("round {round}: {error}"))?;
        refreshes.add(&scenario);
    }
    ensure(
        scenario.server.sessions().len() == 1,
        "the session has ended: a used refresh token was sent after the replay window",
    )?;
    println!(
        "kill: {killed} processes killed; {rounds} of {rounds} survivors printed a valid token, none required a login; \
         {} refreshes, {} of them retried with the same token, none after the replay window; the longest round took {longest:.1?}",
        refreshes.count, refreshes.retried
    );
    println!(
        "kill: gnome-keyring itself crashed {} times (signals {crashes:?}), and the session was kept",
        crashes.len()
    );
    Ok(())
}

/// The refreshes that the mock server has received.
#[derive(Default)]
struct Refreshes {
    tokens: BTreeSet<String>,
    count: u64,
    retried: u64,
}

impl Refreshes {
    /// Adds those of a round.
    fn add(&mut self, scenario: &Scenario) {
        let refreshes = scenario.refreshes();
        // A request without a token was cut off when its sender was killed.
        for token in refreshes
            .iter()
            .filter_map(|refresh| refresh.parameter("refresh_token"))
        {
            self.count += 1;
            self.retried += u64::from(!self.tokens.insert(token));
        }
    }
}

fn number(name: &str, default: u64) -> Checked<u64> {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("{name} must be a number: {text}").into()),
        Err(_) => Ok(default),
    }
}
