//! The rules about how an operation ends.

use crate::process::{End, Told, Wish};
use crate::rules::{Verdict, first_sent, holds, is_confused, is_step_up};
use crate::scenario::{FIRST_PAUSE, Scenario, WINDOW};
use crate::service::{ErrorResponse, Millis};
use crate::world::World;

/// An operation ends.
pub(crate) fn ends(world: &World, p: usize, end: End, scenario: &Scenario) -> Verdict {
    let process = &world.processes[p];
    let operation = &process.operation;
    let Some(wish) = operation.wish else {
        return Ok(());
    };
    let seen = process.sight.session;
    if end.hands_out() && wish != Wish::Flush {
        let Some(seen) = seen else {
            return holds("K5", false, || format!("{end:?}, and there is no session"));
        };
        let good = seen.left > 0
            || is_confused(world, p, scenario)
            || matches!(wish, Wish::SignIn(_) | Wish::Switch(_));
        holds("K7", good, || format!("{end:?}, and the token is spent"))?;
        if wish == Wish::Another {
            let refused = operation.before.session.map(|seen| seen.access);
            holds("K12", refused != Some(seen.access), || {
                "the refused token comes again".into()
            })?;
        }
        if let Wish::Switch(org) = wish {
            holds("K11", seen.org == org, || {
                format!("the switch worked, and it is {:?}", seen.org)
            })?;
        }
    }
    if let (Some(before), Some(seen)) = (operation.before.session, seen) {
        let stays = seen.org == before.org
            || world.history.switched.contains(&seen.access)
            || seen.login != before.login
            || !matches!(wish, Wish::Token | Wish::Another | Wish::Switch(_));
        let back = world
            .store
            .as_ref()
            .is_some_and(|rest| rest.org == seen.org);
        holds("K11", stays || back, || {
            "the organization has changed unasked".into()
        })?;
    }
    match end {
        End::Ended | End::ResponseLost | End::AuthenticationChallenge => {
            signs_out(world, p, end, scenario)?
        }
        End::Expired => holds("K7", false, || {
            "there is a refresh token, and it is not used".into()
        })?,
        End::Gone | End::NobodyHere => {
            let empty = world.history.was_empty || world.history.stored.is_empty();
            holds("K13", empty, || "nobody has logged out".into())?;
        }
        End::LoggedOut { cleared } => holds("K13", !cleared || world.store.is_none(), || {
            "a session is stored after the logout".into()
        })?,
        End::TryAgain(after) => tries_again(world, p, after, scenario)?,
        _ => {}
    }
    gives_up_in_time(world, p, end, scenario)
}

fn signs_out(world: &World, p: usize, end: End, scenario: &Scenario) -> Verdict {
    let operation = &world.processes[p].operation;
    let Some(Told::Answered(answer)) = operation.answer else {
        return holds("K7", false, || format!("{end:?} without an answer"));
    };
    let said = match end {
        End::AuthenticationChallenge => is_step_up(answer),
        _ => answer == ErrorResponse::INVALID_GRANT,
    };
    holds("K7", said, || format!("{end:?} after {answer:?}"))?;
    holds(
        "K11",
        !matches!(operation.wish, Some(Wish::Switch(_))),
        || "a switch has ended the session".into(),
    )?;
    let Some(token) = operation.token else {
        return Ok(());
    };
    let lost = world.history.lost.contains(&token);
    let unfinished = world.history.unfinished.contains(&token);
    holds("K6", end != End::Ended || !lost, || {
        "an answer was lost, and the service is said to have ended the session".into()
    })?;
    holds("K6", end != End::ResponseLost || unfinished, || {
        "no answer was lost, and that is the reason given".into()
    })?;
    let alive = !world.history.session_was_ended && end != End::AuthenticationChallenge;
    holds("K7", !(scenario.must_live && alive), || {
        format!("{end:?}, and nothing was done that ends a session")
    })
}

fn tries_again(world: &World, p: usize, after: Millis, scenario: &Scenario) -> Verdict {
    let process = &world.processes[p];
    let operation = &process.operation;
    holds("K9", after > 0 && after <= 60_000, || {
        format!("try again in {after} ms")
    })?;
    let refused = match operation.wish {
        Some(Wish::Another) => operation.before.session.map(|seen| seen.access),
        _ => None,
    };
    let will_do = process
        .sight
        .session
        .is_some_and(|seen| seen.left > 0 && Some(seen.access) != refused);
    let wanted = matches!(operation.wish, Some(Wish::Token | Wish::Another));
    holds(
        "K7",
        !(will_do && wanted) || is_confused(world, p, scenario),
        || "the token is still good, and is not handed out".into(),
    )?;
    if let Some(Told::Answered(ErrorResponse::Failure(429 | 500.., _, Some(seconds)))) =
        operation.answer
    {
        let asked = (seconds * 1000).min(60_000);
        let passed = world.now - operation.answered;
        holds("K7", passed + after >= asked, || {
            format!("{asked} ms were asked for, not {after}")
        })?;
    }
    let failed = !matches!(
        operation.answer,
        None | Some(Told::Answered(ErrorResponse::Success(_)))
    );
    let adopted = operation.before.session.map(|seen| seen.access)
        != process.sight.session.map(|seen| seen.access);
    let least = (FIRST_PAUSE << process.failures.min(20)).min(60_000);
    holds("K9", !failed || adopted || after >= least, || {
        format!(
            "after {} failures in a row: try again in {after} ms",
            process.failures
        )
    })
}

/// A lost answer is asked for again while the window is open, also when the service is busy with it.
fn gives_up_in_time(world: &World, p: usize, end: End, scenario: &Scenario) -> Verdict {
    let operation = &world.processes[p].operation;
    let gives_up = matches!(end, End::TryAgain(_) | End::NotRefreshed);
    let asked = match operation.answer {
        Some(
            Told::Broken
            | Told::TimedOut
            | Told::Answered(ErrorResponse::Portal | ErrorResponse::Garbled),
        ) => Some(0),
        Some(Told::Answered(ErrorResponse::Failure(408 | 429 | 500.., _, seconds))) => {
            (operation.sends > 1).then(|| seconds.unwrap_or(1) * 1000)
        }
        _ => None,
    };
    let known = operation
        .token
        .and_then(|token| first_sent(world, p, token));
    let tries =
        gives_up && operation.late_sends == 0 && !scenario.slow && !world.history.clock_was_set;
    let (true, Some(first), Some(asked)) = (tries, known, asked) else {
        return Ok(());
    };
    let pause = asked.max(FIRST_PAUSE << (operation.sends - 1));
    let open = operation.answered - first + pause < WINDOW;
    holds("K6", !open, || {
        "the window is open, and nothing is repeated".into()
    })
}
