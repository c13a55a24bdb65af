//! One operation at a time within a process, and one result for everybody who waited for it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::Error;
use crate::token::Token;

type Outcome = Result<Token, Error>;

/// Whether what came of another's operation will do for somebody who waited, and was refused a token.
pub(crate) fn will_do(outcome: &Outcome, refused: Option<&Token>) -> bool {
    match (outcome, refused) {
        (Ok(token), Some(refused)) => !token.is_same(refused),
        _ => true,
    }
}

/// The threads of a process take turns.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    busy: bool,
    /// How many operations have ended.
    count: u64,
    /// What came of the last one, when it is for others as well.
    outcome: Option<Outcome>,
}

/// What waiting for a turn led to.
pub(crate) enum Joined<'a> {
    Outcome(Outcome),
    Turn(Turn<'a>),
}

impl Turns {
    /// Takes a turn, or what came of the one that was waited for.
    pub(crate) fn join(&self, refused: Option<&Token>) -> Joined<'_> {
        let mut state = self.state();
        let arrived = state.count;
        while state.busy {
            state = self
                .ended
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
            if state.count > arrived
                && let Some(outcome) = &state.outcome
                && will_do(outcome, refused)
            {
                return Joined::Outcome(outcome.clone());
            }
        }
        Joined::Turn(self.begin(state))
    }

    /// Takes a turn, unless that takes longer than `patience`.
    pub(crate) fn enter(&self, patience: Duration) -> Option<Turn<'_>> {
        let (state, _) = self
            .ended
            .wait_timeout_while(self.state(), patience, |state| state.busy)
            .unwrap_or_else(PoisonError::into_inner);
        (!state.busy).then(|| self.begin(state))
    }

    fn begin(&self, mut state: MutexGuard<'_, State>) -> Turn<'_> {
        state.busy = true;
        Turn {
            turns: self,
            outcome: None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn. It ends when this is dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    outcome: Option<Outcome>,
}

impl Turn<'_> {
    /// Ends the turn and gives its outcome to those who waited.
    pub(crate) fn end(mut self, outcome: &Outcome) {
        self.outcome = Some(outcome.clone());
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut state = self.turns.state();
        state.busy = false;
        state.count += 1;
        state.outcome = self.outcome.take();
        self.turns.ended.notify_all();
    }
}
