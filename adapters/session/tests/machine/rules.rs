//! The invariants K1 to K13, as conditions on the calls of a driver. The ends of operations are in [`endings`](crate::endings).

use std::fmt;

use crate::process::{Call, Operation, Told};
use crate::record::Stored;
use crate::scenario::{EXCHANGE_TIMEOUT, Policy, Scenario, StoreKind};
use crate::service::{Asked, Millis, Reply, Standing};
use crate::world::{Progress, World};

/// How long a caller with a usable access token waits for the lock, if the token does not expire in twice that time.
const LOCK_WAIT: Millis = 1_000;

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) rule: &'static str,
    pub(crate) how: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} does not hold: {}", self.rule, self.how)
    }
}

pub(crate) type Verdict = Result<(), Violation>;

pub(crate) fn check(rule: &'static str, holds: bool, how: impl FnOnce() -> String) -> Verdict {
    match holds {
        true => Ok(()),
        false => Err(Violation { rule, how: how() }),
    }
}

/// An operation has made its first call, or has ended.
pub(crate) fn begins(world: &World, p: usize, scenario: &Scenario) -> Verdict {
    let process = &world.processes[p];
    // An operation that ended at once called nothing, and its progress is gone.
    let (Some(Operation::AccessToken), Some(seen)) =
        (process.progress.operation, process.progress.before.session)
    else {
        return Ok(());
    };
    let margin = scenario
        .policy
        .margin
        .min(world.service.rules.lifetime * 1000 / 2);
    let is_fresh = seen.left > margin && !process.left_open;
    check("K1", !(is_fresh || seen.fresh), || {
        format!(
            "the access token is not due, and process {p} calls {:?}",
            process.call
        )
    })
}

/// The lock is about to be acquired.
pub(crate) fn locks(
    world: &World,
    p: usize,
    wait: Millis,
    lease: Millis,
    scenario: &Scenario,
) -> Verdict {
    let process = &world.processes[p];
    let policy = &scenario.policy;
    check("K10", lease == policy.lease, || {
        format!("the lease is {lease} ms")
    })?;
    let is_usable = process.visible.session.is_some_and(|seen| {
        seen.left > 2 * LOCK_WAIT && Some(seen.access) != process.progress.refused_access()
    });
    let settles = is_usable && process.progress.operation == Some(Operation::AccessToken);
    let max = if settles { LOCK_WAIT } else { policy.lease };
    check("K2", wait <= max, || {
        format!("the lock is waited for for {wait} ms")
    })
}

/// A request is about to be sent.
pub(crate) fn sends(
    world: &World,
    p: usize,
    asked: Asked,
    timeout: Millis,
    scenario: &Scenario,
) -> Verdict {
    let progress = &world.processes[p].progress;
    let mut others = (0..world.processes.len()).filter(|other| *other != p);
    check("K2", !others.any(|other| world.is_in_flight(other)), || {
        "two refreshes are in flight".into()
    })?;
    check("K3", progress.loaded_under_lock, || {
        "the lock is not held, or the store was not reloaded under it".into()
    })?;
    check("K9", progress.sends < 10, || {
        "there is no end of attempts".into()
    })?;
    let history = &world.history;
    let is_known = matches!(
        world.service.standing(asked, world.now),
        Standing::Current | Standing::Ended
    );
    check(
        "K3",
        is_known || history.unfinished.contains(&asked.refresh),
        || {
            format!(
                "refresh token {} was used, and no response was lost",
                asked.refresh
            )
        },
    )?;
    if history.went_without_lock {
        return Ok(());
    }
    let Some(record) = &world.store else {
        return check("K3", false, || {
            "the store is empty, and a refresh is sent".into()
        });
    };
    of_the_stored_session(world, p, asked, record, scenario)?;
    if history.clock_was_set {
        return Ok(());
    }
    let policy = &scenario.policy;
    let lock = world.lock.filter(|lock| lock.holder == Some(p));
    let lasts = scenario.store == StoreKind::Exclusive
        || lock.is_some_and(|lock| world.now + timeout <= lock.since + policy.lease);
    check("K10", lasts, || "the exchange can outlast the lease".into())?;
    if let (0, Some((refresh, access, until))) = (progress.sends, history.backoff) {
        let is_of = (refresh, access) == (record.refresh, record.access);
        check("K7", !is_of || world.now >= until, || {
            format!(
                "a refresh is sent {} ms before the end of the backoff",
                until - world.now
            )
        })?;
    }
    has_timeout(world, p, asked, timeout, policy)
}

fn of_the_stored_session(
    world: &World,
    p: usize,
    asked: Asked,
    record: &Stored,
    scenario: &Scenario,
) -> Verdict {
    let process = &world.processes[p];
    let progress = &process.progress;
    check("K3", record.refresh == asked.refresh, || {
        format!("the store holds {record:?}, and {asked:?} is sent")
    })?;
    let is_resumed = record.intent.is_some() && !progress.announced;
    let is_due = record.is_due(scenario.policy.margin, world.clock());
    let is_needed = is_due || is_resumed || is_confused(world, p, scenario);
    check(
        "K3",
        is_needed || progress.operation != Some(Operation::AccessToken),
        || "the stored session is not due, and a refresh is sent".into(),
    )?;
    check("K4", record.intent.is_some(), || {
        "no intent is stored, and a refresh is sent".into()
    })?;
    check("K7", !record.challenged, || {
        "the service demands a challenge, and a refresh is sent".into()
    })?;
    check("K11", asked.org == record.target(), || {
        format!("{asked:?} is sent for {record:?}")
    })
}

/// An attempt that leaves time for another one within the replay window has the short timeout, every other one that of an exchange.
fn has_timeout(world: &World, p: usize, asked: Asked, timeout: Millis, policy: &Policy) -> Verdict {
    let progress = &world.processes[p].progress;
    let (attempts, late_attempts) = match progress.sent {
        Some((sent, _)) if sent == asked => (progress.attempts, progress.late_attempts),
        _ => (0, 0),
    };
    let age = first_sent(world, p, asked.refresh).map_or(0, |first| world.now - first);
    check("K6", age < policy.window || late_attempts == 0, || {
        "there are two attempts after the window in one wake-up".into()
    })?;
    // An attempt may end late, by a tenth of its timeout.
    let latest_end = age + policy.attempt_timeout + policy.attempt_timeout / 10;
    let leaves_time = latest_end + policy.backoff_after(attempts) < policy.window;
    let expected = if leaves_time {
        policy.attempt_timeout
    } else {
        EXCHANGE_TIMEOUT
    };
    check("K6", timeout == expected, || {
        format!("an attempt {age} ms after the first has a timeout of {timeout} ms, not {expected}")
    })
}

/// Returns when a refresh token was sent first, or may have been sent by an earlier operation.
pub(crate) fn first_sent(world: &World, p: usize, token: u32) -> Option<Millis> {
    let has_announced = world.processes[p].progress.announced;
    let announced = world
        .store
        .as_ref()
        .and_then(|record| record.intent)
        .map(|intent| intent.at);
    let sent = world.history.first_sent.get(&token).copied();
    sent.into_iter()
        .chain(announced.filter(|_| !has_announced))
        .min()
}

/// Returns whether a refresh token is sent after its replay window.
pub(crate) fn is_late(world: &World, p: usize, token: u32, scenario: &Scenario) -> bool {
    first_sent(world, p, token)
        .is_some_and(|first| world.now.saturating_sub(first) >= scenario.policy.window)
}

/// A record is about to be saved.
pub(crate) fn saves(world: &World, p: usize, new: &Stored, scenario: &Scenario) -> Verdict {
    let progress = &world.processes[p].progress;
    let history = &world.history;
    check("K13", new.login > history.logged_out, || {
        format!(
            "the user has logged out of login {}, and process {p} saves it",
            new.login
        )
    })?;
    let Some(old) = &world.store else {
        return Ok(());
    };
    if new.login != old.login {
        let is_newer =
            matches!(progress.operation, Some(Operation::LogIn(_))) || new.login > old.login;
        return check("K5", is_newer, || {
            format!(
                "login {} is replaced by the older login {}",
                old.login, new.login
            )
        });
    }
    check(
        "K5",
        new.refresh >= old.refresh && new.access >= old.access,
        || format!("{old:?} is replaced by the older {new:?}"),
    )?;
    let was_requested = new.org == old.org || history.switched.contains(&new.access);
    check("K11", was_requested, || {
        format!(
            "{:?} becomes {:?}, and no caller requested it",
            old.org, new.org
        )
    })?;
    let issued = history.issued.get(&new.access);
    let is_replayed = issued
        .zip(progress.sent)
        .is_some_and(|(issued, (_, sent))| *issued < sent);
    let is_exact = progress.late_attempts == 0 && !scenario.slow && !history.clock_was_set;
    check(
        "K6",
        !(is_replayed && is_exact) || issued.is_none_or(|issued| new.received <= *issued),
        || "the lifetime of a replayed response counts from the repetition".into(),
    )?;
    if (new.refresh, new.access) != (old.refresh, old.access) {
        return Ok(());
    }
    changes_the_intent(world, p, old, new)
}

fn changes_the_intent(world: &World, p: usize, old: &Stored, new: &Stored) -> Verdict {
    let progress = &world.processes[p].progress;
    let is_lost = world.history.lost.contains(&new.refresh);
    let was_sent = world.history.first_sent.contains_key(&new.refresh);
    match (old.intent, new.intent) {
        (Some(_), None) => check("K4", !is_lost || new.challenged, || {
            "the intent is withdrawn, and a response was lost".into()
        }),
        // A switch that is rejected after a lost attempt becomes a plain refresh.
        (Some(old), Some(new)) => {
            let is_rejected = new.org.is_none() && matches!(progress.reply, Some(Told::Replied(_)));
            let is_same = new.at == old.at && (new.org == old.org || is_rejected);
            // A process that was suspended for longer than its lease, in the middle of a save, does no better.
            check("K4", is_same || !was_sent || !world.holds_lock(p), || {
                format!("{old:?} becomes {new:?}, and the request is not the same")
            })
        }
        (None, Some(new)) => {
            let target = match progress.operation {
                Some(Operation::Switch(org)) => Some(org),
                _ => None,
            };
            check("K11", new.org == target, || {
                format!("{new:?} is not what was requested")
            })
        }
        (None, None) => Ok(()),
    }
}

/// The store is about to be cleared.
pub(crate) fn clears(world: &World, p: usize) -> Verdict {
    let progress = &world.processes[p].progress;
    if progress.operation == Some(Operation::LogOut) {
        return Ok(());
    }
    let stored = world.store.as_ref().map(|record| record.refresh);
    let sent = progress.sent.map(|(asked, _)| asked.refresh);
    check("K8", stored.is_none() || stored == sent, || {
        format!("the store holds token {stored:?}, {sent:?} was rejected, and it is cleared")
    })?;
    let ends = progress.reply == Some(Told::Replied(Reply::INVALID_GRANT));
    check("K7", ends, || {
        format!("{:?} ends the session", progress.reply)
    })
}

/// A sleep begins.
pub(crate) fn sleeps(world: &World, p: usize, time: Millis) -> Verdict {
    let progress = &world.processes[p].progress;
    check("K9", time > 0 && time <= 60_000, || {
        format!("a sleep takes {time} ms")
    })?;
    // The times that a service demands have no order, and saves are counted on their own.
    check(
        "K9",
        is_demanded(progress) || progress.store_failures > 0 || time >= progress.last_sleep,
        || {
            format!(
                "a sleep of {} ms is followed by one of {time} ms",
                progress.last_sleep
            )
        },
    )
}

/// Returns whether the service can have demanded the sleep.
pub(crate) fn is_demanded(progress: &Progress) -> bool {
    matches!(progress.reply, Some(Told::Replied(Reply::Failure(..))))
}

/// The state of a machine that callers can see has changed, also while an operation is in progress.
pub(crate) fn shows(world: &World, p: usize) -> Verdict {
    let process = &world.processes[p];
    let Some(seen) = process.visible.session else {
        return Ok(());
    };
    let history = &world.history;
    let has_failed = history.excused.contains(&seen.access) || process.progress.store_failures > 0;
    let is_excused = process.visible.unsaved && has_failed;
    check(
        "K5",
        is_excused || history.stored.contains(&seen.access),
        || {
            format!(
                "access token {} is visible before it is stored",
                seen.access
            )
        },
    )?;
    check("K13", !history.too_late.contains(&seen.access), || {
        format!(
            "access token {} arrived after the logout, and is visible",
            seen.access
        )
    })?;
    // Without a `sid`, a machine cannot distinguish two logins of one user.
    let is_newest = seen.login >= process.login
        || !world.service.rules.sid
        || matches!(
            process.progress.operation,
            Some(Operation::LogIn(_) | Operation::LogOut)
        );
    check("K5", is_newest, || {
        format!(
            "login {} is forgotten for login {}",
            process.login, seen.login
        )
    })
}

/// An operation goes on, but has an end.
pub(crate) fn goes_on(world: &World, p: usize, scenario: &Scenario) -> Verdict {
    let progress = &world.processes[p].progress;
    check("K9", progress.calls <= 80, || {
        "there is no end of calls".into()
    })?;
    let time = world.now - progress.began.min(world.now);
    let max = 2 * scenario.policy.lease + 60_000;
    let is_bounded = progress.operation.is_none() || scenario.slow || time <= max;
    check("K9", is_bounded, || format!("an operation takes {time} ms"))
}

/// Returns whether a process may see another time than the world has.
pub(crate) fn is_confused(world: &World, p: usize, scenario: &Scenario) -> bool {
    scenario.slow || world.processes[p].progress.is_confused
}

/// Returns whether a call writes to the store.
pub(crate) fn writes(call: &Call) -> bool {
    matches!(call, Call::Clear(_) | Call::Save(..))
}
