//! What comes of a refresh: the second half of an operation.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::error::Error;
use crate::login::authenticated::Authenticated;
use crate::login::refreshing::Refreshing;
use crate::session::record::Generation;
use crate::session::step::{Clearing, Done, Loading, Saving, SessionEnded, Step, Waiting, Warning};
use crate::session::turn::{Stage, Task, Turn};
use crate::session::{Machine, StoredSession};
use crate::timestamp::Timestamp;

/// How often storing is tried within one operation.
const SAVES: u8 = 3;

/// How often a session of another process is taken over within one operation.
const ROUNDS: u8 = 3;

impl Turn {
    /// There is a new session.
    pub(super) fn refreshed(
        self,
        keeper: &mut Machine,
        session: Authenticated,
        now: SystemTime,
    ) -> Step {
        let Some(refresh) = self.refresh else {
            return self.end(Done::Ready(None));
        };
        let replayed = refresh.last_sent.since(refresh.first_sent) < keeper.policy.replay_window;
        // What the service repeats is as old as what it said first. After a clock was set back, nobody knows how old.
        let session = if refresh.is_repeated() && replayed {
            session.received_at(refresh.first_sent.min(Timestamp::from(now)))
        } else {
            session
        };
        keeper.arrive(session, Some(refresh.token), false);
        keeper.calm();
        self.confirm(None)
    }

    /// The service did not refresh.
    pub(super) fn refused(
        self,
        keeper: &mut Machine,
        exchange: Refreshing,
        error: Error,
        now: SystemTime,
    ) -> Step {
        let Some(refresh) = self.refresh else {
            return self.refuse(keeper, error, now);
        };
        let switching = matches!(self.task, Task::Switch(_));
        match error {
            Error::InvalidGrant(answer) if !switching => self.verify(match refresh.is_repeated() {
                true => SessionEnded::ResponseLost(answer),
                false => SessionEnded::Ended(answer),
            }),
            Error::AuthenticationChallenge(step) if !switching => {
                self.verify(SessionEnded::AuthenticationChallenge(step))
            }
            Error::Unavailable(ref answer) => {
                // "Too many requests" says that nothing was done; after any other, nobody knows.
                let idle = answer.status() == Some(StatusCode::TOO_MANY_REQUESTS);
                let asked = error.retry_in(now);
                if refresh.is_repeated()
                    && let Some(pause) = self.repeats_in(asked.unwrap_or_default(), keeper, now)
                {
                    return self.repeat(pause);
                }
                keeper.rest(asked, now);
                if idle {
                    self.withdraw(keeper, error, now)
                } else {
                    self.fall_back(keeper, Some(error), now)
                }
            }
            Error::Malformed(malformed) if malformed.is_other_organization() => {
                // Its refresh token is the newest one, and the old one may be spent.
                keeper.arrive(exchange.into_session(), Some(refresh.token), false);
                self.confirm(Some(malformed.into()))
            }
            Error::Malformed(_) => self.lost(keeper, now),
            error => self.withdraw(keeper, error, now),
        }
    }

    /// There was no answer, or none that can be understood: the service may have acted.
    pub(super) fn lost(self, keeper: &mut Machine, now: SystemTime) -> Step {
        if let Some(pause) = self.repeats_in(Duration::ZERO, keeper, now) {
            return self.repeat(pause);
        }
        keeper.rest(None, now);
        self.fall_back(keeper, None, now)
    }

    /// How long to wait before the same token is sent again; `None` when the service may not know it any more by then.
    fn repeats_in(&self, asked: Duration, keeper: &Machine, now: SystemTime) -> Option<Duration> {
        let refresh = self.refresh?;
        let pause = keeper
            .pause_after(refresh.attempts.saturating_sub(1))
            .max(asked);
        // A clock that stands still or is set back keeps no window open.
        let passed = refresh.first_sent.elapsed(now).max(refresh.waited);
        (pause < keeper.policy.replay_window.saturating_sub(passed)).then_some(pause)
    }

    fn repeat(mut self, time: Duration) -> Step {
        if let Some(refresh) = &mut self.refresh {
            refresh.waited = refresh.waited.saturating_add(time);
        }
        Step::Wait(Waiting {
            turn: Self {
                stage: Stage::Pause,
                ..self
            },
            time,
        })
    }

    /// Before the answer is stored, the store is read again: somebody may have logged out.
    pub(super) fn confirm(self, error: Option<Error>) -> Step {
        Step::Load(Loading(Self {
            stage: Stage::Confirm(error),
            ..self
        }))
    }

    pub(super) fn confirmed(
        self,
        keeper: &mut Machine,
        record: Option<Option<StoredSession>>,
        error: Option<Error>,
        now: SystemTime,
    ) -> Step {
        let Some(record) = record else {
            return self.kept(keeper, false, error, now);
        };
        let Some(record) = record else {
            keeper.forget();
            return self.end(Done::SessionEnded(SessionEnded::LoggedOut));
        };
        let stored = Generation::of(record.session());
        if self.refresh.is_some_and(|refresh| refresh.token == stored) {
            return self.keep(keeper, error);
        }
        // Another process has stored a session since. What it stored is in use; what came here is not.
        keeper.adopt(record);
        match self.is_satisfied(keeper, now) {
            true => self.end(Done::Ready(None)),
            false => self.fall_back(keeper, error, now),
        }
    }

    /// Stores the session that is here.
    pub(super) fn keep(self, keeper: &Machine, error: Option<Error>) -> Step {
        match &keeper.session {
            Some(session) => {
                let record = Box::new(StoredSession::new(session.clone()));
                Step::Save(Saving {
                    turn: Self {
                        stage: Stage::Keep(error),
                        ..self
                    },
                    record,
                })
            }
            None => self.end(Done::SessionEnded(SessionEnded::NotLoggedIn)),
        }
    }

    pub(super) fn keep_locked(self, keeper: &Machine) -> Step {
        match self.locked {
            Some(_) => self.keep(keeper, None),
            None => self.lock(keeper),
        }
    }

    pub(super) fn kept(
        mut self,
        keeper: &mut Machine,
        ok: bool,
        error: Option<Error>,
        now: SystemTime,
    ) -> Step {
        if ok {
            keeper.unsaved = None;
            return match error {
                Some(error) => self.refuse(keeper, error, now),
                None if self.has_more_to_do() => self.proceed(keeper, None, now),
                None => self.end(Done::Ready(None)),
            };
        }
        self.unsaved = self.unsaved.saturating_add(1);
        if self.unsaved < SAVES {
            let time = keeper.pause_after(u32::from(self.unsaved) - 1);
            return Step::Wait(Waiting {
                turn: Self {
                    stage: Stage::Keep(error),
                    ..self
                },
                time,
            });
        }
        if let Some(unsaved) = &mut keeper.unsaved {
            unsaved.shown = true;
        }
        match error {
            Some(error) => self.refuse(keeper, error, now),
            // What was wanted has not even begun.
            None if self.has_more_to_do() && !self.will_do(keeper, now) => {
                self.end(Done::StoreFailed)
            }
            None => self.end(Done::Ready(Some(Warning::NotStored))),
        }
    }

    /// Whether what was stored is only what an earlier operation has left.
    fn has_more_to_do(&self) -> bool {
        self.refresh.is_none() && matches!(self.task, Task::Switch(_) | Task::Token { .. })
    }

    /// A definite refusal: nothing is under way any more, and the intent is taken back.
    pub(super) fn withdraw(self, keeper: &mut Machine, error: Error, now: SystemTime) -> Step {
        match self.refresh {
            Some(refresh) if !refresh.is_repeated() => {
                keeper.unanswered = None;
                self.confirm(Some(error))
            }
            _ => self.refuse(keeper, error, now),
        }
    }

    /// The session stays, and the caller is told.
    pub(super) fn refuse(self, keeper: &mut Machine, error: Error, now: SystemTime) -> Step {
        if matches!(error, Error::Unavailable(_)) {
            return self.fall_back(keeper, Some(error), now);
        }
        if !matches!(self.task, Task::Switch(_)) {
            keeper.rest(None, now);
            if self.will_do(keeper, now) {
                return self.end(Done::Ready(Some(Warning::NotRefreshed(Some(error)))));
            }
        }
        self.end(Done::Failed(error))
    }

    /// The service ended the session that was sent. Is it still the one that is stored?
    pub(super) fn verify(self, reason: SessionEnded) -> Step {
        Step::Load(Loading(Self {
            stage: Stage::Verify(reason),
            ..self
        }))
    }

    pub(super) fn verified(
        mut self,
        keeper: &mut Machine,
        record: Option<Option<StoredSession>>,
        reason: SessionEnded,
        now: SystemTime,
    ) -> Step {
        let Some(record) = record else {
            return self.store_failed(keeper, now);
        };
        let Some(record) = record else {
            keeper.forget();
            return self.end(Done::SessionEnded(reason));
        };
        if self.refresh.is_some_and(|refresh| {
            refresh.token.refresh == Generation::of(record.session()).refresh
        }) {
            return self.clear(reason);
        }
        self.rounds += 1;
        self.refresh = None;
        if self.rounds < ROUNDS {
            return self.found(keeper, record, now);
        }
        keeper.adopt(record);
        self.fall_back(keeper, None, now)
    }

    pub(super) fn clear(self, reason: SessionEnded) -> Step {
        Step::Clear(Clearing(Self {
            stage: Stage::Bury(reason),
            ..self
        }))
    }

    pub(super) fn cleared(mut self, keeper: &mut Machine, ok: bool) -> Step {
        let session = keeper.forget().map(Box::new);
        match (&self.task, std::mem::replace(&mut self.stage, Stage::Look)) {
            (Task::LogOut, _) => self.end(Done::LoggedOut {
                session,
                cleared: ok,
            }),
            (_, Stage::Bury(reason)) => self.end(Done::SessionEnded(reason)),
            _ => self.end(Done::SessionEnded(SessionEnded::LoggedOut)),
        }
    }
}
