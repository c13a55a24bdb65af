//! Drivers that do not do what the keeper says: each breaks the rule that it ought to, and the search finds it.

use crate::scenario::{Budget, DUE, Driver, LOST, Scenario};
use crate::search::explore;
use crate::service::Rules;

#[test]
fn a_driver_that_skips_the_lock_lets_two_refreshes_overlap() {
    assert_breaks("K2", Driver::SkipsTheLock);
}

#[test]
fn a_driver_that_never_reloads_sends_what_another_has_replaced() {
    assert_breaks("K3", Driver::NeverReloads);
}

#[test]
fn a_driver_that_drops_the_intent_sends_unannounced() {
    assert_breaks("K4", Driver::DropsTheIntent);
}

#[test]
fn a_driver_that_saves_too_late_shows_what_is_not_stored() {
    assert_breaks("K5", Driver::SavesTooLate);
}

#[test]
fn a_driver_that_never_confirms_undoes_a_logout() {
    assert_breaks("K13", Driver::NeverConfirms);
}

#[test]
fn a_faithful_driver_breaks_nothing_in_the_same_place() {
    let seen = explore(&scenario(Driver::Faithful)).unwrap();
    assert!(seen.worlds > 1000, "{seen}");
}

#[track_caller]
fn assert_breaks(rule: &str, driver: Driver) {
    let scenario = scenario(driver);
    let found = explore(&scenario).expect_err("a broken rule goes unnoticed");
    println!("{driver:?}: {}", found.tell(&scenario));
    assert_eq!(found.broken.rule, rule, "{}", found.broken);
}

fn scenario(driver: Driver) -> Scenario {
    Scenario {
        name: "a faulty driver",
        rules: Rules::WATCHFUL,
        driver,
        slow: driver == Driver::NeverConfirms,
        fates: LOST,
        jumps: &[DUE, 61_000],
        budget: Budget {
            tokens: 3,
            log_outs: u8::from(driver == Driver::NeverConfirms),
            fates: 1,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    }
}
