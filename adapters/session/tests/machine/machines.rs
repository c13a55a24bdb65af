//! Many keepers in many states, at the price of few.
//!
//! A keeper cannot be copied, and neither can a step of it: that is what keeps a driver from answering a step twice.
//! But what a process does depends on its state and on what it is told alone. So each pair of a state and an input
//! is put to a real keeper once, which is brought there by telling it again what led to that state, and the outcome
//! is remembered. States are told apart by a digest of all that decides what a process will do.

use std::collections::HashMap;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use workos_login::session::SessionPolicy;

use crate::process::{Asks, Input, Process, Sight};

/// A state of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Local(u32);

/// What came of telling a process something.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) state: Local,
    pub(crate) asks: Asks,
    pub(crate) sight: Sight,
}

pub(crate) struct Machine {
    policy: SessionPolicy,
    /// Whether outcomes are remembered. A long run that never meets the same state twice does without.
    remembers: bool,
    states: Vec<State>,
    known: HashMap<[u8; 16], Local>,
    outcomes: HashMap<(Local, Rc<Input>), Rc<Outcome>>,
}

struct State {
    /// How it was reached first; `None` for a process that has just started.
    reached: Option<(Local, Rc<Input>)>,
    /// A process in this state, until it is told something.
    process: Option<Box<Process>>,
}

impl Machine {
    /// The state of a process that has just started.
    pub(crate) const START: Local = Local(0);

    pub(crate) fn new(policy: SessionPolicy, remembers: bool) -> Self {
        Self {
            policy,
            remembers,
            states: vec![State {
                reached: None,
                process: None,
            }],
            known: HashMap::new(),
            outcomes: HashMap::new(),
        }
    }

    /// How many states of one process are known.
    pub(crate) fn states(&self) -> usize {
        self.states.len()
    }

    /// Tells a process something.
    pub(crate) fn tell(&mut self, from: Local, input: Input) -> Rc<Outcome> {
        let input = Rc::new(input);
        if let Some(outcome) = self.outcomes.get(&(from, Rc::clone(&input))) {
            return Rc::clone(outcome);
        }
        let mut process = self.process_in(from);
        let asks = process.tell(&input);
        let sight = process.sight(input.clock);
        let state = self.settle(process, &asks, from, &input);
        let outcome = Rc::new(Outcome { state, asks, sight });
        if self.remembers {
            self.outcomes.insert((from, input), Rc::clone(&outcome));
        }
        outcome
    }

    /// What callers see of a process at another time.
    pub(crate) fn sight(&mut self, state: Local, clock: u64) -> Sight {
        let process = self.process_in(state);
        let sight = process.sight(clock);
        self.states[state.0 as usize].process = Some(process);
        sight
    }

    fn process_in(&mut self, state: Local) -> Box<Process> {
        if let Some(process) = self.states[state.0 as usize].process.take() {
            return process;
        }
        let mut inputs = Vec::new();
        let mut at = state;
        while let Some((before, input)) = &self.states[at.0 as usize].reached {
            inputs.push(Rc::clone(input));
            at = *before;
        }
        assert!(
            self.remembers || inputs.is_empty(),
            "a process of a long run is told one thing at a time"
        );
        let mut process = Box::new(Process::new(&self.policy));
        for input in inputs.iter().rev() {
            process.tell(input);
        }
        process
    }

    /// Finds out which state a process is in now.
    fn settle(
        &mut self,
        process: Box<Process>,
        asks: &Asks,
        from: Local,
        input: &Rc<Input>,
    ) -> Local {
        let next = Local(self.states.len().try_into().unwrap());
        let state = if self.remembers {
            // How the last operation ended changes nothing about the next one.
            let asks = Some(asks).filter(|asks| !matches!(asks, Asks::Done(_)));
            let digest = Sha256::digest(format!("{} {asks:?}", process.state()));
            let digest = digest[..16].try_into().unwrap();
            *self.known.entry(digest).or_insert(next)
        } else {
            next
        };
        if state == next {
            self.states.push(State {
                reached: Some((from, Rc::clone(input))),
                process: Some(process),
            });
        } else {
            self.states[state.0 as usize].process.get_or_insert(process);
        }
        state
    }
}
