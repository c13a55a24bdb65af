//! An exhaustive search, breadth first: the first trace that is found to a broken rule is a shortest one.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher as _};
use std::ops::Add;

use crate::calm;
use crate::machine::Machine;
use crate::rules::Broken;
use crate::scenario::{self, Driver, Scenario};
use crate::world::{Context, Lock, Move, World};

/// What a search has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    /// Different states of the whole.
    pub(crate) worlds: usize,
    /// Moves from one to another.
    pub(crate) moves: usize,
    /// Different states of one process.
    pub(crate) keepers: usize,
}

impl Add for Seen {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            worlds: self.worlds + other.worlds,
            moves: self.moves + other.moves,
            keepers: self.keepers + other.keepers,
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            worlds,
            moves,
            keepers,
        } = self;
        write!(
            f,
            "{worlds} states, {moves} moves, {keepers} states of a keeper"
        )
    }
}

/// A broken rule, and how to get there.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) broken: Broken,
    pub(crate) trace: Vec<Move>,
}

impl Found {
    pub(crate) fn tell(&self, scenario: &Scenario) -> String {
        let mut text = format!(
            "{} in \"{}\" with {:?}\n",
            self.broken, scenario.name, scenario.rules
        );
        let mut machine = Machine::new(scenario::policy(), true);
        let mut context = Context {
            machine: &mut machine,
            scenario,
            ended: None,
        };
        let mut world = begin(scenario, &mut context).expect("the search began here");
        for step in &self.trace {
            let verdict = world.apply(step, &mut context);
            let asks: Vec<_> = world
                .processes
                .iter()
                .map(|process| &process.asks)
                .collect();
            writeln!(text, "  {step:?}: {asks:?} {:?}", context.ended.take()).unwrap();
            if verdict.is_err() {
                return text;
            }
        }
        text += "  and in good weather from there on\n";
        calm::tell(&world, &mut context, &mut text);
        text
    }
}

/// Explores all that can happen, and stops at the first broken rule.
pub(crate) fn explore(scenario: &Scenario) -> Result<Seen, Box<Found>> {
    let mut machine = Machine::new(scenario::policy(), true);
    let mut context = Context {
        machine: &mut machine,
        scenario,
        ended: None,
    };
    let mut seen = Seen::default();
    let mut visited = HashSet::new();
    let mut trail: Vec<(usize, Option<Move>)> = vec![(0, None)];
    let mut frontier = VecDeque::new();
    let start = begin(scenario, &mut context).map_err(|broken| {
        Box::new(Found {
            broken,
            trace: Vec::new(),
        })
    })?;
    visited.insert(digest(&start));
    frontier.push_back((start, 0));
    while let Some((world, at)) = frontier.pop_front() {
        for (step, left) in scenario.moves(&world) {
            seen.moves += 1;
            let mut next = world.clone();
            next.left = left;
            let verdict = next.apply(&step, &mut context);
            let new = verdict.is_ok() && visited.insert(digest(&next));
            let verdict = match new && next.is_idle() {
                true => calm::comes(&next, &mut context),
                false => verdict,
            };
            if let Err(broken) = verdict {
                return Err(Box::new(Found {
                    broken,
                    trace: trace(&trail, at, step),
                }));
            }
            if new {
                trail.push((at, Some(step)));
                frontier.push_back((next, trail.len() - 1));
            }
        }
    }
    seen.worlds = visited.len();
    seen.keepers = machine.states();
    Ok(seen)
}

/// The beginning of all scenarios: somebody has signed in, the token is due, and nobody remembers anything.
pub(crate) fn begin(scenario: &Scenario, context: &mut Context<'_>) -> Result<World, Broken> {
    let faithful = Scenario {
        driver: Driver::Faithful,
        ..*scenario
    };
    let context = &mut Context {
        machine: &mut *context.machine,
        scenario: &faithful,
        ended: None,
    };
    let mut world = World::new(scenario);
    world.apply(&Move::SignIn(0), context)?;
    while !world.is_idle() {
        world.apply(&Move::Do(0), context)?;
    }
    world.apply(&Move::Crash(0, false), context)?;
    world.now += scenario.rules.life * 1000 / 2 + 1000;
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
        let processes = world.processes.iter().enumerate().map(|(p, process)| {
            let holds = match world.lock {
                Lock::Held(holder, since) if holder == p => Some(since),
                _ => None,
            };
            hash_of(&(salt, holds, process))
        });
        let mut processes: Vec<_> = processes.collect();
        processes.sort_unstable();
        let lock = match world.lock {
            Lock::Left(until) => Some(until),
            Lock::Free | Lock::Held(..) => None,
        };
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
