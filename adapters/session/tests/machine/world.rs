//! Everything around the machines: the store and its lock, the service, the network, and the time.

use std::fmt::Write as _;
use std::mem;

use workos_login_session::Expected;

use crate::endings;
use crate::history::History;
use crate::machines::{Local, Machines};
use crate::process::{Call, End, Failure, Input, Operation, Told, Visible};
use crate::record::{Intent, Stored};
use crate::rules::{self, Verdict, Violation};
use crate::scenario::{Budget, Driver, Scenario, StoreKind};
use crate::service::{Asked, Millis, Org, Reply, Service};

/// When a run begins. Late enough for a clock to be set back.
pub(crate) const BEGINNING: Millis = 1_780_000_000_000;

/// How long a slow response takes: longer than the timeout of a short attempt, shorter than that of an exchange.
const SLOW: Millis = 12_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) now: Millis,
    /// How far the clock that processes see is off.
    pub(crate) skew: i64,
    pub(crate) store: Option<Stored>,
    pub(crate) lock: Option<Lock>,
    pub(crate) processes: Vec<At>,
    pub(crate) service: Service,
    pub(crate) left: Budget,
    pub(crate) history: History,
}

/// The lock of the store, acquired at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Lock {
    /// `None` if the holder died.
    pub(crate) holder: Option<usize>,
    pub(crate) since: Millis,
}

/// A process, and the call of its driver.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) state: Local,
    pub(crate) call: Call,
    /// When a sleep ends, or the wait for the lock or a response.
    pub(crate) until: Millis,
    pub(crate) flight: Flight,
    pub(crate) visible: Visible,
    pub(crate) progress: Progress,
    /// How many operations in a row have failed.
    pub(crate) failures: u32,
    /// True if its last operation left a refresh without a response, or found one.
    pub(crate) left_open: bool,
    /// The newest login whose session it had.
    pub(crate) login: u32,
    /// The record that a faulty driver has yet to save.
    pub(crate) postponed: Option<Stored>,
}

/// A request in flight.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Flight {
    None,
    Outward,
    /// The result of the call, and the time at which it arrives.
    Homeward(Told, Millis),
}

/// The operation in progress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Progress {
    pub(crate) operation: Option<Operation>,
    pub(crate) began: Millis,
    pub(crate) calls: u32,
    pub(crate) sends: u32,
    /// The attempts of the last request, and those after the replay window.
    pub(crate) attempts: u32,
    pub(crate) late_attempts: u32,
    /// The last request, and when it was sent.
    pub(crate) sent: Option<(Asked, Millis)>,
    /// The last response, or that there was none, and when.
    pub(crate) reply: Option<Told>,
    pub(crate) replied: Millis,
    pub(crate) last_sleep: Millis,
    /// The record that was loaded last.
    pub(crate) loaded: Option<Option<Stored>>,
    /// True if it has stored an intent itself.
    pub(crate) announced: bool,
    /// True if it was told that it holds the lock.
    pub(crate) locked: bool,
    pub(crate) loaded_under_lock: bool,
    pub(crate) store_failures: u32,
    /// True if its clock was set, or the process was suspended.
    pub(crate) is_confused: bool,
    /// The part of the machine that callers saw when it began.
    pub(crate) before: Visible,
}

impl Progress {
    pub(crate) fn refused_access(&self) -> Option<u32> {
        let wants_another = self.operation.is_some_and(Operation::wants_another);
        self.before
            .session
            .map(|seen| seen.access)
            .filter(|_| wants_another)
    }
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Begin(usize, Operation),
    LogIn(usize),
    /// The driver's call is done.
    Do(usize),
    /// The store fails.
    Fail(usize),
    /// The store saves the record, and fails.
    SaveAndFail(usize),
    Deliver(usize, Delivery),
    /// The process dies, and another one starts in its place.
    Crash(usize),
    /// The future is dropped.
    Drop(usize),
    /// Time passes until the next wait is over.
    Pass,
    Jump(Millis),
    SetClock(i64),
    EndSession,
}

/// The fate of a request and its response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    Normal,
    /// The service has not acted.
    Says(Reply),
    ActedBut(Reply),
    /// The response is for this organization.
    Moved(Org),
    Disconnected {
        acted: bool,
    },
    /// There is no response.
    Silence {
        acted: bool,
    },
    /// The service acts, and the response takes long.
    Slow,
}

/// The surroundings of a move.
pub(crate) struct Context<'a> {
    pub(crate) machines: &'a mut Machines,
    pub(crate) scenario: &'a Scenario,
    /// The end of the operation that the move ended.
    pub(crate) ended: Option<End>,
    /// A description of the moves.
    pub(crate) log: Option<String>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(machines: &'a mut Machines, scenario: &'a Scenario) -> Self {
        Self {
            machines,
            scenario,
            ended: None,
            log: None,
        }
    }
}

impl At {
    pub(crate) fn new(state: Local) -> Self {
        Self {
            state,
            call: Call::None,
            until: 0,
            flight: Flight::None,
            visible: Visible::default(),
            progress: Progress::default(),
            failures: 0,
            left_open: false,
            login: 0,
            postponed: None,
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.call == Call::None
    }

    /// Returns whether it logs in or out, or has a session that is not saved.
    pub(crate) fn has_login(&self) -> bool {
        self.goes_without_lock() || self.visible.unsaved
    }

    /// Returns whether its operation goes on without a lock that is not released in time.
    pub(crate) fn goes_without_lock(&self) -> bool {
        matches!(
            self.progress.operation,
            Some(Operation::LogOut | Operation::LogIn(_))
        )
    }
}

impl World {
    pub(crate) fn new(scenario: &Scenario, machines: &mut Machines) -> Self {
        let processes = 0..scenario.processes;
        Self {
            now: BEGINNING,
            skew: 0,
            store: None,
            lock: None,
            processes: processes.map(|_| At::new(machines.start())).collect(),
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

    /// Returns whether the driver's call of a process can be done now.
    pub(crate) fn is_ready(&self, p: usize, scenario: &Scenario) -> bool {
        let process = &self.processes[p];
        match process.call {
            Call::None => false,
            Call::Lock { .. } => self.lock_is_free(scenario) || process.until <= self.now,
            Call::Sleep(_) => process.until <= self.now,
            Call::Send(..) => matches!(process.flight, Flight::Homeward(_, at) if at <= self.now),
            _ => true,
        }
    }

    pub(crate) fn is_outward(&self, p: usize) -> bool {
        self.processes[p].flight == Flight::Outward
    }

    /// Returns whether a request is with the service or its response under way.
    pub(crate) fn is_in_flight(&self, p: usize) -> bool {
        match self.processes[p].flight {
            Flight::None => false,
            Flight::Outward => self.now < self.processes[p].until,
            Flight::Homeward(_, at) => self.now < at,
        }
    }

    pub(crate) fn lock_is_free(&self, scenario: &Scenario) -> bool {
        let expires = scenario.store == StoreKind::Leased;
        self.lock
            .is_none_or(|lock| expires && lock.since + scenario.policy.lease <= self.now)
    }

    pub(crate) fn holds_lock(&self, p: usize) -> bool {
        self.lock.is_some_and(|lock| lock.holder == Some(p))
    }

    /// When the next wait is over.
    pub(crate) fn deadline(&self, scenario: &Scenario) -> Option<Millis> {
        let waits = self
            .processes
            .iter()
            .filter_map(|process| match process.call {
                Call::Lock { .. } | Call::Sleep(_) => Some(process.until),
                Call::Send(..) => match process.flight {
                    Flight::Homeward(_, at) => Some(at),
                    Flight::None | Flight::Outward => None,
                },
                _ => None,
            });
        let left = self.lock.filter(|lock| lock.holder.is_none());
        let left = left.map(|lock| lock.since + scenario.policy.lease);
        waits.chain(left).filter(|until| *until > self.now).min()
    }

    /// Lets something happen.
    pub(crate) fn apply(&mut self, step: Move, context: &mut Context<'_>) -> Verdict {
        context.ended = None;
        let verdict = self.make(step, context);
        if let Some(log) = &mut context.log {
            let calls: Vec<_> = self.processes.iter().map(|process| &process.call).collect();
            writeln!(log, "  {step:?}: {calls:?} {:?}", context.ended).unwrap();
        }
        verdict
    }

    fn make(&mut self, step: Move, context: &mut Context<'_>) -> Verdict {
        match step {
            Move::Begin(p, operation) => return self.begin(p, operation, context),
            Move::LogIn(p) => {
                let pair = self.service.log_in();
                self.history.session_was_ended = false;
                return self.begin(p, Operation::LogIn(pair), context);
            }
            Move::Do(p) => return self.perform(p, context),
            Move::Fail(p) => return self.fail(p, context),
            Move::SaveAndFail(p) => {
                let Call::Save(record, expected) = self.processes[p].call.clone() else {
                    panic!("only `save` saves");
                };
                if self.matches(expected, context.scenario) {
                    self.save(p, record, context.scenario)?;
                }
                return self.fail(p, context);
            }
            Move::Deliver(p, delivery) => self.deliver(p, delivery),
            Move::Crash(p) => {
                self.abandon(p, context.scenario.store == StoreKind::Leased);
                self.processes[p] = At::new(context.machines.start());
            }
            Move::Drop(p) => {
                self.abandon(p, false);
                return self.tell(p, Told::Dropped, context);
            }
            Move::Pass => {
                self.now = self
                    .deadline(context.scenario)
                    .expect("something is waited for")
            }
            Move::Jump(time) => {
                self.now += time;
                self.confuse();
            }
            Move::SetClock(by) => {
                self.skew += by;
                self.history.clock_was_set = true;
                self.confuse();
            }
            Move::EndSession => {
                self.service.end_session();
                self.history.session_was_ended = true;
            }
        }
        Ok(())
    }

    fn confuse(&mut self) {
        for process in &mut self.processes {
            process.progress.is_confused = !process.is_idle();
            if process.flight == Flight::Outward && process.until <= self.now {
                process.flight = Flight::Homeward(Told::TimedOut, process.until);
            }
        }
    }

    fn begin(&mut self, p: usize, operation: Operation, context: &mut Context<'_>) -> Verdict {
        let before = context
            .machines
            .visible(self.processes[p].state, self.clock());
        self.processes[p].progress = Progress {
            operation: Some(operation),
            began: self.now,
            before,
            ..Progress::default()
        };
        self.tell(p, Told::Begin(operation), context)?;
        rules::begins(self, p, context.scenario)
    }

    /// An operation stops where it is.
    fn abandon(&mut self, p: usize, leaves_lock: bool) {
        if self.holds_lock(p) {
            self.lock = self.lock.filter(|_| leaves_lock).map(|lock| Lock {
                holder: None,
                ..lock
            });
        }
        self.history
            .abandoned(&mut self.processes[p], self.store.as_ref());
        let process = &mut self.processes[p];
        process.call = Call::None;
        process.flight = Flight::None;
        process.postponed = None;
        process.progress = Progress::default();
    }

    /// Tells an operation something. Its next call is checked before it is performed.
    fn tell(&mut self, p: usize, told: Told, context: &mut Context<'_>) -> Verdict {
        self.history.heard(self.now, &mut self.processes[p], &told);
        let clock = self.clock();
        let outcome = context
            .machines
            .tell(self.processes[p].state, Input { told, clock });
        let process = &mut self.processes[p];
        process.state = outcome.state;
        process.call = outcome.call.clone();
        process.visible = outcome.visible;
        process.progress.calls += 1;
        rules::shows(self, p)?;
        match outcome.call {
            Call::Lock { wait, lease } => {
                rules::locks(self, p, wait, lease, context.scenario)?;
                self.processes[p].until = self.now + wait;
            }
            Call::Sleep(time) => {
                rules::sleeps(self, p, time)?;
                let process = &mut self.processes[p];
                process.until = self.now + time;
                if !rules::is_demanded(&process.progress) {
                    process.progress.last_sleep = time;
                }
            }
            Call::Send(asked, timeout) => {
                rules::sends(self, p, asked, timeout, context.scenario)?;
                let is_late = rules::is_late(self, p, asked.refresh, context.scenario);
                let process = &mut self.processes[p];
                process.until = self.now + timeout;
                process.flight = Flight::Outward;
                self.history
                    .sent(self.now, &mut process.progress, asked, is_late);
            }
            Call::End(end) => self.end(p, end, context)?,
            _ => {}
        }
        rules::goes_on(self, p, context.scenario)
    }

    fn end(&mut self, p: usize, end: End, context: &mut Context<'_>) -> Verdict {
        endings::ends(self, p, end, context.scenario)?;
        let store = self.store.clone();
        let policy = &context.scenario.policy;
        self.history
            .ended(&mut self.processes[p], end, store.as_ref(), policy);
        if let Some(record) = self.processes[p].postponed.take() {
            self.save(p, record, context.scenario)?;
        }
        let process = &mut self.processes[p];
        context.ended = Some(end);
        process.call = Call::None;
        process.progress = Progress::default();
        Ok(())
    }

    /// Performs the driver's call of a process.
    fn perform(&mut self, p: usize, context: &mut Context<'_>) -> Verdict {
        let scenario = context.scenario;
        let told = match self.processes[p].call.clone() {
            Call::Clear(expected) => Told::Written(self.clear(p, expected, scenario)?),
            Call::Load => Told::Loaded(Ok(self.load(p, scenario.driver))),
            Call::Lock { .. } => Told::Locked(Ok(self.acquire(p, scenario))),
            Call::Save(record, expected) => {
                Told::Written(self.save_as(p, record, expected, scenario)?)
            }
            Call::Send(..) => match mem::replace(&mut self.processes[p].flight, Flight::None) {
                Flight::Homeward(told, _) => told,
                Flight::None | Flight::Outward => panic!("nothing came back"),
            },
            Call::Unlock => {
                if self.holds_lock(p) {
                    self.lock = None;
                }
                self.processes[p].progress.locked = false;
                Told::Done
            }
            Call::Sleep(_) => Told::Done,
            Call::None | Call::End(_) => panic!("there is no call"),
        };
        if let Told::Written(Err(_)) = told {
            self.processes[p].progress.store_failures += 1;
        }
        self.tell(p, told, context)
    }

    fn acquire(&mut self, p: usize, scenario: &Scenario) -> bool {
        let is_free = self.lock_is_free(scenario);
        if let (
            true,
            Some(Lock {
                holder: Some(holder),
                ..
            }),
        ) = (is_free, self.lock)
        {
            self.history
                .overtaken(&self.processes[holder], self.store.as_ref());
        }
        if is_free && scenario.driver != Driver::SkipsTheLock {
            self.lock = Some(Lock {
                holder: Some(p),
                since: self.now,
            });
        }
        self.history.went_without_lock |= !is_free && self.processes[p].goes_without_lock();
        self.processes[p].progress.locked = is_free;
        is_free
    }

    fn load(&mut self, p: usize, driver: Driver) -> Option<Stored> {
        let progress = &mut self.processes[p].progress;
        let is_stale = match driver {
            Driver::NeverReloads => progress.locked && progress.sends == 0,
            Driver::NeverConfirms => progress.sends > 0,
            _ => false,
        };
        let record = match &progress.loaded {
            Some(stale) if is_stale => stale.clone(),
            _ => self.store.clone(),
        };
        progress.loaded_under_lock = progress.locked;
        progress.loaded = Some(record.clone());
        record
    }

    /// Returns whether the store holds the expected record. A store whose lock cannot expire does not compare.
    fn matches(&self, expected: Expected, scenario: &Scenario) -> bool {
        if scenario.store == StoreKind::Exclusive {
            return true;
        }
        match expected {
            Expected::Anything => true,
            Expected::Nothing => self.store.is_none(),
            Expected::Generation(generation) => {
                let stored = self.store.as_ref().map(|record| record.parsed.generation());
                stored == Some(generation)
            }
        }
    }

    fn clear(
        &mut self,
        p: usize,
        expected: Expected,
        scenario: &Scenario,
    ) -> Result<Result<(), Failure>, Violation> {
        if self.store.is_some() && !self.matches(expected, scenario) {
            return Ok(Err(Failure::Conflict));
        }
        rules::clears(self, p)?;
        self.history
            .cleared(&self.processes[p], self.store.as_ref());
        self.store = None;
        Ok(Ok(()))
    }

    fn save_as(
        &mut self,
        p: usize,
        mut record: Stored,
        expected: Expected,
        scenario: &Scenario,
    ) -> Result<Result<(), Failure>, Violation> {
        if !self.matches(expected, scenario) {
            return Ok(Err(Failure::Conflict));
        }
        let announces = record.intent.is_some();
        let was_announced = self
            .store
            .as_ref()
            .is_some_and(|old| old.refresh == record.refresh && old.intent.is_some());
        self.processes[p].progress.announced |= announces && !was_announced;
        match scenario.driver {
            Driver::DropsTheIntent if announces => return Ok(Ok(())),
            Driver::ForgetsTheOrganization => record = record.without("/intent", "organization"),
            Driver::ForgetsTheBackoff => record = record.without("", "retry_at"),
            Driver::SavesTooLate if !announces => {
                self.processes[p].postponed = Some(record);
                return Ok(Ok(()));
            }
            _ => {}
        }
        self.save(p, record, scenario)?;
        Ok(Ok(()))
    }

    fn save(&mut self, p: usize, record: Stored, scenario: &Scenario) -> Verdict {
        rules::saves(self, p, &record, scenario)?;
        self.history.saved(&record);
        self.store = Some(record);
        Ok(())
    }

    fn fail(&mut self, p: usize, context: &mut Context<'_>) -> Verdict {
        self.processes[p].progress.store_failures += 1;
        self.history.intent_stays(self.store.as_ref());
        let told = match self.processes[p].call {
            Call::Load => Told::Loaded(Err(())),
            Call::Lock { .. } => {
                self.history.went_without_lock |= self.processes[p].goes_without_lock();
                Told::Locked(Err(()))
            }
            Call::Clear(_) | Call::Save(..) => Told::Written(Err(Failure::Failed)),
            ref call => panic!("{call:?} cannot fail"),
        };
        self.tell(p, told, context)
    }

    fn deliver(&mut self, p: usize, delivery: Delivery) {
        let process = &self.processes[p];
        let (until, now) = (process.until, self.now);
        let Call::Send(asked, _) = process.call else {
            panic!("nothing was sent");
        };
        let acts = match delivery {
            Delivery::Normal | Delivery::ActedBut(_) | Delivery::Slow => Some(asked.org),
            Delivery::Moved(org) => Some(org),
            Delivery::Says(_) => None,
            Delivery::Disconnected { acted } | Delivery::Silence { acted } => {
                acted.then_some(asked.org)
            }
        };
        let reply = acts.map(|org| self.act(asked, org));
        let replied = || Told::Replied(reply.expect("the service acted"));
        let (told, at) = match delivery {
            Delivery::Normal | Delivery::Moved(_) => (replied(), now),
            Delivery::Slow if now + SLOW < until => (replied(), now + SLOW),
            Delivery::Says(reply) | Delivery::ActedBut(reply) => (Told::Replied(reply), now),
            Delivery::Disconnected { .. } => (Told::Disconnected, now),
            Delivery::Silence { .. } | Delivery::Slow => (Told::TimedOut, until),
        };
        self.processes[p].flight = Flight::Homeward(told, at);
    }

    fn act(&mut self, asked: Asked, org: Org) -> Reply {
        let reply = self.service.act(asked, org, self.now);
        let intent = self.store.as_ref().and_then(|record| record.intent);
        if let Reply::Success(pair) = reply {
            self.history.issued.entry(pair.access).or_insert(self.now);
            if matches!(intent, Some(Intent { org: Some(org), .. }) if org == pair.org) {
                self.history.switched.insert(pair.access);
            }
        }
        reply
    }
}
