//! The invariants about how an operation ends.

use crate::history::demanded;
use crate::process::{End, Operation, Told};
use crate::rules::{Verdict, check, first_sent, is_confused};
use crate::scenario::Scenario;
use crate::service::{Millis, Reply};
use crate::world::World;

/// An operation ends.
pub(crate) fn ends(world: &World, p: usize, end: End, scenario: &Scenario) -> Verdict {
    let Some(operation) = world.processes[p].progress.operation else {
        return Ok(());
    };
    if end.has_token() {
        returns(world, p, end, operation, scenario)?;
    }
    keeps_the_organization(world, p, operation)?;
    withdraws(world, p)?;
    match end {
        End::EndedByService | End::ResponseLost => ends_the_session(world, p, end, scenario)?,
        End::Challenged | End::ChallengedLater => {
            let is_stored = world.store.is_some() || world.history.went_without_lock;
            check("K7", is_stored, || "a challenge ended the session".into())?;
        }
        End::Expired => check("K7", false, || "the refresh token is not used".into())?,
        End::NoSession { .. } => {
            let is_empty = world.history.was_empty || world.history.stored.is_empty();
            check("K13", is_empty, || "no user has logged out".into())?;
        }
        End::LoggedOut { cleared } => {
            check("K13", !cleared || world.store.is_none(), || {
                "a session is stored after the logout".into()
            })?;
            check("K13", world.processes[p].visible.session.is_none(), || {
                "a session is visible after the logout".into()
            })?;
        }
        End::Unavailable(after) => is_unavailable(world, p, after, scenario)?,
        _ => {}
    }
    repeats_in_time(world, p, end, scenario)
}

fn returns(
    world: &World,
    p: usize,
    end: End,
    operation: Operation,
    scenario: &Scenario,
) -> Verdict {
    let process = &world.processes[p];
    let Some(seen) = process.visible.session else {
        return check("K5", false, || format!("{end:?}, and there is no session"));
    };
    let is_usable = seen.left > 0
        || is_confused(world, p, scenario)
        || matches!(operation, Operation::LogIn(_) | Operation::Switch(_));
    check("K7", is_usable, || {
        format!("{end:?}, and the access token has expired")
    })?;
    check("K5", !process.visible.unsaved || end != End::Ready, || {
        "the session is not stored, and there is no warning".into()
    })?;
    check(
        "K12",
        process.progress.refused_access() != Some(seen.access),
        || "the rejected access token is returned again".into(),
    )?;
    match operation {
        Operation::Switch(org) => check("K11", seen.org == org, || {
            format!(
                "the switch succeeded, and the organization is {:?}",
                seen.org
            )
        }),
        _ => Ok(()),
    }
}

fn keeps_the_organization(world: &World, p: usize, operation: Operation) -> Verdict {
    let process = &world.processes[p];
    let (Some(before), Some(seen)) = (process.progress.before.session, process.visible.session)
    else {
        return Ok(());
    };
    let stays = seen.org == before.org
        || seen.login != before.login
        || world.history.switched.contains(&seen.access)
        || matches!(
            operation,
            Operation::LogIn(_) | Operation::LogOut | Operation::Flush
        );
    let is_stored = world
        .store
        .as_ref()
        .is_some_and(|record| record.org == seen.org);
    check("K11", stays || is_stored, || {
        "the organization has changed, and no caller requested it".into()
    })
}

fn ends_the_session(world: &World, p: usize, end: End, scenario: &Scenario) -> Verdict {
    let progress = &world.processes[p].progress;
    let is_rejected = progress.reply == Some(Told::Replied(Reply::INVALID_GRANT));
    check("K7", is_rejected, || {
        format!("{end:?} after {:?}", progress.reply)
    })?;
    let Some((asked, _)) = progress.sent else {
        return check("K7", false, || format!("{end:?}, and nothing was sent"));
    };
    let history = &world.history;
    check(
        "K6",
        end != End::EndedByService || !history.lost.contains(&asked.refresh),
        || "a response was lost, and the service is said to have ended the session".into(),
    )?;
    check(
        "K6",
        end != End::ResponseLost || history.unfinished.contains(&asked.refresh),
        || "no response was lost, and that is the reason".into(),
    )?;
    let may_end = history.session_was_ended || !scenario.must_live;
    check("K7", may_end, || {
        format!("{end:?}, and nothing ended the session")
    })
}

/// After a response that says that nothing was done, the next operation does not repeat the request.
fn withdraws(world: &World, p: usize) -> Verdict {
    let progress = &world.processes[p].progress;
    let (Some(Told::Replied(reply)), Some((asked, _))) = (&progress.reply, progress.sent) else {
        return Ok(());
    };
    let is_settled = (reply.is_definite() || matches!(reply, Reply::Success(_)))
        && !world.history.unfinished.contains(&asked.refresh)
        && progress.store_failures == 0;
    let stays = world
        .store
        .as_ref()
        .is_some_and(|record| record.refresh == asked.refresh && record.intent.is_some());
    check("K4", !(is_settled && stays), || {
        format!("the intent stays stored after {reply:?}")
    })
}

fn is_unavailable(world: &World, p: usize, after: Millis, scenario: &Scenario) -> Verdict {
    let process = &world.processes[p];
    let progress = &process.progress;
    check("K9", after > 0 && after <= 60_000, || {
        format!("try again in {after} ms")
    })?;
    let seen = process.visible.session;
    let is_usable =
        seen.is_some_and(|seen| seen.left > 0 && Some(seen.access) != progress.refused_access());
    // Which access token `refresh_now` wants to replace is unknown if there was none.
    let settles = matches!(
        progress.operation,
        Some(Operation::AccessToken | Operation::RefreshRejected)
    );
    check(
        "K7",
        !(is_usable && settles) || is_confused(world, p, scenario),
        || "the access token has not expired, and is not returned".into(),
    )?;
    let Some(demanded) = demanded(progress) else {
        return Ok(());
    };
    // A sleep after the failure counts, and so does a failed save.
    let wait = world.now - progress.replied + after;
    check("K7", wait >= demanded, || {
        format!("{demanded} ms were demanded, not {wait}")
    })?;
    let seen =
        |session: Option<crate::process::Seen>| session.map(|seen| (seen.refresh, seen.access));
    let was_adopted = seen(progress.before.session) != seen(process.visible.session);
    let least = scenario.policy.backoff_after(process.failures);
    check("K9", was_adopted || wait >= least, || {
        format!(
            "after {} failures in a row: try again {wait} ms after the last",
            process.failures
        )
    })
}

/// After a lost response, the request is repeated while the window is open, also if the service is busy with it.
fn repeats_in_time(world: &World, p: usize, end: End, scenario: &Scenario) -> Verdict {
    let progress = &world.processes[p].progress;
    let gives_up = matches!(end, End::Unavailable(_) | End::NotRefreshed)
        && progress.late_attempts == 0
        && !scenario.slow
        && !world.history.clock_was_set;
    let is_definite = matches!(progress.reply, Some(Told::Replied(reply)) if reply.is_definite());
    let is_lost = !is_definite || progress.attempts > 1;
    let sent = progress
        .sent
        .and_then(|(asked, _)| first_sent(world, p, asked.refresh));
    let (true, true, Some(first), Some(demanded)) = (gives_up, is_lost, sent, demanded(progress))
    else {
        return Ok(());
    };
    let pause = demanded.max(scenario.policy.backoff_after(progress.attempts - 1));
    let is_open = progress.replied - first + pause < scenario.policy.window;
    check("K6", !is_open, || {
        "the window is open, and the request is not repeated".into()
    })
}
