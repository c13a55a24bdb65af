//! What is explored: how many processes, which service, and how much may go wrong.

use std::time::Duration;

use workos_login::session::SessionPolicy;

use crate::process::{Asks, Wish};
use crate::service::{ErrorResponse, Millis, Org, Rules};
use crate::world::{Fate, Lock, Move, World};

/// How many times each thing may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    pub(crate) tokens: u8,
    pub(crate) others: u8,
    pub(crate) switches: u8,
    pub(crate) sign_ins: u8,
    pub(crate) log_outs: u8,
    pub(crate) fates: u8,
    pub(crate) store_failures: u8,
    pub(crate) crashes: u8,
    pub(crate) drops: u8,
    pub(crate) jumps: u8,
    pub(crate) clocks: u8,
    pub(crate) ends: u8,
}

/// What does the steps, faithfully or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Driver {
    Faithful,
    /// Says that the lock is held, and has not taken it.
    SkipsTheLock,
    /// Says under the lock what it has read before.
    NeverReloads,
    /// Says what it has read before when an answer is about to be stored.
    NeverConfirms,
    /// Writes a new session when its token has been handed out.
    SavesTooLate,
    /// Does not write that a refresh is about to be sent.
    DropsTheIntent,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) rules: Rules,
    pub(crate) processes: usize,
    pub(crate) driver: Driver,
    pub(crate) budget: Budget,
    /// What can become of a refresh beside the best.
    pub(crate) fates: &'static [Fate],
    /// By how much time can pass at once.
    pub(crate) jumps: &'static [Millis],
    /// By how much the clock can be set.
    pub(crate) clocks: &'static [i64],
    /// Whether a process can stop for any time, but for the moment between reading the store and writing it: a store
    /// does not compare what it replaces, so who logs out without the lock in that very moment may come too early.
    pub(crate) slow: bool,
    /// Whether a process that dies leaves its lock behind.
    pub(crate) leaves_locks: bool,
    /// Whether nothing that can happen ends a session.
    pub(crate) must_live: bool,
}

/// The policy of all keepers here, as the rules take it.
pub(crate) const WINDOW: Millis = 10_000;
pub(crate) const ATTEMPT_LIMIT: Millis = 4_000;
pub(crate) const FIRST_PAUSE: Millis = 500;
pub(crate) const LEASE: Millis = 60_000;

/// The life of half a token, of a token, and of a replay window, over.
pub(crate) const DUE: Millis = 151_000;
pub(crate) const SPENT: Millis = 301_000;
pub(crate) const WINDOW_OVER: Millis = 31_000;

/// No answer, in each way.
pub(crate) const LOST: &[Fate] = &[
    Fate::Broken { acted: false },
    Fate::Broken { acted: true },
    Fate::Silence { acted: false },
    Fate::Silence { acted: true },
];

/// Answers that end nothing.
pub(crate) const WEATHER: &[Fate] = &[
    Fate::Says(ErrorResponse::Failure(429, "too_many_requests", Some(1))),
    Fate::Says(ErrorResponse::Failure(503, "server_error", Some(3))),
    Fate::Says(ErrorResponse::Failure(503, "server_error", None)),
    Fate::Says(ErrorResponse::Failure(408, "timeout", None)),
    Fate::Says(ErrorResponse::Portal),
    Fate::ActedBut(ErrorResponse::Garbled),
    Fate::Silence { acted: true },
];

/// A gateway that gives up on the service, which has acted or not, and a service that wants to be left alone for longer
/// than its window. Nothing is repeated at once after that: so a session can end, but no other rule is broken.
pub(crate) const GATEWAY: &[Fate] = &[
    Fate::Says(ErrorResponse::Failure(503, "server_error", Some(90))),
    Fate::Says(ErrorResponse::Failure(502, "bad_gateway", None)),
    Fate::ActedBut(ErrorResponse::Failure(504, "gateway_timeout", None)),
    Fate::ActedBut(ErrorResponse::Portal),
];

/// Answers that a switch can have, and mistakes.
pub(crate) const REFUSALS: &[Fate] = &[
    Fate::Says(ErrorResponse::Failure(
        403,
        "organization_membership_not_found",
        None,
    )),
    Fate::Says(ErrorResponse::Failure(403, "sso_required", None)),
    Fate::Says(ErrorResponse::Failure(401, "invalid_client", None)),
    Fate::Moved(Org::A),
    Fate::Moved(Org::B),
    Fate::Says(ErrorResponse::Failure(429, "too_many_requests", Some(1))),
];

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: "nothing happens",
            rules: Rules::FORGIVING,
            processes: 2,
            driver: Driver::Faithful,
            budget: Budget {
                tokens: 3,
                ..Budget::default()
            },
            fates: &[],
            jumps: &[DUE],
            clocks: &[],
            slow: false,
            leaves_locks: false,
            must_live: false,
        }
    }
}

/// The policy of all keepers here, as they take it.
pub(crate) fn policy() -> SessionPolicy {
    let time = Duration::from_millis;
    SessionPolicy::default()
        .replay_window(time(WINDOW))
        .attempt_limit(time(ATTEMPT_LIMIT))
        .pauses(time(FIRST_PAUSE), time(60_000))
        .lease(time(LEASE))
}

impl Scenario {
    /// All that can happen next, and what each costs.
    pub(crate) fn moves(&self, world: &World) -> Vec<(Move, Budget)> {
        let mut moves = Moves {
            left: world.left,
            moves: Vec::new(),
        };
        let writer = (0..world.processes.len()).find(|p| {
            let writes = matches!(world.processes[*p].asks, Asks::Clear | Asks::Save(_));
            writes && matches!(world.lock, Lock::Held(holder, _) if holder == *p)
        });
        if let (true, Some(p)) = (self.slow, writer) {
            self.moves_of(world, p, &mut moves);
            return moves.moves;
        }
        for p in 0..world.processes.len() {
            self.moves_of(world, p, &mut moves);
        }
        let busy = (0..world.processes.len()).any(|p| world.is_ready(p) || world.is_outward(p));
        if world.deadline().is_some() && (self.slow || !busy) {
            moves.free(Move::Pass);
        }
        if self.slow || world.is_idle() {
            for time in self.jumps {
                moves.paid(Move::Jump(*time), |left| &mut left.jumps);
            }
        }
        for by in self.clocks {
            moves.paid(Move::SetClock(*by), |left| &mut left.clocks);
        }
        if world.store.is_some() {
            moves.paid(Move::EndSession, |left| &mut left.ends);
        }
        moves.moves
    }

    fn moves_of(&self, world: &World, p: usize, moves: &mut Moves) {
        let process = &world.processes[p];
        if process.is_idle() {
            moves.paid(Move::Wish(p, Wish::Token), |left| &mut left.tokens);
            if process.sight.session.is_some() {
                moves.paid(Move::Wish(p, Wish::Another), |left| &mut left.others);
            }
            moves.paid(Move::Wish(p, Wish::Switch(Org::B)), |left| {
                &mut left.switches
            });
            if !world
                .processes
                .iter()
                .any(|process| process.wish_is_final() || process.sight.unsaved)
            {
                moves.paid(Move::SignIn(p), |left| &mut left.sign_ins);
            }
            moves.paid(Move::Wish(p, Wish::LogOut), |left| &mut left.log_outs);
            if process.sight.unsaved {
                moves.paid(Move::Wish(p, Wish::Flush), |left| &mut left.tokens);
            }
            return;
        }
        moves.paid(Move::Crash(p, false), |left| &mut left.crashes);
        if self.leaves_locks && matches!(world.lock, Lock::Held(holder, _) if holder == p) {
            moves.paid(Move::Crash(p, true), |left| &mut left.crashes);
        }
        moves.paid(Move::Drop(p), |left| &mut left.drops);
        if world.is_outward(p) {
            moves.free(Move::Serve(p, Fate::Good));
            for fate in self.fates {
                moves.paid(Move::Serve(p, *fate), |left| &mut left.fates);
            }
        }
        if !world.is_ready(p) {
            return;
        }
        moves.free(Move::Do(p));
        if matches!(process.asks, Asks::Clear | Asks::Load | Asks::Save(_)) {
            moves.paid(Move::Fail(p), |left| &mut left.store_failures);
        }
        if matches!(process.asks, Asks::Save(_)) {
            moves.paid(Move::FailAfterwards(p), |left| &mut left.store_failures);
        }
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

    fn paid(&mut self, step: Move, purse: impl Fn(&mut Budget) -> &mut u8) {
        let mut left = self.left;
        if let Some(rest) = purse(&mut left).checked_sub(1) {
            *purse(&mut left) = rest;
            self.moves.push((step, left));
        }
    }
}
