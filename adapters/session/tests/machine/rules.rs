//! The rules K1 to K13, as conditions on what happens.

use std::fmt;

use crate::process::{Asks, Told, Wish};
use crate::record::Stored;
use crate::scenario::{ATTEMPT_LIMIT, LEASE, Scenario, WINDOW};
use crate::service::{Asked, ErrorResponse, Millis, Standing};
use crate::world::World;

/// That a rule does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) rule: &'static str,
    pub(crate) how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is broken: {}", self.rule, self.how)
    }
}

pub(crate) type Verdict = Result<(), Broken>;

pub(crate) fn holds(rule: &'static str, condition: bool, how: impl FnOnce() -> String) -> Verdict {
    match condition {
        true => Ok(()),
        false => Err(Broken { rule, how: how() }),
    }
}

/// An operation begins.
pub(crate) fn begins(world: &World, p: usize) -> Verdict {
    let process = &world.processes[p];
    // An operation that is over already has been checked, and has left no trace.
    let (Some(Wish::Token), Some(seen)) =
        (process.operation.wish, process.operation.before.session)
    else {
        return Ok(());
    };
    let half = world.service.rules.life * 1000 / 2;
    let fresh = seen.left > half && !process.left_open;
    holds("K1", !(fresh || seen.fresh), || {
        format!(
            "a fresh token is at hand, and process {p} asks for {:?}",
            process.asks
        )
    })
}

/// A refresh is about to be sent.
pub(crate) fn sends(
    world: &World,
    p: usize,
    asked: Asked,
    limit: Millis,
    scenario: &Scenario,
) -> Verdict {
    let operation = &world.processes[p].operation;
    let clock = world.clock();
    let others = (0..world.processes.len()).filter(|other| *other != p);
    let mut flying = others.filter(|other| matches!(world.processes[*other].asks, Asks::Send(..)));
    holds("K2", flying.next().is_none(), || {
        "two refreshes are under way".into()
    })?;
    holds("K3", operation.read_under_lock, || {
        "the lock is not held, or the store was not read under it".into()
    })?;
    let spent = !matches!(
        world.service.standing(asked.refresh, world.now),
        Standing::Current | Standing::Ended
    );
    holds(
        "K3",
        !spent || world.history.unfinished.contains(&asked.refresh),
        || {
            format!(
                "token {} is spent, no answer to it was lost, and it is sent",
                asked.refresh
            )
        },
    )?;
    let Some(rest) = &world.store else {
        return holds("K3", world.history.went_without_lock, || {
            "the store is empty, and something is sent".into()
        });
    };
    if !world.history.went_without_lock {
        holds("K3", rest.refresh == asked.refresh, || {
            format!(
                "the store holds token {}, and {} is sent",
                rest.refresh, asked.refresh
            )
        })?;
        let resumes = rest.announced.is_some() && !operation.announced;
        let due = rest.is_due(clock) || resumes || is_confused(world, p, scenario);
        holds("K3", due || operation.wish != Some(Wish::Token), || {
            "what is stored is not due, and a refresh is sent".into()
        })?;
        holds("K4", rest.announced.is_some(), || {
            "no intent is stored, and a refresh is sent".into()
        })?;
        let target = match operation.wish {
            Some(Wish::Switch(org)) => org,
            _ => rest.org,
        };
        holds("K11", asked.org == target, || {
            format!("{:?} is named, not {target:?}", asked.org)
        })?;
    }
    holds("K9", operation.sends < 10, || {
        "there is no end of sending".into()
    })?;
    if world.history.clock_was_set {
        return Ok(());
    }
    let late = is_late(world, p, asked.refresh);
    let longest = match late {
        true => 30_000,
        false => ATTEMPT_LIMIT,
    };
    holds("K6", limit <= longest, || {
        format!("an attempt may take {limit} ms")
    })?;
    holds("K6", !late || operation.late_sends == 0, || {
        "there are two attempts after the window in one wake-up".into()
    })
}

/// When a token was sent first, or may have been sent by an earlier operation.
pub(crate) fn first_sent(world: &World, p: usize, token: u32) -> Option<Millis> {
    let own = world.processes[p].operation.announced;
    let announced = world.store.as_ref().and_then(|rest| rest.announced);
    let sent = world.history.first_sent.get(&token).copied();
    sent.into_iter().chain(announced.filter(|_| !own)).min()
}

/// Whether a token is sent after its replay window.
pub(crate) fn is_late(world: &World, p: usize, token: u32) -> bool {
    first_sent(world, p, token).is_some_and(|first| world.now.saturating_sub(first) >= WINDOW)
}

/// A record is about to be stored.
pub(crate) fn saves(world: &World, p: usize, new: &Stored, scenario: &Scenario) -> Verdict {
    let operation = &world.processes[p].operation;
    holds("K13", new.login > world.history.logged_out, || {
        format!(
            "login {} has logged out, and process {p} stores it",
            new.login
        )
    })?;
    let Some(old) = &world.store else {
        return Ok(());
    };
    if new.login != old.login {
        let login = matches!(operation.wish, Some(Wish::SignIn(_))) || new.login > old.login;
        return holds("K5", login, || {
            format!("login {} goes back to login {}", old.login, new.login)
        });
    }
    holds(
        "K5",
        new.refresh >= old.refresh && new.access >= old.access,
        || format!("process {p} stores {new:?} in place of the newer {old:?}"),
    )?;
    let asked = new.org == old.org || world.history.switched.contains(&new.access);
    holds("K11", asked, || {
        format!("{:?} becomes {:?} unasked", old.org, new.org)
    })?;
    let made = world.history.made.get(&new.access);
    let exact = operation.late_sends == 0
        && operation.store_failures == 0
        && !scenario.slow
        && !world.history.clock_was_set;
    holds(
        "K6",
        !exact || made.is_none_or(|made| new.received <= *made),
        || "the life of a repeated answer counts from the repetition".into(),
    )?;
    let withdraws =
        new.announced.is_none() && new.access == old.access && new.refresh == old.refresh;
    holds(
        "K4",
        !withdraws || !world.history.lost.contains(&new.refresh),
        || "the intent is taken back, and an answer was lost".into(),
    )
}

/// The store is about to be cleared.
pub(crate) fn clears(world: &World, p: usize) -> Verdict {
    let operation = &world.processes[p].operation;
    if operation.wish == Some(Wish::LogOut) {
        return Ok(());
    }
    let stored = world.store.as_ref().map(|rest| rest.refresh);
    holds("K8", stored.is_none() || stored == operation.token, || {
        format!(
            "the store holds token {stored:?}, {:?} was refused, and it is cleared",
            operation.token
        )
    })?;
    let ends = match operation.answer {
        Some(Told::Answered(answer)) => {
            answer == ErrorResponse::INVALID_GRANT || is_step_up(answer)
        }
        _ => false,
    };
    holds("K7", ends, || {
        format!("{:?} ends the session", operation.answer)
    })
}

pub(crate) fn is_step_up(answer: ErrorResponse) -> bool {
    matches!(answer, ErrorResponse::Failure(_, "sso_required", _))
}

/// A wait begins.
pub(crate) fn waits(world: &World, p: usize, time: Millis) -> Verdict {
    let operation = &world.processes[p].operation;
    holds("K9", time > 0 && time <= 60_000, || {
        format!("a wait takes {time} ms")
    })?;
    // What the service asks for has no order.
    let asked = matches!(
        operation.answer,
        Some(Told::Answered(ErrorResponse::Failure(..)))
    );
    let free = asked || operation.store_failures > 0;
    holds("K9", free || time >= operation.last_wait, || {
        format!(
            "a wait of {} ms is followed by one of {time} ms",
            operation.last_wait
        )
    })
}

/// What callers can see at any time, also in the middle of an operation.
pub(crate) fn shows(world: &World, p: usize) -> Verdict {
    let process = &world.processes[p];
    let Some(seen) = process.sight.session else {
        return Ok(());
    };
    let excused = world.history.excused.contains(&seen.access)
        || process.sight.unsaved && process.operation.store_failures >= 3;
    holds(
        "K5",
        excused || world.history.stored.contains(&seen.access),
        || {
            format!(
                "access token {} is handed out before it is stored",
                seen.access
            )
        },
    )?;
    holds(
        "K13",
        !world.history.too_late.contains(&seen.access),
        || {
            format!(
                "access token {} came after the logout, and is handed out",
                seen.access
            )
        },
    )?;
    let wish = process.operation.wish;
    let login = seen.login >= process.login || matches!(wish, Some(Wish::SignIn(_) | Wish::LogOut));
    holds("K5", login, || {
        format!(
            "login {} is forgotten for login {}",
            process.login, seen.login
        )
    })
}

/// An operation goes on, but not for ever.
pub(crate) fn goes_on(world: &World, p: usize, scenario: &Scenario) -> Verdict {
    let operation = &world.processes[p].operation;
    holds("K9", operation.steps <= 60, || {
        "there is no end of steps".into()
    })?;
    let time = world.now - operation.began.min(world.now);
    let longest = 2 * LEASE + 60_000;
    let bounded = operation.wish.is_none() || scenario.slow || time <= longest;
    holds("K9", bounded, || format!("an operation takes {time} ms"))
}

/// Whether a process may think that it is another time.
pub(crate) fn is_confused(world: &World, p: usize, scenario: &Scenario) -> bool {
    scenario.slow || world.processes[p].operation.is_confused
}
