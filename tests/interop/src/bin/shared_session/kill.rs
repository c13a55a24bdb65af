//! Processes are killed at random times, most of them during a refresh or an organization switch.

use std::env;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::responses::Responses;
use crate::scenario::{ORGANIZATIONS, Printed, Refreshes, Scenario, kill, succeeded};
use crate::secret_service::SecretService;
use crate::{Checked, ensure};

/// The replay window of the mock server, equal to that of the program.
const REPLAY_WINDOW: Duration = Duration::from_secs(10);

/// Access tokens in a round of prompt responses, and in other rounds: a response that was retried must not come after the expiry.
const LIFETIMES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];

/// The time in which processes are killed while responses are slow. The rest of the replay window is left for the survivor.
const SLOW_ROUND: Duration = Duration::from_secs(6);

/// The minimum average number of rounds between two crashes of gnome-keyring.
const MIN_ROUNDS_PER_CRASH: u64 = 10;

/// The wait for a crash of gnome-keyring after a program has failed.
const CRASH_TIMEOUT: Duration = Duration::from_secs(2);

/// The exit codes of the program that do not affect the session: success, unavailable, and failure of the store.
const HARMLESS: [i32; 3] = [0, 5, 10];

/// Checks that no process requires a login, no two refreshes are in flight, and no used refresh token is sent after the replay window.
///
/// `ROUNDS` is the number of rounds, and `SEED` determines the times.
pub(crate) fn check(program: &Path, service: Option<&mut SecretService>) -> Checked {
    let rounds = number("ROUNDS", 50)?;
    let seed = number("SEED", rand::random())?;
    println!("kill: {rounds} rounds with SEED={seed}");
    run(program, service, rounds, seed).map_err(|error| format!("SEED={seed}: {error}").into())
}

fn run(program: &Path, service: Option<&mut SecretService>, rounds: u64, seed: u64) -> Checked {
    let scenario = Scenario::logged_in(program, "kill", REPLAY_WINDOW, LIFETIMES[0])?;
    Responses::Prompt.inject(&scenario.server);
    let begun = Instant::now();
    succeeded(&scenario.switch(ORGANIZATIONS[0]).output()?)?;
    let mut check = Check {
        scenario,
        service,
        random: StdRng::seed_from_u64(seed),
        duration: begun.elapsed(),
        organization: ORGANIZATIONS[0].to_owned(),
        crashes: Vec::new(),
        counts: Counts::default(),
    };
    for round in 0..rounds {
        let begun = Instant::now();
        let responses = check.responses(round);
        check
            .round(responses)
            .map_err(|error| format!("round {round}, {responses:?} responses: {error}"))?;
        ensure(
            check.crashes.len() as u64 <= 1 + round / MIN_ROUNDS_PER_CRASH,
            format!("round {round}: gnome-keyring crashed too often"),
        )?;
        let counts = &mut check.counts;
        counts.slow_rounds += u64::from(responses == Responses::Slow);
        counts.lost_rounds += u64::from(matches!(responses, Responses::Lost(_)));
        counts.longest = counts.longest.max(begun.elapsed());
    }
    check.conclude(rounds)
}

struct Check<'a> {
    scenario: Scenario,
    /// The keyring that holds the session, if it is in a keyring.
    service: Option<&'a mut SecretService>,
    random: StdRng,
    /// The duration of a refresh with a prompt response.
    duration: Duration,
    /// The organization of the session.
    organization: String,
    /// The signals of the crashes of gnome-keyring.
    crashes: Vec<i32>,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    killed: u64,
    killed_switches: u64,
    switched: u64,
    slow_rounds: u64,
    lost_rounds: u64,
    refreshes: Refreshes,
    longest: Duration,
}

impl Check<'_> {
    /// Returns the responses of a round: slow in one of ten, replaced with 502 in two of ten.
    fn responses(&mut self, round: u64) -> Responses {
        match round % 10 {
            4 => Responses::Slow,
            1 | 7 => Responses::Lost(self.random.random_range(1..=2)),
            _ => Responses::Prompt,
        }
    }

    /// Kills three processes, and checks the token that the next process prints.
    fn round(&mut self, responses: Responses) -> Checked {
        // gnome-keyring itself can crash when a client exits during a call.
        self.restart_if_crashed(Duration::ZERO)?;
        responses.inject(&self.scenario.server);
        let is_prompt = responses == Responses::Prompt;
        self.scenario
            .set_lifetime(LIFETIMES[usize::from(!is_prompt)]);

        let requested = ORGANIZATIONS[self.random.random_range(0..ORGANIZATIONS.len())];
        let is_switched = self.kill_processes(requested, responses)?;
        let printed = self.survive()?;
        ensure(
            printed.organization == requested
                || !is_switched && printed.organization == self.organization,
            format!(
                "the organization is {}, was {}, and a process switched to {requested}, successfully: {is_switched}",
                printed.organization, self.organization
            ),
        )?;
        self.counts.switched += u64::from(printed.organization != self.organization);
        self.organization = printed.organization;
        if !is_prompt {
            // The next round needs a token that is due for refresh soon.
            Responses::Prompt.inject(&self.scenario.server);
            self.scenario.set_lifetime(LIFETIMES[0]);
            self.succeed(|scenario, organization| scenario.switch(organization))?;
        }
        self.counts.refreshes.add(&self.scenario);
        self.scenario.check_in_flight()
    }

    /// Starts an organization switch and two other processes, and kills each at a random time. Returns whether the switch succeeded.
    fn kill_processes(&mut self, requested: &str, responses: Responses) -> Checked<bool> {
        let time = match responses {
            Responses::Slow => SLOW_ROUND,
            Responses::Prompt | Responses::Lost(_) => self.duration * 2,
        };
        let begun = Instant::now();
        let scenario = &self.scenario;
        let victims = [
            (true, scenario.switch(requested)),
            (false, scenario.token()),
            (false, scenario.token()),
        ];
        let mut victims = victims.map(|(is_switch, mut victim)| {
            let time = self.random.random_range(Duration::ZERO..time);
            (time, is_switch, victim.spawn())
        });
        victims.sort_by_key(|(time, ..)| *time);
        let mut is_switched = false;
        for (time, is_switch, victim) in victims {
            thread::sleep(time.saturating_sub(begun.elapsed()));
            let Some(ended) = kill(victim?)? else {
                self.counts.killed += 1;
                self.counts.killed_switches += u64::from(is_switch);
                continue;
            };
            // No process reports that a login is required.
            let is_harmless = ended
                .status
                .code()
                .is_some_and(|code| HARMLESS.contains(&code));
            if !is_harmless {
                succeeded(&ended)?;
            }
            is_switched |= is_switch && ended.status.success();
        }
        Ok(is_switched)
    }

    /// Requests an access token after the processes were killed.
    fn survive(&mut self) -> Checked<Printed> {
        let (started, survivor) = self.succeed(|scenario, _| scenario.token())?;
        self.scenario.check_token(&survivor, started)
    }

    /// Runs a program for the current organization, again if gnome-keyring has crashed, and returns when it was started.
    fn succeed(
        &mut self,
        command: impl Fn(&Scenario, &str) -> Command,
    ) -> Checked<(SystemTime, Output)> {
        loop {
            let started = SystemTime::now();
            let ended = command(&self.scenario, &self.organization).output()?;
            if !ended.status.success() && self.restart_if_crashed(CRASH_TIMEOUT)? {
                continue;
            }
            succeeded(&ended)?;
            return Ok((started, ended));
        }
    }

    /// Returns whether gnome-keyring had crashed, and restarts it.
    fn restart_if_crashed(&mut self, timeout: Duration) -> Checked<bool> {
        let Some(service) = &mut self.service else {
            return Ok(false);
        };
        let signal = service.restart_if_crashed(timeout)?;
        self.crashes.extend(signal);
        Ok(signal.is_some())
    }

    fn conclude(self, rounds: u64) -> Checked {
        ensure(
            self.scenario.server.sessions().len() == 1,
            "the session has ended: a used refresh token was sent after the replay window",
        )?;
        let counts = self.counts;
        println!(
            "kill: {} processes killed, {} of them during `switch`; {rounds} of {rounds} survivors printed a valid token, no process \
             required a login; the organization changed {} times, always to a requested one",
            counts.killed, counts.killed_switches, counts.switched
        );
        println!(
            "kill: {} refreshes, {} of them retried with the same token, none after the replay window, never two in flight; \
             {} rounds with responses after 5 s, {} with 502 after the server acted; the longest round took {:.1?}",
            counts.refreshes.count,
            counts.refreshes.retried(),
            counts.slow_rounds,
            counts.lost_rounds,
            counts.longest
        );
        if self.service.is_some() {
            println!(
                "kill: gnome-keyring itself crashed {} times (signals {:?}), and the session was kept",
                self.crashes.len(),
                self.crashes
            );
        }
        Ok(())
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
