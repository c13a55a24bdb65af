//! A day of simulated time: a few processes, users, faults and crashes at random, with a manual clock.
//!
//! Each day follows from its seed. `SESSION_SEED=17 cargo test -p workos-login-session --test machine simulation -- --nocapture`
//! prints the day of seed 17; `SESSION_DAYS=100000` runs more days.
//!
//! The service has a replay window of 30 seconds, three times the one of the policy. Chance is limited in one respect: a response is lost
//! after the service has acted only if the next attempt comes in time, and a process that dies meanwhile is followed by another one
//! within two seconds. No client can keep a session whose refresh token is used and whose response never arrives.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::machines::Machines;
use crate::process::{Call, End, Operation};
use crate::rules::{self, Violation, check};
use crate::scenario::{Scenario, StoreKind};
use crate::search;
use crate::service::{Millis, Org, Reply, Rules, Standing};
use crate::world::{At, Context, Delivery, Move, World};

const DAY: Millis = 24 * 60 * 60 * 1000;

#[test]
fn no_user_has_to_log_in_again_without_a_reason() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seeds = match number("SESSION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SESSION_DAYS").unwrap_or(2000),
    };
    let prints = seeds.end - seeds.start == 1;
    let mut total = Tally::default();
    for seed in seeds {
        let mut day = Day::new(seed, prints);
        if let Err(violation) = day.run() {
            panic!("{violation}, on the day of SESSION_SEED={seed}");
        }
        for (thing, times) in &day.tally.0 {
            total.count(thing, *times);
        }
    }
    println!("{total:?}");
    assert!(
        total.get("Ready") > total.get("refreshes"),
        "hardly any caller received an access token: {total:?}"
    );
}

/// The number of times that each thing happened.
#[derive(Debug, Default)]
struct Tally(BTreeMap<String, u64>);

impl Tally {
    fn count(&mut self, thing: &str, times: u64) {
        *self.0.entry(thing.to_owned()).or_default() += times;
    }

    fn get(&self, thing: &str) -> u64 {
        self.0.get(thing).copied().unwrap_or(0)
    }
}

struct Day {
    chance: StdRng,
    scenario: Scenario,
    machines: Machines,
    world: World,
    /// When each process is called next.
    calls: Vec<Millis>,
    /// When the faults begin or end, and whether they are frequent.
    faults: (Millis, bool),
    over: Millis,
    /// Refreshes that are not due to time.
    extra: u64,
    prints: bool,
    tally: Tally,
}

impl Day {
    fn new(seed: u64, prints: bool) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let lifetime = match chance.random_range(0..20) {
            0 => 300,
            1..8 => 3600,
            _ => 14_400,
        };
        let rules = [Rules::STATIC, Rules::REPLAYING, Rules::DETECTING][chance.random_range(0..3)];
        let processes = chance.random_range(1..=6);
        let scenario = Scenario {
            name: "a day",
            rules: Rules { lifetime, ..rules },
            store: [StoreKind::Exclusive, StoreKind::Leased][chance.random_range(0..2)],
            processes,
            must_live: true,
            ..Scenario::default()
        };
        let mut machines = Machines::new(scenario.policy.session_policy(), false);
        let mut context = Context::new(&mut machines, &scenario);
        let world = search::begin(&scenario, &mut context).unwrap();
        let now = world.now;
        Self {
            calls: (0..processes)
                .map(|_| now + chance.random_range(0..60_000))
                .collect(),
            faults: (now, true),
            over: now + DAY,
            extra: 0,
            tally: Tally::default(),
            chance,
            scenario,
            machines,
            world,
            prints,
        }
    }

    fn run(&mut self) -> Result<(), Violation> {
        while self.world.now < self.over {
            if self.world.now >= self.faults.0 {
                let are_frequent = !self.faults.1;
                let max = if are_frequent { 600_000 } else { 4 * 3_600_000 };
                self.faults = (
                    self.world.now + self.chance.random_range(1000..max),
                    are_frequent,
                );
            }
            match self.next() {
                Some(step) => self.apply(step)?,
                None => self.pass(),
            }
        }
        self.count()
    }

    /// Returns what happens next, if it does not take time.
    fn next(&mut self) -> Option<Move> {
        let world = &self.world;
        let can: Vec<_> = (0..world.processes.len())
            .filter(|p| {
                let is_called = world.processes[*p].is_idle() && self.calls[*p] <= world.now;
                is_called || world.is_ready(*p, &self.scenario) || world.is_outward(*p)
            })
            .collect();
        let p = *can.get(self.chance.random_range(0..can.len().max(1)))?;
        if world.processes[p].is_idle() {
            return Some(self.begin(p));
        }
        if self.chance.random_bool(0.002) {
            return Some(self.stop(p));
        }
        if self.world.is_outward(p) {
            return Some(Move::Deliver(p, self.delivery(p)));
        }
        let process = &self.world.processes[p];
        let (saves, loads) = (
            matches!(process.call, Call::Save(..)),
            process.call == Call::Load,
        );
        if (saves || loads) && process.progress.store_failures < 2 && self.chance.random_bool(0.01)
        {
            self.tally.count("faults", 1);
            return Some(match saves && self.chance.random_bool(0.3) {
                true => Move::SaveAndFail(p),
                false => Move::Fail(p),
            });
        }
        Some(Move::Do(p))
    }

    /// A process dies, or a future is dropped. A lock that is left behind in a leased store ends too late for an open refresh.
    fn stop(&mut self, p: usize) -> Move {
        self.tally.count("crashes", 1);
        self.calls[p] = self.world.now + self.chance.random_range(0..2000);
        let process = &self.world.processes[p];
        let is_open = self
            .world
            .store
            .as_ref()
            .is_some_and(|record| record.intent.is_some());
        let is_late = self.scenario.store == StoreKind::Leased && is_open;
        match self.chance.random_bool(0.5) && !process.visible.unsaved && !is_late {
            true => Move::Crash(p),
            false => Move::Drop(p),
        }
    }

    fn begin(&mut self, p: usize) -> Move {
        let Some(record) = &self.world.store else {
            // Of two logins at a time, the last one that is saved remains, and that need not be the newer one.
            if self.world.processes.iter().any(At::has_login) {
                return Move::Begin(p, Operation::AccessToken);
            }
            self.extra += 1;
            return Move::LogIn(p);
        };
        // After a crash, the same is called again.
        if record.intent.is_some() {
            return Move::Begin(p, Operation::AccessToken);
        }
        let operation = match self.chance.random_range(0..2000) {
            0 => Operation::LogOut,
            1..20 if self.world.processes[p].visible.held => Operation::RefreshRejected,
            20..25 => Operation::RefreshNow,
            25..35 => Operation::Switch([Org::A, Org::B][self.chance.random_range(0..2)]),
            35 => return Move::EndSession,
            36..40 => Operation::Flush,
            _ => Operation::AccessToken,
        };
        self.extra +=
            u64::from(operation.wants_another() || matches!(operation, Operation::Switch(_)));
        Move::Begin(p, operation)
    }

    fn delivery(&mut self, p: usize) -> Delivery {
        let Call::Send(asked, _) = self.world.processes[p].call else {
            panic!("nothing was sent");
        };
        let frequency = if self.faults.1 { 0.7 } else { 0.02 };
        if !self.chance.random_bool(frequency) {
            return Delivery::Normal;
        }
        let first = rules::first_sent(&self.world, p, asked.refresh);
        let age = self.world.now - first.expect("it was sent");
        let was_acted_on = self.world.service.standing(asked, self.world.now) != Standing::Current;
        let is_early = age < 1000;
        if was_acted_on && !is_early {
            return Delivery::Normal;
        }
        self.tally.count("faults", 1);
        let transient = [
            Delivery::Disconnected { acted: false },
            Delivery::Silence { acted: false },
            Delivery::Says(Reply::Portal),
            Delivery::Says(Reply::BUSY),
            Delivery::Says(Reply::Failure(503, "server_error", Some(5))),
            Delivery::Says(Reply::Failure(503, "server_error", None)),
        ];
        let lost = [
            Delivery::Disconnected { acted: true },
            Delivery::Silence { acted: true },
            Delivery::Slow,
            Delivery::ActedBut(Reply::Garbled),
            Delivery::ActedBut(Reply::Failure(504, "gateway_timeout", None)),
        ];
        // After the window, there is one attempt, and none that comes in time after it.
        let is_late = self.world.processes[p].progress.late_attempts > 0;
        if is_early && !is_late && self.chance.random_bool(0.5) {
            // A service that does not rotate refresh tokens responds to each attempt anew.
            self.extra += u64::from(!self.scenario.rules.rotates);
            return lost[self.chance.random_range(0..lost.len())];
        }
        match was_acted_on {
            true => Delivery::Normal,
            false => transient[self.chance.random_range(0..transient.len())],
        }
    }

    fn apply(&mut self, step: Move) -> Result<(), Violation> {
        self.tally.count("steps", 1);
        self.is_in_time(step)?;
        let mut context = Context::new(&mut self.machines, &self.scenario);
        let verdict = self.world.apply(step, &mut context);
        let ended = context.ended;
        if self.prints {
            let time = self.world.now - (self.over - DAY);
            println!("{time:>10} {step:?} {ended:?}");
        }
        verdict?;
        if let (
            Some(end),
            Move::Begin(p, _) | Move::LogIn(p) | Move::Do(p) | Move::Fail(p) | Move::SaveAndFail(p),
        ) = (ended, step)
        {
            self.calls[p] = self.world.now + self.pause(end);
            let name = format!("{end:?}");
            self.tally
                .count(name.split(['(', ' ']).next().unwrap_or_default(), 1);
        }
        Ok(())
    }

    /// A used refresh token is not sent after the replay window of the service.
    fn is_in_time(&self, step: Move) -> Result<(), Violation> {
        let Move::Deliver(p, _) = step else {
            return Ok(());
        };
        let Call::Send(asked, _) = self.world.processes[p].call else {
            return Ok(());
        };
        let standing = self.world.service.standing(asked, self.world.now);
        check("K6", standing != Standing::Used, || {
            format!("{asked:?} is sent after the window")
        })
    }

    /// Returns when a caller comes back.
    fn pause(&mut self, end: End) -> Millis {
        let is_unsaved = self
            .world
            .processes
            .iter()
            .any(|process| process.visible.unsaved);
        match end {
            End::Unavailable(after) => after,
            End::Failed | End::StoreFailed | End::StoreWarning => 1000,
            _ if is_unsaved => 1000,
            _ => self
                .chance
                .random_range(1000..self.scenario.rules.lifetime * 1000),
        }
    }

    /// Nothing can be done now: time passes.
    fn pass(&mut self) {
        let idle = (0..self.calls.len()).filter(|p| self.world.processes[*p].is_idle());
        let calls = idle.map(|p| self.calls[p]);
        let next = calls.chain(self.world.deadline(&self.scenario)).min();
        let next = next.expect("a process is called, or waits");
        self.world.now = next.max(self.world.now + 1);
    }

    /// The service was not asked for more than was due.
    fn count(&mut self) -> Result<(), Violation> {
        let lifetime = self.scenario.rules.lifetime * 1000;
        let due = lifetime - self.scenario.policy.margin.min(lifetime / 2);
        let refreshes = self.world.service.issued().into();
        self.tally.count("refreshes", refreshes);
        self.tally
            .count("requests", self.world.history.sends.into());
        // The lifetime of a replayed response counts from the first attempt, so a little sooner is normal.
        let max = DAY / (due - 10_000) + self.extra + self.tally.get("crashes") + 2;
        check("K2", refreshes <= max, || {
            format!("{refreshes} refreshes, and {max} would do")
        })
    }
}
