//! Drivers and machines that break an invariant, each of which the model check has to find.

use crate::scenario::Thing::{Fault, Jump, LogOut, Switch, Token};
use crate::scenario::{Budget, DUE, Driver, LOST, Policy, Scenario, StoreKind, TRANSIENT};
use crate::search::explore;
use crate::service::Rules;

#[test]
fn finds_a_driver_that_breaks_an_invariant() {
    #[rustfmt::skip]
    let drivers = [
        (Driver::SkipsTheLock,           "K2"),
        (Driver::NeverReloads,           "K3"),
        (Driver::DropsTheIntent,         "K4"),
        (Driver::SavesTooLate,           "K5"),
        (Driver::ForgetsTheBackoff,      "K7"),
        (Driver::ForgetsTheOrganization, "K11"),
        (Driver::NeverConfirms,          "K13"),
    ];
    for (driver, rule) in drivers {
        let scenario = scenario(driver);
        let policy = scenario.policy.session_policy();
        let Err(found) = explore(&scenario, &policy) else {
            panic!("{driver:?} breaks {rule}, and nothing is found");
        };
        println!("{driver:?}: {}", found.violation);
        assert_eq!(
            found.violation.rule,
            rule,
            "{}",
            found.describe(&scenario, &policy)
        );
    }
}

#[test]
fn finds_nothing_with_a_correct_driver() {
    let scenario = scenario(Driver::Correct);
    let seen = explore(&scenario, &scenario.policy.session_policy()).unwrap();
    assert!(seen.worlds > 1000, "{seen}");
}

#[test]
fn finds_a_machine_that_ignores_a_value_of_its_policy() {
    let (other, default) = (Policy::OTHER, Policy::DEFAULT);
    #[rustfmt::skip]
    let policies = [
        (Policy { margin: default.margin, ..other },                   "K1"),
        (Policy { window: default.window, ..other },                   "K6"),
        (Policy { attempt_timeout: default.attempt_timeout, ..other }, "K6"),
        (Policy { first_backoff: default.first_backoff, ..other },     "K9"),
        (Policy { max_backoff: default.max_backoff, ..other },         "K6"),
        (Policy { lease: default.lease, ..other },                     "K10"),
    ];
    for (policy, rule) in policies {
        let scenario = Scenario {
            policy: other,
            store: StoreKind::Leased,
            faults: TRANSIENT,
            jumps: &[DUE],
            budget: Budget::of(&[(Token, 2), (Fault, 3), (Jump, 1)]),
            ..Scenario::default()
        };
        let Err(found) = explore(&scenario, &policy.session_policy()) else {
            panic!("{policy:?} is not the policy, and nothing is found");
        };
        println!("{policy:?}: {}", found.violation);
        assert_eq!(found.violation.rule, rule, "{}", found.violation);
    }
}

fn scenario(driver: Driver) -> Scenario {
    let is_switch = driver == Driver::ForgetsTheOrganization;
    let logs_out = driver == Driver::NeverConfirms;
    Scenario {
        name: "a faulty driver",
        rules: Rules::DETECTING,
        driver,
        slow: logs_out,
        faults: match driver {
            Driver::ForgetsTheBackoff => TRANSIENT,
            Driver::NeverConfirms => &[],
            _ => LOST,
        },
        jumps: &[DUE, 61_000],
        budget: Budget::of(&[
            (Token, 3),
            (Switch, is_switch.into()),
            (LogOut, logs_out.into()),
            (Fault, 1),
            (Jump, (!logs_out).into()),
        ]),
        ..Scenario::default()
    }
}
