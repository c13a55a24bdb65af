//! The scenarios: how many processes, which service and store, which policy, and how much can go wrong.

use std::time::Duration;

use workos_login_session::SessionPolicy;
use workos_login_session::workos_login::RefreshPolicy;

use crate::process::{Call, Operation};
use crate::rules;
use crate::service::{Millis, Org, Reply, Rules};
use crate::world::{At, Delivery, Move, World};

/// An event that happens a limited number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thing {
    Token,
    /// `refresh_rejected` and `refresh_now`.
    Another,
    Switch,
    LogIn,
    LogOut,
    /// A delivery that is not normal.
    Fault,
    StoreFailure,
    Crash,
    Drop,
    Jump,
    Clock,
    /// The end of the session at the service.
    End,
}

/// The number of times that each thing can still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget([u8; Thing::End as usize + 1]);

impl Budget {
    pub(crate) fn of(things: &[(Thing, u8)]) -> Self {
        let mut budget = Self::default();
        for (thing, count) in things {
            budget.0[*thing as usize] = *count;
        }
        budget
    }
}

/// The driver, which does what it is documented to do, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    Correct,
    /// Returns that the lock is acquired, and has not acquired it.
    SkipsTheLock,
    /// Returns under the lock what it has loaded before.
    NeverReloads,
    /// Returns what it has loaded before when a response is about to be saved.
    NeverConfirms,
    /// Saves a new session when its access token was returned.
    SavesTooLate,
    /// Does not save the intent.
    DropsTheIntent,
    /// Saves the intent without its organization.
    ForgetsTheOrganization,
    /// Saves no backoff.
    ForgetsTheBackoff,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreKind {
    /// The operating system releases the lock of a dead process at once, and that of a suspended one never. A save replaces anything.
    Exclusive,
    /// A lock ends with its lease, whatever its holder does. A save replaces the expected record only.
    Leased,
}

/// The policy of all machines, as the invariants take it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) margin: Millis,
    pub(crate) window: Millis,
    pub(crate) attempt_timeout: Millis,
    pub(crate) first_backoff: Millis,
    pub(crate) max_backoff: Millis,
    pub(crate) lease: Millis,
}

impl Policy {
    pub(crate) const DEFAULT: Self = Self {
        margin: 300_000,
        window: 10_000,
        attempt_timeout: 4_000,
        first_backoff: 500,
        max_backoff: 60_000,
        lease: 60_000,
    };
    /// Each value differs from the default.
    pub(crate) const OTHER: Self = Self {
        margin: 20_000,
        window: 25_000,
        attempt_timeout: 7_000,
        first_backoff: 900,
        max_backoff: 2_000,
        lease: 75_000,
    };

    /// The policy, as a machine takes it.
    pub(crate) fn session_policy(&self) -> SessionPolicy {
        let time = Duration::from_millis;
        SessionPolicy::default()
            .refresh(RefreshPolicy::default().margin(time(self.margin)))
            .replay_window(time(self.window))
            .attempt_timeout(time(self.attempt_timeout))
            .backoff(time(self.first_backoff), time(self.max_backoff))
            .lease(time(self.lease))
    }

    pub(crate) fn backoff_after(&self, failures: u32) -> Millis {
        (self.first_backoff << failures.min(20)).min(self.max_backoff)
    }
}

/// The timeout of an exchange.
pub(crate) const EXCHANGE_TIMEOUT: Millis = 30_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) rules: Rules,
    pub(crate) store: StoreKind,
    pub(crate) policy: Policy,
    pub(crate) processes: usize,
    /// True if no user is logged in at the beginning.
    pub(crate) is_empty: bool,
    pub(crate) driver: Driver,
    pub(crate) budget: Budget,
    pub(crate) faults: &'static [Delivery],
    /// By how much time can pass at once.
    pub(crate) jumps: &'static [Millis],
    /// By how much the clock can be set.
    pub(crate) clocks: &'static [i64],
    /// True if a process can be suspended for any time. In an exclusive store not between loading and writing: it does not compare
    /// what it replaces, and a logout that timed out acquiring the lock in that very moment can come too early.
    pub(crate) slow: bool,
    /// True if nothing that can happen ends a session.
    pub(crate) must_live: bool,
}

/// The access token becomes due, expires; the replay window of the service ends.
pub(crate) const DUE: Millis = 151_000;
pub(crate) const EXPIRED: Millis = 301_000;
pub(crate) const WINDOW_OVER: Millis = 31_000;

/// No response in time, in each way.
pub(crate) const LOST: &[Delivery] = &[
    Delivery::Disconnected { acted: false },
    Delivery::Disconnected { acted: true },
    Delivery::Silence { acted: false },
    Delivery::Silence { acted: true },
    Delivery::Slow,
];

/// Transient errors, and responses that count as lost.
pub(crate) const TRANSIENT: &[Delivery] = &[
    Delivery::Says(Reply::BUSY),
    Delivery::Says(Reply::Failure(503, "server_error", Some(3))),
    Delivery::Says(Reply::Failure(503, "server_error", None)),
    Delivery::Says(Reply::Failure(408, "timeout", None)),
    Delivery::Says(Reply::Portal),
    Delivery::ActedBut(Reply::Garbled),
    Delivery::ActedBut(Reply::Failure(504, "gateway_timeout", None)),
    Delivery::ActedBut(Reply::Failure(408, "timeout", None)),
    Delivery::Silence { acted: true },
];

/// A service that demands more time than its window has. The request is not repeated at once after that, so a session can end.
pub(crate) const BUSY: &[Delivery] = &[
    Delivery::Says(Reply::Failure(503, "server_error", Some(90))),
    Delivery::Says(Reply::Failure(502, "bad_gateway", None)),
    Delivery::ActedBut(Reply::Failure(504, "gateway_timeout", Some(15))),
    Delivery::ActedBut(Reply::Portal),
];

/// Responses that a switch can have, and client errors.
pub(crate) const REJECTIONS: &[Delivery] = &[
    Delivery::Says(Reply::Failure(
        403,
        "organization_membership_not_found",
        None,
    )),
    Delivery::Says(Reply::SSO_REQUIRED),
    Delivery::Says(Reply::Failure(401, "invalid_client", None)),
    Delivery::Moved(Org::A),
    Delivery::Moved(Org::B),
    Delivery::Says(Reply::BUSY),
];

/// A challenge, and what can be confused with it.
pub(crate) const CHALLENGES: &[Delivery] = &[
    Delivery::Says(Reply::SSO_REQUIRED),
    Delivery::Says(Reply::Failure(400, "mfa_enrollment", None)),
    Delivery::Silence { acted: true },
];

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "",
            rules: Rules::REPLAYING,
            store: StoreKind::Exclusive,
            policy: Policy::DEFAULT,
            processes: 2,
            is_empty: false,
            driver: Driver::Correct,
            budget: Budget::default(),
            faults: &[],
            jumps: &[DUE],
            clocks: &[],
            slow: false,
            must_live: false,
        }
    }
}

impl Scenario {
    /// All that can happen next, and what each costs.
    pub(crate) fn moves(&self, world: &World) -> Vec<(Move, Budget)> {
        let mut moves = Moves {
            left: world.left,
            moves: Vec::new(),
        };
        let processes = 0..world.processes.len();
        let writes = |p: &usize| world.holds_lock(*p) && rules::writes(&world.processes[*p].call);
        if self.slow
            && self.store == StoreKind::Exclusive
            && let Some(p) = processes.clone().find(writes)
        {
            self.moves_of(world, p, &mut moves);
            return moves.moves;
        }
        for p in processes.clone() {
            self.moves_of(world, p, &mut moves);
        }
        let is_busy = processes
            .clone()
            .any(|p| world.is_ready(p, self) || world.is_outward(p));
        if world.deadline(self).is_some() && (self.slow || !is_busy) {
            moves.free(Move::Pass);
        }
        if self.slow || world.is_idle() {
            for time in self.jumps {
                moves.paid(Move::Jump(*time), Thing::Jump);
            }
        }
        for by in self.clocks {
            moves.paid(Move::SetClock(*by), Thing::Clock);
        }
        if world.store.is_some() {
            moves.paid(Move::EndSession, Thing::End);
        }
        moves.moves
    }

    fn moves_of(&self, world: &World, p: usize, moves: &mut Moves) {
        let process = &world.processes[p];
        if process.is_idle() {
            return begin(world, p, moves);
        }
        moves.paid(Move::Crash(p), Thing::Crash);
        moves.paid(Move::Drop(p), Thing::Drop);
        if world.is_outward(p) {
            moves.free(Move::Deliver(p, Delivery::Normal));
            for delivery in self.faults {
                moves.paid(Move::Deliver(p, *delivery), Thing::Fault);
            }
        }
        if !world.is_ready(p, self) {
            return;
        }
        moves.free(Move::Do(p));
        if rules::writes(&process.call) || process.call == Call::Load {
            moves.paid(Move::Fail(p), Thing::StoreFailure);
        }
        if matches!(process.call, Call::Save(..)) {
            moves.paid(Move::SaveAndFail(p), Thing::StoreFailure);
        }
    }
}

fn begin(world: &World, p: usize, moves: &mut Moves) {
    let process = &world.processes[p];
    let operation = |operation| Move::Begin(p, operation);
    moves.paid(operation(Operation::AccessToken), Thing::Token);
    moves.paid(operation(Operation::RefreshNow), Thing::Another);
    if process.visible.held {
        moves.paid(operation(Operation::RefreshRejected), Thing::Another);
    }
    moves.paid(operation(Operation::Switch(Org::B)), Thing::Switch);
    if !world.processes.iter().any(At::has_login) {
        moves.paid(Move::LogIn(p), Thing::LogIn);
    }
    moves.paid(operation(Operation::LogOut), Thing::LogOut);
    if process.visible.unsaved {
        moves.paid(operation(Operation::Flush), Thing::Token);
    }
}

struct Moves {
    left: Budget,
    moves: Vec<(Move, Budget)>,
}

impl Moves {
    fn free(&mut self, step: Move) {
        self.moves.push((step, self.left));
    }

    fn paid(&mut self, step: Move, thing: Thing) {
        let mut left = self.left;
        if let Some(rest) = left.0[thing as usize].checked_sub(1) {
            left.0[thing as usize] = rest;
            self.moves.push((step, left));
        }
    }
}
