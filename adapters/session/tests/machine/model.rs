//! The model check: all that can happen to two and to three processes, within a budget.
//!
//! Each test prints the number of states. `SESSION_DEPTH=1` lets more happen: one more operation, fault, crash and jump of time in
//! each scenario.

use crate::scenario::Thing::{
    self, Another, Clock, Crash, Drop, End, Fault, Jump, LogIn, LogOut, StoreFailure, Switch, Token,
};
use crate::scenario::{
    BUSY, Budget, CHALLENGES, DUE, EXPIRED, LOST, Policy, REJECTIONS, Scenario, StoreKind,
    TRANSIENT, WINDOW_OVER,
};
use crate::search::{Seen, explore};
use crate::service::Rules;

const EACH: &[Rules] = &[
    Rules::STATIC,
    Rules::ROTATING,
    Rules::REPLAYING,
    Rules::DETECTING,
];
/// The mildest service and the strictest one.
const TWO: &[Rules] = &[Rules::STATIC, Rules::DETECTING];
const STRICTEST: &[Rules] = &[Rules::DETECTING];
const WITHOUT_SID: &[Rules] = &[Rules::STATIC.without_sid(), Rules::DETECTING.without_sid()];

#[test]
#[rustfmt::skip]
fn a_lost_response_ends_no_session() {
    let lost = Scenario { faults: LOST, jumps: &[WINDOW_OVER, EXPIRED], must_live: true, ..Scenario::default() };
    let budget = &[(Token, 3), (Fault, 2), (Jump, 1)];
    hold("responses are lost", EACH, lost, budget);
    hold("responses are lost, and tokens have no sid", WITHOUT_SID, lost, budget);
}

#[test]
#[rustfmt::skip]
fn a_transient_error_ends_no_session() {
    let transient = Scenario { faults: TRANSIENT, must_live: true, ..Scenario::default() };
    let can_end = Scenario { must_live: false, ..transient };
    let expiring = Scenario { jumps: &[EXPIRED], ..can_end };
    let busy = Scenario { faults: BUSY, jumps: &[WINDOW_OVER, EXPIRED], ..can_end };
    let rejected = Scenario { jumps: &[DUE, EXPIRED], ..can_end };
    let budget = &[(Token, 3), (Fault, 2), (Jump, 1)];
    hold("the service is unavailable", EACH, transient, &[(Token, 3), (Fault, 2)]);
    hold("the service is unavailable until tokens expire", EACH, expiring, budget);
    hold("the service is unavailable for longer than its window", EACH, busy, budget);
    hold("an access token is rejected", TWO, rejected, &[(Token, 2), (Another, 1), (Fault, 1), (Jump, 2)]);
}

#[test]
#[rustfmt::skip]
fn a_crash_between_two_calls_of_the_driver_ends_no_session() {
    let crash = Scenario { jumps: &[WINDOW_OVER], ..Scenario::default() };
    let leased = Scenario { store: StoreKind::Leased, ..crash };
    let switch = Scenario { faults: LOST, jumps: &[EXPIRED], ..crash };
    let budget = &[(Token, 3), (Crash, 1), (Drop, 1), (Jump, 1)];
    hold("processes die", EACH, crash, budget);
    hold("processes die and leave their locks", EACH, leased, budget);
    hold("a switch is interrupted", EACH, switch, &[(Token, 2), (Switch, 1), (Crash, 1), (Fault, 1), (Jump, 1)]);
}

#[test]
#[rustfmt::skip]
fn a_store_that_fails_loses_nothing() {
    let failing = Scenario { jumps: &[EXPIRED], ..Scenario::default() };
    let one = Scenario { processes: 1, ..failing };
    let empty = Scenario { is_empty: true, ..failing };
    let unsaved = &[(Token, 1), (LogIn, 1), (StoreFailure, 4), (Jump, 1)];
    hold("the store fails", EACH, failing, &[(Token, 2), (StoreFailure, 4), (Jump, 1)]);
    hold("the store of one process fails", EACH, one, &[(Token, 2), (Switch, 1), (StoreFailure, 6), (Jump, 1)]);
    hold("a login cannot be saved", EACH, failing, unsaved);
    hold("a login cannot be saved, and tokens have no sid", WITHOUT_SID, failing, unsaved);
    hold("a first login cannot be saved", EACH, empty, &[(Token, 2), (LogIn, 1), (StoreFailure, 4), (Jump, 1)]);
    hold("an unsaved session is logged out of and replaced", TWO, failing, &[(Token, 2), (LogIn, 1), (LogOut, 1), (StoreFailure, 3)]);
}

#[test]
#[rustfmt::skip]
fn a_login_and_a_logout_take_precedence() {
    let changes = &[(Token, 2), (LogIn, 1), (LogOut, 1), (End, 1), (StoreFailure, 1)];
    hold("users log in and out", EACH, Scenario::default(), changes);
    for store in [StoreKind::Exclusive, StoreKind::Leased] {
        let slow = Scenario { store, slow: true, jumps: &[61_000], ..Scenario::default() };
        let fails = &[(Token, 1), (LogOut, 1), (StoreFailure, 1), (Jump, 1)];
        hold("processes are suspended, and the user logs out", TWO, slow, &[(Token, 2), (LogOut, 1), (Jump, 1)]);
        hold("a process is suspended, its store fails, and the user logs out", TWO, slow, fails);
        hold("a process is suspended, and a user logs in", STRICTEST, slow, &[(Token, 1), (LogIn, 1), (Jump, 1), (End, 1)]);
        hold("a switch is suspended, and a user logs in", STRICTEST, slow, &[(Switch, 1), (LogIn, 1), (Jump, 1), (End, 1)]);
    }
}

#[test]
#[rustfmt::skip]
fn a_switch_and_a_challenge_end_no_session() {
    let switch = Scenario { faults: REJECTIONS, jumps: &[EXPIRED], ..Scenario::default() };
    let challenge = Scenario { faults: CHALLENGES, ..switch };
    hold("the organization is switched", EACH, switch, &[(Token, 2), (Switch, 1), (Fault, 2), (Jump, 1)]);
    hold("a challenge is demanded", EACH, challenge, &[(Token, 3), (Another, 1), (LogIn, 1), (Fault, 1), (Jump, 1)]);
}

#[test]
#[rustfmt::skip]
fn a_clock_that_is_set_breaks_nothing() {
    let clocks = Scenario { faults: LOST, clocks: &[-3_600_000, 3_600_000], ..Scenario::default() };
    hold("the clock is set", TWO, clocks, &[(Token, 2), (Fault, 1), (Clock, 2)]);
    hold("the clock is set, and a future is dropped", TWO, clocks, &[(Token, 2), (Drop, 1), (Clock, 2)]);
}

#[test]
#[rustfmt::skip]
fn three_processes_are_as_safe_as_two() {
    let three = Scenario { processes: 3, faults: LOST, ..Scenario::default() };
    hold("three processes", EACH, three, &[(Token, 3), (Fault, 1), (Crash, 1)]);
}

#[test]
#[rustfmt::skip]
fn every_value_of_the_policy_counts() {
    let other = Scenario { policy: Policy::OTHER, store: StoreKind::Leased, jumps: &[WINDOW_OVER, EXPIRED], ..Scenario::default() };
    let (lost, transient) = (Scenario { faults: LOST, ..other }, Scenario { faults: TRANSIENT, ..other });
    hold("another policy, and responses are lost", TWO, lost, &[(Token, 2), (Fault, 4), (Jump, 1)]);
    hold("another policy, and the service is unavailable", TWO, transient, &[(Token, 3), (Fault, 2), (Jump, 1)]);
}

/// Explores with each service, prints what was seen, and fails with a shortest trace to the first violation.
///
/// Two lost responses in a row end no session that the service would still replay. A third can: the window is over by then.
#[track_caller]
fn hold(name: &'static str, services: &[Rules], scenario: Scenario, budget: &[(Thing, u8)]) {
    let depth = std::env::var("SESSION_DEPTH").map_or(0, |depth| depth.parse().unwrap());
    let more = |(thing, count): &(Thing, u8)| match thing {
        Token | Fault | Crash | Jump => (*thing, count + depth),
        _ => (*thing, *count),
    };
    let budget: Vec<_> = budget.iter().map(more).collect();
    let mut all = Seen::default();
    for rules in services {
        let can_replay = !rules.rotates || rules.window > 0;
        let scenario = Scenario {
            name,
            rules: *rules,
            budget: Budget::of(&budget),
            must_live: scenario.must_live && can_replay && depth == 0,
            ..scenario
        };
        let policy = scenario.policy.session_policy();
        match explore(&scenario, &policy) {
            Ok(seen) => all += seen,
            Err(found) => panic!("{}", found.describe(&scenario, &policy)),
        }
    }
    println!("{name}: {all}");
}
