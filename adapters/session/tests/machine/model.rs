//! The model: all that can happen to two and to three processes, as far as a budget goes.
//!
//! Each test prints how many states it has seen. `SESSION_DEPTH=1 cargo test --release -p workos-login --test keeper model
//! -- --nocapture` lets more happen: one more call, lost answer, crash and jump of time in each scenario.

use crate::scenario::{
    Budget, DUE, GATEWAY, LOST, REFUSALS, SPENT, Scenario, WEATHER, WINDOW_OVER,
};
use crate::search::{Seen, explore};
use crate::service::Rules;

#[test]
fn lost_answers_and_bad_weather_end_no_session() {
    let lost = Scenario {
        name: "answers are lost",
        fates: LOST,
        jumps: &[WINDOW_OVER, SPENT],
        budget: Budget {
            tokens: 3,
            fates: 2,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let weather = Scenario {
        name: "the weather is bad",
        fates: WEATHER,
        budget: Budget {
            jumps: 0,
            ..lost.budget
        },
        ..lost
    };
    let changeable = Scenario {
        name: "the weather changes",
        fates: WEATHER,
        jumps: &[SPENT],
        ..lost
    };
    let gateway = Scenario {
        name: "a gateway gives up",
        fates: GATEWAY,
        ..lost
    };
    let refused = Scenario {
        name: "a token is refused in bad weather",
        fates: WEATHER,
        jumps: &[DUE, SPENT],
        budget: Budget {
            tokens: 2,
            others: 1,
            fates: 1,
            jumps: 2,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let live = |scenario: Scenario| {
        Rules::ALL.map(|rules| Scenario {
            rules,
            must_live: !rules.rotates || rules.window > 0,
            ..scenario
        })
    };
    hold(live(lost));
    hold(live(weather));
    hold(with_two_services(refused));
    hold(with_each_service(changeable));
    hold(with_each_service(gateway));
}

#[test]
fn a_crash_between_any_two_steps_leaves_nothing_broken() {
    hold(with_each_service(Scenario {
        name: "processes die",
        jumps: &[WINDOW_OVER],
        leaves_locks: true,
        budget: Budget {
            tokens: 3,
            crashes: 1,
            drops: 1,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    }));
}

#[test]
fn a_store_that_fails_loses_nothing() {
    hold(with_each_service(Scenario {
        name: "the store fails",
        jumps: &[SPENT],
        budget: Budget {
            tokens: 2,
            store_failures: 4,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    }));
    hold(with_each_service(Scenario {
        name: "the store fails for one",
        processes: 1,
        jumps: &[SPENT],
        budget: Budget {
            tokens: 2,
            switches: 1,
            store_failures: 6,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    }));
}

#[test]
fn a_login_and_a_logout_win_at_any_moment() {
    let changes = Scenario {
        name: "people come and go",
        budget: Budget {
            tokens: 2,
            sign_ins: 1,
            log_outs: 1,
            ends: 1,
            store_failures: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let slow = Scenario {
        name: "processes hang",
        slow: true,
        jumps: &[61_000],
        budget: Budget {
            tokens: 2,
            log_outs: 1,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let hasty = Scenario {
        name: "somebody signs in while a process hangs",
        rules: Rules::WATCHFUL,
        slow: true,
        jumps: &[61_000],
        budget: Budget {
            tokens: 1,
            sign_ins: 1,
            jumps: 1,
            ends: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let elsewhere = Scenario {
        name: "somebody signs in while a switch hangs",
        budget: Budget {
            tokens: 0,
            switches: 1,
            ..hasty.budget
        },
        ..hasty
    };
    let stubborn = Scenario {
        name: "a process hangs, and its store fails",
        slow: true,
        jumps: &[61_000],
        budget: Budget {
            tokens: 1,
            log_outs: 1,
            store_failures: 1,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let unsaved = Scenario {
        name: "a login cannot be stored",
        jumps: &[SPENT],
        budget: Budget {
            tokens: 1,
            sign_ins: 1,
            store_failures: 4,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    hold(with_each_service(changes));
    hold(with_two_services(slow));
    hold([hasty]);
    hold([elsewhere]);
    hold(with_two_services(stubborn));
    hold(with_each_service(unsaved));
}

#[test]
fn a_switch_changes_the_organization_or_nothing() {
    hold(with_each_service(Scenario {
        name: "the organization is switched",
        fates: REFUSALS,
        jumps: &[SPENT],
        budget: Budget {
            tokens: 2,
            switches: 1,
            fates: 2,
            jumps: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    }));
}

#[test]
fn a_clock_that_jumps_breaks_nothing() {
    let jumps = Scenario {
        name: "the clock jumps",
        fates: LOST,
        clocks: &[-3_600_000, 3_600_000],
        budget: Budget {
            tokens: 2,
            fates: 1,
            clocks: 2,
            ..Budget::default()
        },
        ..Scenario::default()
    };
    let dropped = Scenario {
        name: "the clock jumps, and a caller is gone",
        fates: &[],
        budget: Budget {
            fates: 0,
            drops: 1,
            ..jumps.budget
        },
        ..jumps
    };
    hold(with_two_services(jumps));
    hold(with_two_services(dropped));
}

#[test]
fn three_processes_are_as_safe_as_two() {
    hold(with_each_service(Scenario {
        name: "three processes",
        processes: 3,
        fates: LOST,
        budget: Budget {
            tokens: 3,
            fates: 1,
            crashes: 1,
            ..Budget::default()
        },
        ..Scenario::default()
    }));
}

fn with_each_service(scenario: Scenario) -> [Scenario; 4] {
    Rules::ALL.map(|rules| Scenario { rules, ..scenario })
}

/// The mildest service and the strictest one.
fn with_two_services(scenario: Scenario) -> [Scenario; 2] {
    [Rules::STEADY, Rules::WATCHFUL].map(|rules| Scenario { rules, ..scenario })
}

/// Explores, prints what was seen, and fails with a shortest trace to the first broken rule.
fn hold<const N: usize>(scenarios: [Scenario; N]) {
    let mut all = Seen::default();
    let name = scenarios[0].name;
    for scenario in scenarios.map(deepened) {
        match explore(&scenario) {
            Ok(seen) => all = all + seen,
            Err(found) => panic!("{}", found.tell(&scenario)),
        }
    }
    println!("{name}: {all}");
}

/// Goes deeper by as much as the environment variable says.
///
/// Two lost answers in a row end no session that the service would still replay. A third can: the window is over by then.
fn deepened(scenario: Scenario) -> Scenario {
    let depth = std::env::var("SESSION_DEPTH").map_or(0, |depth| depth.parse().unwrap());
    let more = |count: u8| match count {
        0 => 0,
        count => count + depth,
    };
    let Budget {
        tokens,
        others,
        switches,
        sign_ins,
        log_outs,
        fates,
        store_failures,
        crashes,
        drops,
        jumps,
        clocks,
        ends,
    } = scenario.budget;
    Scenario {
        budget: Budget {
            tokens: more(tokens),
            fates: more(fates),
            crashes: more(crashes),
            jumps: more(jumps),
            others,
            switches,
            sign_ins,
            log_outs,
            store_failures,
            drops,
            clocks,
            ends,
        },
        must_live: scenario.must_live && depth == 0,
        ..scenario
    }
}
