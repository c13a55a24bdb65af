//! Everything that there is: processes, the store with its lock, the service, the network between, and the time.

use crate::endings;
use crate::history::History;
use crate::machine::{Local, Machine};
use crate::process::{Asks, End, Input, Sight, Told, Wish};
use crate::record::Stored;
use crate::rules::{self, Verdict};
use crate::scenario::{Budget, LEASE, Scenario};
use crate::service::{ErrorResponse, Millis, Org, Service};

/// When a run begins. Late enough for a clock to be set back.
const BEGINNING: Millis = 1_780_000_000_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Millis,
    /// How far the clock of the machine is off.
    pub(crate) skew: i64,
    pub(crate) store: Option<Stored>,
    pub(crate) lock: Lock,
    pub(crate) processes: Vec<At>,
    pub(crate) service: Service,
    pub(crate) left: Budget,
    pub(crate) history: History,
}

/// The lock of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Lock {
    Free,
    Held(usize, Millis),
    /// By a process that died, until this time.
    Left(Millis),
}

/// Where a process has got to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) state: Local,
    pub(crate) asks: Asks,
    /// The end of a wait, for the lock, an answer, or nothing.
    pub(crate) until: Millis,
    pub(crate) flight: Flight,
    pub(crate) sight: Sight,
    pub(crate) operation: Operation,
    /// How many operations in a row have failed.
    pub(crate) failures: u32,
    /// Whether its last operation left a refresh unanswered, or found one.
    pub(crate) left_open: bool,
    /// The newest login whose session it had.
    pub(crate) login: u32,
    /// What a faulty driver has yet to write.
    pub(crate) postponed: Option<Stored>,
}

/// Where a refresh is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flight {
    None,
    Outward,
    Homeward(Told),
    /// No answer will come.
    Lost,
}

/// What is known of the operation that a process is at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Operation {
    pub(crate) wish: Option<Wish>,
    pub(crate) began: Millis,
    pub(crate) steps: u32,
    pub(crate) sends: u32,
    /// Those after the replay window.
    pub(crate) late_sends: u32,
    /// The refresh token that was sent last.
    pub(crate) token: Option<u32>,
    /// The last answer, or that there was none.
    pub(crate) answer: Option<Told>,
    pub(crate) last_wait: Millis,
    /// What the store held when it was read last.
    pub(crate) read: Option<Option<Stored>>,
    /// Whether it has announced a refresh itself.
    pub(crate) announced: bool,
    /// Whether it was told that it holds the lock.
    pub(crate) locked: bool,
    pub(crate) read_under_lock: bool,
    pub(crate) store_failures: u32,
    /// When there was an answer.
    pub(crate) answered: Millis,
    /// Whether the time is another one than it was, for no reason that the process knows of.
    pub(crate) is_confused: bool,
    /// What callers saw when it began.
    pub(crate) before: Sight,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Wish(usize, Wish),
    SignIn(usize),
    /// What a process asks for is done.
    Do(usize),
    /// What it asks of the store fails.
    Fail(usize),
    /// The store writes, and says that it has not.
    FailAfterwards(usize),
    Serve(usize, Fate),
    /// The process dies, and its lock is left behind or not. Another one starts in its place.
    Crash(usize, bool),
    /// The operation is dropped; the process lives on.
    Drop(usize),
    /// Time passes until the next wait is over.
    Pass,
    Jump(Millis),
    SetClock(i64),
    EndSession,
}

/// What becomes of a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Good,
    /// An answer of a service that has not acted.
    Says(ErrorResponse),
    /// An answer that hides what the service has done.
    ActedBut(ErrorResponse),
    /// The service has moved the session elsewhere.
    Moved(Org),
    /// The connection breaks before or after the service has acted.
    Broken {
        acted: bool,
    },
    /// Nothing comes, and the service has acted or not.
    Silence {
        acted: bool,
    },
}

/// The machine and the scenario: what a world needs to move.
pub(crate) struct Context<'a> {
    pub(crate) machine: &'a mut Machine,
    pub(crate) scenario: &'a Scenario,
    /// How the last operation ended.
    pub(crate) ended: Option<End>,
}

impl World {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let idle = At {
            state: Machine::START,
            asks: Asks::Nothing,
            until: 0,
            flight: Flight::None,
            sight: Sight::default(),
            operation: Operation::default(),
            failures: 0,
            left_open: false,
            login: 0,
            postponed: None,
        };
        Self {
            now: BEGINNING,
            skew: 0,
            store: None,
            lock: Lock::Free,
            processes: vec![idle; scenario.processes],
            service: Service::new(scenario.rules),
            left: scenario.budget,
            history: History::default(),
        }
    }

    pub(crate) fn clock(&self) -> Millis {
        self.now.saturating_add_signed(self.skew)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.processes.iter().all(At::is_idle)
    }

    /// Whether a process has something to do that takes no time.
    pub(crate) fn is_ready(&self, p: usize) -> bool {
        let process = &self.processes[p];
        match process.asks {
            Asks::Nothing => false,
            Asks::Lock(_) => self.lock_is_free() || process.until <= self.now,
            Asks::Wait(_) => process.until <= self.now,
            Asks::Send(..) => match process.flight {
                Flight::Homeward(_) => true,
                Flight::Lost => process.until <= self.now,
                Flight::None | Flight::Outward => false,
            },
            _ => true,
        }
    }

    pub(crate) fn is_outward(&self, p: usize) -> bool {
        self.processes[p].flight == Flight::Outward
    }

    pub(crate) fn lock_is_free(&self) -> bool {
        match self.lock {
            Lock::Free => true,
            Lock::Held(..) => false,
            Lock::Left(until) => until <= self.now,
        }
    }

    /// When the next wait is over.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let waits = self.processes.iter().filter_map(|process| {
            let waits = match process.asks {
                Asks::Lock(_) | Asks::Wait(_) => true,
                Asks::Send(..) => process.flight == Flight::Lost,
                _ => false,
            };
            waits.then_some(process.until)
        });
        let left = match self.lock {
            Lock::Left(until) => Some(until),
            Lock::Free | Lock::Held(..) => None,
        };
        waits.chain(left).filter(|until| *until > self.now).min()
    }

    /// Lets something happen.
    pub(crate) fn apply(&mut self, step: &Move, context: &mut Context<'_>) -> Verdict {
        match *step {
            Move::Wish(p, wish) => self.wish(p, wish, context),
            Move::SignIn(p) => {
                let pair = self.service.log_in();
                self.history.session_was_ended = false;
                self.wish(p, Wish::SignIn(pair), context)
            }
            Move::Do(p) => self.carry_out(p, context),
            Move::Fail(p) => self.fail(p, context),
            Move::FailAfterwards(p) => {
                let Asks::Save(record) = self.processes[p].asks.clone() else {
                    panic!("only what is written can be written all the same");
                };
                self.write(p, record, context.scenario)?;
                self.fail(p, context)
            }
            Move::Serve(p, fate) => {
                self.serve(p, fate);
                Ok(())
            }
            Move::Crash(p, leaves_lock) => {
                self.abandon(p, leaves_lock.then_some(LEASE));
                let process = &mut self.processes[p];
                process.state = Machine::START;
                process.sight = Sight::default();
                process.failures = 0;
                process.left_open = false;
                process.login = 0;
                Ok(())
            }
            Move::Drop(p) => {
                self.abandon(p, None);
                self.tell(p, Told::Dropped, context)
            }
            Move::Pass => {
                self.now = self.deadline().expect("something is waited for");
                Ok(())
            }
            Move::Jump(time) => {
                self.now += time;
                self.confuse();
                Ok(())
            }
            Move::SetClock(by) => {
                self.skew += by;
                self.history.clock_was_set = true;
                self.confuse();
                Ok(())
            }
            Move::EndSession => {
                self.service.end_session();
                self.history.session_was_ended = true;
                Ok(())
            }
        }
    }

    fn confuse(&mut self) {
        for process in &mut self.processes {
            process.operation.is_confused = !process.is_idle();
        }
    }

    fn wish(&mut self, p: usize, wish: Wish, context: &mut Context<'_>) -> Verdict {
        let clock = self.clock();
        let before = context.machine.sight(self.processes[p].state, clock);
        self.processes[p].operation = Operation {
            wish: Some(wish),
            began: self.now,
            before,
            ..Operation::default()
        };
        self.tell(p, Told::Wish(wish), context)?;
        rules::begins(self, p)
    }

    /// A process stops where it is.
    fn abandon(&mut self, p: usize, leave_lock_for: Option<Millis>) {
        if let Lock::Held(holder, since) = self.lock
            && holder == p
        {
            self.lock = match leave_lock_for {
                Some(lease) => Lock::Left(since + lease),
                None => Lock::Free,
            };
        }
        let store = self.store.clone();
        self.history
            .abandoned(&mut self.processes[p], store.as_ref());
        let process = &mut self.processes[p];
        process.asks = Asks::Nothing;
        process.flight = Flight::None;
        process.postponed = None;
        process.operation = Operation::default();
    }

    pub(crate) fn tell(&mut self, p: usize, told: Told, context: &mut Context<'_>) -> Verdict {
        self.history.heard(self.now, &mut self.processes[p], &told);
        let input = Input {
            told,
            clock: self.clock(),
        };
        let outcome = context.machine.tell(self.processes[p].state, input);
        let process = &mut self.processes[p];
        process.state = outcome.state;
        process.asks = outcome.asks.clone();
        process.sight = outcome.sight;
        process.operation.steps += 1;
        rules::shows(self, p)?;
        match outcome.asks {
            Asks::Lock(time) => self.processes[p].until = self.now + time,
            Asks::Wait(time) => {
                rules::waits(self, p, time)?;
                self.processes[p].until = self.now + time;
                let operation = &mut self.processes[p].operation;
                if !matches!(
                    operation.answer,
                    Some(Told::Answered(ErrorResponse::Failure(..)))
                ) {
                    operation.last_wait = time;
                }
            }
            Asks::Send(asked, limit) => {
                rules::sends(self, p, asked, limit, context.scenario)?;
                let late = rules::is_late(self, p, asked.refresh);
                let process = &mut self.processes[p];
                process.until = self.now + limit;
                process.flight = Flight::Outward;
                let operation = &mut process.operation;
                self.history.sent(self.now, operation, asked.refresh, late);
            }
            Asks::Done(end) => self.end(p, end, context)?,
            _ => {}
        }
        rules::goes_on(self, p, context.scenario)
    }

    fn end(&mut self, p: usize, end: End, context: &mut Context<'_>) -> Verdict {
        endings::ends(self, p, end, context.scenario)?;
        let store = self.store.clone();
        self.history
            .ended(&mut self.processes[p], end, store.as_ref());
        if let Some(record) = self.processes[p].postponed.take() {
            self.write(p, record, context.scenario)?;
        }
        let process = &mut self.processes[p];
        context.ended = Some(end);
        process.asks = Asks::Nothing;
        process.operation = Operation::default();
        Ok(())
    }
}

impl At {
    pub(crate) fn is_idle(&self) -> bool {
        self.asks == Asks::Nothing
    }

    /// Whether it wants what does not wait for a process that hangs.
    pub(crate) fn wish_is_final(&self) -> bool {
        matches!(self.operation.wish, Some(Wish::LogOut | Wish::SignIn(_)))
    }
}
