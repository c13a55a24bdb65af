//! Processes in many states, at the price of few.
//!
//! A future cannot be copied, and a search copies states. But what a process does depends on the state of its idle machine and on
//! the log of everything that its driver was told since, and on nothing else. So an idle process is compared by a digest of its state,
//! a busy one by its log, and each pair of a state and an input is put to a real machine once. A machine is brought to a state by
//! telling it the log again.

use std::collections::HashMap;
use std::rc::Rc;

use sha2::{Digest as _, Sha256};
use workos_login_session::SessionPolicy;

use crate::process::{Call, Input, Process, Visible};
use crate::service::Millis;

/// A state of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Local(u32);

/// The consequence of an input.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    pub(crate) state: Local,
    pub(crate) call: Call,
    pub(crate) visible: Visible,
}

pub(crate) struct Machines {
    policy: SessionPolicy,
    /// True if outcomes are remembered. A simulation, which meets no state twice, does without.
    remembers: bool,
    states: Vec<State>,
    idle: HashMap<[u8; 16], Local>,
    outcomes: HashMap<(Local, Rc<Input>), Rc<Outcome>>,
}

#[derive(Default)]
struct State {
    /// How it was reached first; `None` for a process that has just started.
    reached: Option<(Local, Rc<Input>)>,
    /// A process in this state, until it is told something.
    process: Option<Box<Process>>,
}

impl Machines {
    pub(crate) fn new(policy: SessionPolicy, remembers: bool) -> Self {
        Self {
            policy,
            remembers,
            states: vec![State::default()],
            idle: HashMap::new(),
            outcomes: HashMap::new(),
        }
    }

    /// The state of a process that has just started.
    pub(crate) fn start(&mut self) -> Local {
        if self.remembers {
            return Local(0);
        }
        self.states.push(State::default());
        Local(u32::try_from(self.states.len() - 1).unwrap())
    }

    /// How many states of one process are known.
    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    /// Tells a process something.
    pub(crate) fn tell(&mut self, from: Local, input: Input) -> Rc<Outcome> {
        let input = Rc::new(input);
        if let Some(outcome) = self.outcomes.get(&(from, Rc::clone(&input))) {
            return Rc::clone(outcome);
        }
        let mut process = self.take(from);
        let call = process.tell(&input);
        let visible = process.visible(input.clock);
        let state = self.put(process, from, &input);
        let outcome = Rc::new(Outcome {
            state,
            call,
            visible,
        });
        if self.remembers {
            self.outcomes.insert((from, input), Rc::clone(&outcome));
        }
        outcome
    }

    /// Returns the part of a process that callers can see at another time.
    pub(crate) fn visible(&mut self, state: Local, clock: Millis) -> Visible {
        let process = self.take(state);
        let visible = process.visible(clock);
        self.states[state.0 as usize].process = Some(process);
        visible
    }

    fn take(&mut self, state: Local) -> Box<Process> {
        if let Some(process) = self.states[state.0 as usize].process.take() {
            return process;
        }
        let mut log = Vec::new();
        let mut at = state;
        while let Some((before, input)) = &self.states[at.0 as usize].reached {
            log.push(Rc::clone(input));
            at = *before;
        }
        let mut process = Box::new(Process::new(&self.policy));
        for input in log.iter().rev() {
            process.replay(input);
        }
        process
    }

    /// Finds the state that a process is in now.
    fn put(&mut self, process: Box<Process>, from: Local, input: &Rc<Input>) -> Local {
        if !self.remembers {
            self.states[from.0 as usize].process = Some(process);
            return from;
        }
        let next = Local(self.states.len().try_into().unwrap());
        let state = match process.idle_state() {
            Some(idle) => {
                let digest = Sha256::digest(idle)[..16].try_into().unwrap();
                *self.idle.entry(digest).or_insert(next)
            }
            None => next,
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
