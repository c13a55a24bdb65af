//! Processes are killed at random moments, in the middle of a refresh most of all.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use workos_login_test_server::{Endpoint, Fault};

use crate::desk::{Desk, is_locked, kill, succeeded};
use crate::{Checked, ensure, secret_service};

/// As long as the program repeats a refresh whose answer was lost.
const REPLAY_WINDOW: Duration = Duration::from_secs(10);

/// A keyring that crashes more often than that is of no use.
const MOST_CRASHES: u32 = 10;

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
    let mut crashes = 0;
    let mut longest = Duration::ZERO;
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
        let mut started = SystemTime::now();
        let mut survivor = desk.token().output()?;
        if is_locked(&survivor) && crashes < MOST_CRASHES {
            // gnome-keyring can crash when its clients die, and the session bus starts another one, which is locked.
            crashes += 1;
            secret_service::unlock()?;
            started = SystemTime::now();
            survivor = desk.token().output()?;
        }
        longest = longest.max(begun.elapsed());
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
         printed a valid token; the longest round took {longest:.1?}",
        sent.count, sent.repeated
    );
    if crashes > 0 {
        println!("kill: gnome-keyring itself crashed {crashes} times, and nothing was lost");
    }
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
            // Its sender may have been killed in the middle of it.
            let Some(token) = refresh.parameter("refresh_token") else {
                continue;
            };
            self.count += 1;
            match self.first.get(&token) {
                None => {
                    self.first.insert(token, begun);
                }
                Some(first) => {
                    self.repeated += 1;
                    ensure(
                        first.elapsed() < REPLAY_WINDOW,
                        format!(
                            "a spent token came back after {:?}, in a round of {:?}",
                            first.elapsed(),
                            begun.elapsed()
                        ),
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
