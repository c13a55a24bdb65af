//! Processes are killed at random moments, in the middle of a refresh most of all.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use workos_login_test_server::{Endpoint, Fault};

use crate::desk::{Desk, kill, succeeded};
use crate::{Checked, ensure};

/// As long as the program repeats a refresh whose answer was lost.
const REPLAY_WINDOW: Duration = Duration::from_secs(10);

/// Nobody is ever told to sign in again, and no spent token is used outside of the replay window.
///
/// `KEYRING_ROUNDS` and `KEYRING_SEED` say how often, and with which random moments.
pub(crate) fn check(program: &Path) -> Checked {
    let rounds = number("KEYRING_ROUNDS", 500)?;
    let seed = number("KEYRING_SEED", rand::random())?;
    println!("kill: {rounds} rounds with KEYRING_SEED={seed}");
    run(program, rounds, seed).map_err(|error| format!("KEYRING_SEED={seed}: {error}").into())
}

fn run(program: &Path, rounds: u64, seed: u64) -> Checked {
    let mut random = StdRng::seed_from_u64(seed);
    let desk = Desk::signed_in(program, "kill", REPLAY_WINDOW, Duration::from_secs(1))?;
    // Time to be killed in while a refresh is under way.
    let slow = Fault::Slow(Duration::from_millis(20));
    desk.server.inject(slow.on(Endpoint::Refresh).always());

    let begun = Instant::now();
    succeeded(&desk.refresh().output()?)?;
    let usual = begun.elapsed();

    let mut sent = Sent::default();
    let mut killed = 0;
    for round in 0..rounds {
        let begun = Instant::now();
        let victims = [desk.refresh(), desk.token(), desk.token()];
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
        let started = SystemTime::now();
        let survivor = desk.token().output()?;
        desk.check_token(&survivor, started)
            .and_then(|_| sent.add(&desk, begun))
            .map_err(|error| format!("round {round}: {error}"))?;
    }
    ensure(
        desk.server.sessions().len() == 1,
        "the service ended the session",
    )?;
    println!(
        "kill: {killed} processes killed; {} refreshes, {} of them repeated within the window; {rounds} of {rounds} survivors \
         printed a valid token",
        sent.count, sent.repeated
    );
    Ok(())
}

/// The refresh tokens that the service has seen.
#[derive(Default)]
struct Sent {
    /// When each came first.
    first: BTreeMap<String, Instant>,
    count: u64,
    repeated: u64,
}

impl Sent {
    /// Adds the refreshes of a round, and says that none of them came too late.
    fn add(&mut self, desk: &Desk, begun: Instant) -> Checked {
        for refresh in desk.refreshes() {
            let token = refresh.parameter("refresh_token").unwrap_or_default();
            self.count += 1;
            match self.first.get(&token) {
                None => {
                    self.first.insert(token, begun);
                }
                Some(first) => {
                    self.repeated += 1;
                    ensure(
                        first.elapsed() < REPLAY_WINDOW,
                        "a spent token came back after the window",
                    )?;
                }
            }
        }
        Ok(())
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
