//! Processes are killed at random moments, in the middle of a refresh most of all.

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

/// As long as the program repeats a refresh whose answer was lost.
const REPLAY_WINDOW: Duration = Duration::from_secs(10);

/// A keyring that crashes more often than once in so many rounds is of no use.
const MIN_ROUNDS_PER_CRASH: u64 = 10;

/// How long the end of the keyring may take after a program has noticed it.
const CRASH_TIMEOUT: Duration = Duration::from_secs(2);

/// Nobody is ever told to sign in again, and no spent token is used outside of the replay window.
///
/// `KEYRING_ROUNDS` and `KEYRING_SEED` say how often, and with which random moments.
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
    // Time to be killed in while a refresh is under way.
    let slow = Fault::Delay(Duration::from_millis(20));
    scenario.server.inject(slow.on(Endpoint::Refresh).always());

    let begun = Instant::now();
    succeeded(&scenario.refresh().output()?)?;
    let usual = begun.elapsed();

    let mut sent = Refreshes::default();
    let mut killed = 0;
    let mut crashes = Vec::new();
    let mut longest = Duration::ZERO;
    for round in 0..rounds {
        // gnome-keyring can crash when its clients die in the middle of a call. That is no fault of theirs.
        crashes.extend(service.restart_if_crashed(Duration::ZERO)?);
        let begun = Instant::now();
        let victims = [scenario.refresh(), scenario.token(), scenario.token()];
        let mut victims = victims.map(|mut victim| {
            (
                random.random_range(Duration::ZERO..usual * 2),
                victim.spawn(),
            )
        });
        victims.sort_by_key(|(moment, _)| *moment);
        for (moment, victim) in victims {
            thread::sleep(moment.saturating_sub(begun.elapsed()));
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
            format!("round {round}: gnome-keyring crashes too often, by signals {crashes:?}"),
        )?;
        longest = longest.max(begun.elapsed());
        scenario
            .check_token(&survivor, started)
            .map_err(|error| format!("round {round}: {error}"))?;
        sent.add(&scenario);
    }
    ensure(
        scenario.server.sessions().len() == 1,
        "the service ended the session, because a spent token came back after the replay window",
    )?;
    println!(
        "kill: {killed} processes killed; {rounds} of {rounds} survivors printed a valid token, none asked for a sign-in; \
         {} refreshes, {} of them with a token that was sent before, none after the replay window; the longest round took {longest:.1?}",
        sent.count, sent.retried
    );
    println!(
        "kill: gnome-keyring itself crashed {} times (signals {crashes:?}), and nothing was lost",
        crashes.len()
    );
    Ok(())
}

/// The refreshes that the service has seen.
#[derive(Default)]
struct Refreshes {
    tokens: BTreeSet<String>,
    count: u64,
    retried: u64,
}

impl Refreshes {
    /// Adds the refreshes of a round.
    fn add(&mut self, scenario: &Scenario) {
        let refreshes = scenario.refreshes();
        // The sender of one without a token was killed in the middle of it.
        for token in refreshes
            .iter()
            .filter_map(|refresh| refresh.parameter("refresh_token"))
        {
            self.count += 1;
            self.retried += u64::from(!self.tokens.insert(token));
        }
    }
}

fn number(name: &str, otherwise: u64) -> Checked<u64> {
    match env::var(name) {
        Ok(text) => text
            .parse()
            .map_err(|_| format!("{name} is no number: {text}").into()),
        Err(_) => Ok(otherwise),
    }
}
