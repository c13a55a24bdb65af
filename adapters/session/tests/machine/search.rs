//! An exhaustive search, breadth first: the trace to the first violation is a shortest one.
//!
//! It is our own and not a library's: a future cannot be copied ([`machines`](crate::machines)), most invariants are about moves and
//! not about states, and the result is the same each time, to the last number.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{Hash, Hasher as _};
use std::ops::AddAssign;

use workos_login_session::SessionPolicy;

use crate::machines::Machines;
use crate::recovery;
use crate::rules::Violation;
use crate::scenario::{Driver, Scenario};
use crate::world::{Context, Move, World};

/// The extent of a search.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Different states of the world.
    pub(crate) worlds: usize,
    pub(crate) moves: usize,
    /// Different states of one process.
    pub(crate) processes: usize,
}

impl AddAssign for Seen {
    fn add_assign(&mut self, other: Self) {
        self.worlds += other.worlds;
        self.moves += other.moves;
        self.processes += other.processes;
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            worlds,
            moves,
            processes,
        } = self;
        write!(
            f,
            "{worlds} states, {moves} moves, {processes} states of a process"
        )
    }
}

/// A violation, and how to get there.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) violation: Violation,
    trace: Vec<Move>,
}

impl Found {
    pub(crate) fn describe(&self, scenario: &Scenario, policy: &SessionPolicy) -> String {
        let mut machines = Machines::new(policy.clone(), true);
        let mut context = Context::new(&mut machines, scenario);
        let mut world = begin(scenario, &mut context).expect("the search began here");
        context.log = Some(String::new());
        let mut trace = self.trace.iter();
        if trace.all(|step| world.apply(*step, &mut context).is_ok()) {
            // The violation is one of the way to recovery.
            let _ = recovery::succeeds(&world, &mut context);
        }
        let Scenario {
            name, rules, store, ..
        } = scenario;
        let log = context.log.unwrap_or_default();
        format!(
            "{} in \"{name}\" with {rules:?}, {store:?}\n{log}",
            self.violation
        )
    }
}

/// Explores all that can happen, and stops at the first violation.
pub(crate) fn explore(scenario: &Scenario, policy: &SessionPolicy) -> Result<Seen, Found> {
    let mut machines = Machines::new(policy.clone(), true);
    let mut context = Context::new(&mut machines, scenario);
    let mut seen = Seen::default();
    let mut visited = HashSet::new();
    let mut trail: Vec<(usize, Option<Move>)> = vec![(0, None)];
    let start = begin(scenario, &mut context).map_err(|violation| Found {
        violation,
        trace: Vec::new(),
    })?;
    visited.insert(digest(&start));
    let mut frontier = VecDeque::from([(start, 0)]);
    while let Some((world, at)) = frontier.pop_front() {
        for (step, left) in scenario.moves(&world) {
            seen.moves += 1;
            let mut next = world.clone();
            next.left = left;
            let verdict = next.apply(step, &mut context);
            let is_new = verdict.is_ok() && visited.insert(digest(&next));
            let verdict = match is_new && next.is_idle() {
                true => recovery::succeeds(&next, &mut context),
                false => verdict,
            };
            if let Err(violation) = verdict {
                let trace = trace(&trail, at, step);
                return Err(Found { violation, trace });
            }
            if is_new {
                trail.push((at, Some(step)));
                frontier.push_back((next, trail.len() - 1));
            }
        }
    }
    seen.worlds = visited.len();
    seen.processes = machines.len();
    Ok(seen)
}

/// The beginning of all scenarios: a session is stored, its access token is due, and no process knows of it; or the store is empty.
pub(crate) fn begin(scenario: &Scenario, context: &mut Context<'_>) -> Result<World, Violation> {
    let correct = Scenario {
        driver: Driver::Correct,
        ..*scenario
    };
    let context = &mut Context::new(&mut *context.machines, &correct);
    let mut world = World::new(scenario, context.machines);
    if scenario.is_empty {
        return Ok(world);
    }
    world.apply(Move::LogIn(0), context)?;
    while !world.is_idle() {
        world.apply(Move::Do(0), context)?;
    }
    world.apply(Move::Crash(0), context)?;
    let lifetime = scenario.rules.lifetime * 1000;
    world.now += lifetime - scenario.policy.margin.min(lifetime / 2) + 1000;
    Ok(world)
}

fn trace(trail: &[(usize, Option<Move>)], mut at: usize, last: Move) -> Vec<Move> {
    let mut trace = vec![last];
    while let (before, Some(step)) = trail[at] {
        trace.push(step);
        at = before;
    }
    trace.reverse();
    trace
}

/// Two hashes of 64 bits, which differ in what goes before. Which process is which makes no difference.
fn digest(world: &World) -> (u64, u64) {
    let hash = |salt: u8| {
        let processes = world.processes.iter().enumerate();
        let processes =
            processes.map(|(p, process)| hash_of(&(salt, world.holds_lock(p), process)));
        let mut processes: Vec<_> = processes.collect();
        processes.sort_unstable();
        let lock = world.lock.map(|lock| (lock.holder.is_some(), lock.since));
        hash_of(&(
            (salt, processes, lock, world.now, world.skew),
            (&world.store, &world.service, world.left, &world.history),
        ))
    };
    (hash(0), hash(1))
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
