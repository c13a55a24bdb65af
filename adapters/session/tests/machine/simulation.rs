//! A day in the life of a session: a few processes, people, weather and crashes, by chance and with a clock wound by hand.
//!
//! Each day follows from its seed. `SESSION_SEED=17 cargo test -p workos-login --test keeper day -- --nocapture` tells
//! the day of seed 17 again; `SESSION_DAYS=100000`, better with `--release`, lives through more of them.
//!
//! The service answers a spent token for 30 seconds, three times as long as the policy relies on. Chance is held back in
//! one thing: of what is sent in the first second every answer may be lost, and later not every one; and a process that
//! is killed with an answer under way comes back within two. Nobody can keep a session whose token is spent and whose
//! answer never arrives.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::machine::Machine;
use crate::process::{Asks, End, Wish};
use crate::rules::{self, Broken};
use crate::scenario::{self, Scenario};
use crate::search;
use crate::service::{ErrorResponse, Millis, Org, Rules, Standing};
use crate::world::{Context, Fate, Move, World};

const DAY: Millis = 24 * 60 * 60 * 1000;

#[test]
fn on_no_day_is_anybody_told_to_sign_in_again_for_nothing() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seeds = match number("SESSION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SESSION_DAYS").unwrap_or(1000),
    };
    let tells = seeds.end - seeds.start == 1;
    let mut total = Tally::default();
    for seed in seeds {
        let mut day = Day::new(seed, tells);
        if let Err(broken) = day.live() {
            panic!("{broken}, on the day of SESSION_SEED={seed}");
        }
        total.add(&day.tally);
    }
    println!("{total:?}");
    assert!(
        total.tokens > total.days,
        "hardly anybody got a token: {total:?}"
    );
}

/// What there was of each thing.
#[derive(Debug, Default)]
struct Tally {
    days: u64,
    steps: u64,
    tokens: u64,
    refreshes: u64,
    least: u64,
    sends: u64,
    faults: u64,
    crashes: u64,
    ends: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, day: &Self) {
        self.days += 1;
        self.steps += day.steps;
        self.tokens += day.tokens;
        self.refreshes += day.refreshes;
        self.least += day.least;
        self.sends += day.sends;
        self.faults += day.faults;
        self.crashes += day.crashes;
        for (end, count) in &day.ends {
            *self.ends.entry(end.clone()).or_default() += count;
        }
    }
}

struct Day {
    chance: StdRng,
    scenario: Scenario,
    machine: Machine,
    world: World,
    /// When each process is called next.
    calls: Vec<Millis>,
    /// When the weather changes, and whether it is bad.
    weather: (Millis, bool),
    over: Millis,
    extra: u64,
    tells: bool,
    tally: Tally,
}

impl Day {
    fn new(seed: u64, tells: bool) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let life = match chance.random_range(0..20) {
            0 => 300,
            1..8 => 3600,
            _ => 14_400,
        };
        let rules = [Rules::STEADY, Rules::FORGIVING, Rules::WATCHFUL][chance.random_range(0..3)];
        let processes = chance.random_range(1..=6);
        let scenario = Scenario {
            name: "a day",
            rules: Rules { life, ..rules },
            processes,
            must_live: true,
            ..Scenario::default()
        };
        let mut machine = Machine::new(scenario::policy(), false);
        let mut context = Context {
            machine: &mut machine,
            scenario: &scenario,
            ended: None,
        };
        let world = search::begin(&scenario, &mut context).unwrap();
        let now = world.now;
        Self {
            calls: (0..processes)
                .map(|_| now + chance.random_range(0..60_000))
                .collect(),
            weather: (now, true),
            over: now + DAY,
            extra: 0,
            tally: Tally::default(),
            chance,
            scenario,
            machine,
            world,
            tells,
        }
    }

    fn live(&mut self) -> Result<(), Broken> {
        while self.world.now < self.over {
            if self.world.now >= self.weather.0 {
                let bad = !self.weather.1;
                let longest = if bad { 600_000 } else { 4 * 3_600_000 };
                self.weather = (
                    self.world.now + self.chance.random_range(1000..longest),
                    bad,
                );
            }
            match self.next() {
                Some(step) => self.happen(step)?,
                None => self.pass(),
            }
        }
        self.count()
    }

    /// Whatever happens next, if it does not take time.
    fn next(&mut self) -> Option<Move> {
        let world = &self.world;
        let can: Vec<_> = (0..world.processes.len())
            .filter(|p| {
                let calls = world.processes[*p].is_idle() && self.calls[*p] <= world.now;
                calls || world.is_ready(*p) || world.is_outward(*p)
            })
            .collect();
        let p = *can.get(self.chance.random_range(0..can.len().max(1)))?;
        if world.processes[p].is_idle() {
            return Some(self.wish(p));
        }
        if self.chance.random_bool(0.002) {
            self.tally.crashes += 1;
            self.calls[p] = self.world.now + self.chance.random_range(0..2000);
            return Some(
                match self.chance.random_bool(0.5) && !self.world.processes[p].sight.unsaved {
                    true => Move::Crash(p, false),
                    false => Move::Drop(p),
                },
            );
        }
        if self.world.is_outward(p) {
            return Some(Move::Serve(p, self.fate(p)));
        }
        let process = &self.world.processes[p];
        let store = matches!(process.asks, Asks::Load | Asks::Save(_));
        if store && process.operation.store_failures < 2 && self.chance.random_bool(0.01) {
            self.tally.faults += 1;
            return Some(
                match matches!(process.asks, Asks::Save(_)) && self.chance.random_bool(0.3) {
                    true => Move::FailAfterwards(p),
                    false => Move::Fail(p),
                },
            );
        }
        Some(Move::Do(p))
    }

    fn wish(&mut self, p: usize) -> Move {
        if self.world.store.is_none() {
            self.extra += 1;
            return Move::SignIn(p);
        }
        let seen = self.world.processes[p].sight.session;
        // Whoever comes back after a crash wants what was wanted before.
        let store = self.world.store.as_ref();
        if store.is_some_and(|rest| rest.announced.is_some()) {
            return Move::Wish(p, Wish::Token);
        }
        match self.chance.random_range(0..2000) {
            0 => Move::Wish(p, Wish::LogOut),
            1..20 if seen.is_some() => {
                self.extra += 1;
                Move::Wish(p, Wish::Another)
            }
            20..30 => {
                self.extra += 1;
                let org = [Org::A, Org::B][self.chance.random_range(0..2)];
                Move::Wish(p, Wish::Switch(org))
            }
            30 => {
                self.extra += 1;
                Move::EndSession
            }
            31..35 => Move::Wish(p, Wish::Flush),
            _ => Move::Wish(p, Wish::Token),
        }
    }

    /// What becomes of a refresh.
    fn fate(&mut self, p: usize) -> Fate {
        let Asks::Send(asked, _) = self.world.processes[p].asks else {
            panic!("nothing was sent");
        };
        let first = rules::first_sent(&self.world, p, asked.refresh);
        let age = self.world.now - first.expect("it was sent");
        let standing = self.world.service.standing(asked.refresh, self.world.now);
        let bad = if self.weather.1 { 0.7 } else { 0.02 };
        if !self.chance.random_bool(bad) {
            return Fate::Good;
        }
        let answered = standing != Standing::Current;
        if answered && age > 1000 {
            return Fate::Good;
        }
        self.tally.faults += 1;
        let calm = [
            Fate::Broken { acted: false },
            Fate::Silence { acted: false },
            Fate::Says(ErrorResponse::Portal),
            Fate::Says(ErrorResponse::Failure(429, "too_many_requests", Some(1))),
            Fate::Says(ErrorResponse::Failure(503, "server_error", Some(5))),
            Fate::Says(ErrorResponse::Failure(503, "server_error", None)),
        ];
        let lossy = [
            Fate::Broken { acted: true },
            Fate::Silence { acted: true },
            Fate::ActedBut(ErrorResponse::Garbled),
        ];
        // An attempt after the window is made once: if its answer is lost, there is no second one in time.
        let late = self.world.processes[p].operation.late_sends > 0;
        match age < 1000 && !late && self.chance.random_bool(0.5) {
            true => {
                // A service that spends no token answers each attempt anew.
                self.extra += u64::from(!self.scenario.rules.rotates);
                lossy[self.chance.random_range(0..lossy.len())]
            }
            false if answered => Fate::Good,
            false => calm[self.chance.random_range(0..calm.len())],
        }
    }

    fn happen(&mut self, step: Move) -> Result<(), Broken> {
        self.tally.steps += 1;
        self.is_in_time(step)?;
        let mut context = Context {
            machine: &mut self.machine,
            scenario: &self.scenario,
            ended: None,
        };
        let verdict = self.world.apply(&step, &mut context);
        let ended = context.ended;
        if self.tells {
            let time = self.world.now - (self.over - DAY);
            println!("{time:>10} {step:?} {:?}", ended);
        }
        verdict?;
        if let (
            Some(end),
            Move::Wish(p, _)
            | Move::SignIn(p)
            | Move::Do(p)
            | Move::Fail(p)
            | Move::FailAfterwards(p),
        ) = (ended, step)
        {
            self.calls[p] = self.world.now + self.rest(end);
            self.tally.tokens += u64::from(end.hands_out());
            let name = format!("{end:?}");
            let name = name.split('(').next().unwrap_or_default();
            *self.tally.ends.entry(name.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    /// Whether what is served is not a spent token after the window.
    fn is_in_time(&self, step: Move) -> Result<(), Broken> {
        let Move::Serve(p, _) = step else {
            return Ok(());
        };
        let Asks::Send(asked, _) = self.world.processes[p].asks else {
            return Ok(());
        };
        match self.world.service.standing(asked.refresh, self.world.now) {
            Standing::Spent => Err(Broken {
                rule: "K6",
                how: format!(
                    "token {} is spent, and comes after the window",
                    asked.refresh
                ),
            }),
            _ => Ok(()),
        }
    }

    /// When a caller comes back.
    fn rest(&mut self, end: End) -> Millis {
        match end {
            End::TryAgain(after) => after,
            End::Failed | End::StoreFailed | End::StaleStore => 1000,
            _ if self
                .world
                .processes
                .iter()
                .any(|process| process.sight.unsaved) =>
            {
                1000
            }
            _ => self
                .chance
                .random_range(1000..self.scenario.rules.life * 1000),
        }
    }

    /// Nothing can be done now: time passes.
    fn pass(&mut self) {
        let idle = |p: &usize| self.world.processes[*p].is_idle();
        let call = (0..self.calls.len())
            .filter(idle)
            .map(|p| self.calls[p])
            .min();
        let next = call.into_iter().chain(self.world.deadline()).min();
        let next = next.expect("somebody calls, or waits");
        let now = self.world.now;
        self.world.now = next.max(now + 1);
    }

    /// Whether the service was asked for more than there was need of.
    fn count(&mut self) -> Result<(), Broken> {
        let life = self.scenario.rules.life * 1000;
        let due = life - 300_000.min(life / 2);
        self.tally.refreshes = self.world.service.handed_out().into();
        self.tally.least = DAY / due;
        self.tally.sends = self.world.history.sends.into();
        // What is sent again lives from when it was sent first, so a little sooner is normal.
        let most = DAY / (due - 10_000) + self.extra + self.tally.crashes + 2;
        if self.tally.refreshes > most {
            return Err(Broken {
                rule: "K2",
                how: format!("{} refreshes, and {most} would do", self.tally.refreshes),
            });
        }
        Ok(())
    }
}
