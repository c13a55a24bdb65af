//! One operation of a keeper, from step to step.

use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use crate::error::{ClientError, ClientErrorKind, Error};
use crate::ids::OrganizationId;
use crate::limits::EXCHANGE_TIMEOUT;
use crate::login::authenticated::Authenticated;
use crate::session::record::{Fingerprint, Generation, Intent};
use crate::session::step::{
    Done, Loading, Locking, Saving, Sending, SessionEnded, Step, StoreFailed, Unlocking, Warning,
};
use crate::session::{Machine, StoredSession, Unsaved};
use crate::timestamp::Timestamp;

/// What is wanted.
#[derive(Clone, Debug)]
pub(super) enum Task {
    Flush,
    LogOut,
    SignIn(Box<Authenticated>),
    Switch(OrganizationId),
    Token {
        /// The access token that a resource server has refused: any other will do.
        refused: Option<Fingerprint>,
    },
}

/// Where an operation has got to.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) task: Task,
    pub(super) stage: Stage,
    pub(super) locked: Option<Timestamp>,
    /// What tells the keeper that the operation still goes on.
    pub(super) alive: Arc<()>,
    /// How often the store had another session than the one that was refused.
    pub(super) rounds: u8,
    /// How often a new session could not be stored.
    pub(super) unsaved: u8,
    /// The refresh of this operation.
    pub(super) refresh: Option<Refresh>,
}

/// A refresh, which may take several attempts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refresh {
    pub(super) token: Generation,
    /// When it was sent first, by this process or by one that did not finish.
    pub(super) first_sent: Timestamp,
    /// Whether an earlier operation sent it, and its answer never arrived.
    pub(super) resumed: bool,
    pub(super) attempts: u32,
    /// For how long repetitions were waited for.
    pub(super) waited: Duration,
    pub(super) last_sent: Timestamp,
}

impl Refresh {
    /// Whether an answer to an earlier attempt never arrived.
    pub(super) fn is_repeated(&self) -> bool {
        self.resumed || self.attempts > 1
    }
}

/// What the answer to a step is about.
#[derive(Debug)]
pub(super) enum Stage {
    /// What does the store hold?
    Look,
    /// The intent is being stored.
    Announce,
    /// A repetition is waited for.
    Pause,
    /// Does the store still hold what is to be replaced?
    Confirm(Option<Error>),
    /// It is being replaced, by the answer or by a record without an intent.
    Keep(Option<Error>),
    /// The service ended the session: does the store still hold it?
    Verify(SessionEnded),
    /// It does, and is being cleared.
    Bury(SessionEnded),
}

impl Turn {
    pub(super) fn new(task: Task) -> Self {
        Self {
            task,
            stage: Stage::Look,
            locked: None,
            alive: Arc::new(()),
            rounds: 0,
            unsaved: 0,
            refresh: None,
        }
    }

    pub(super) fn begin(self, keeper: &mut Machine, now: SystemTime) -> Step {
        match &self.task {
            Task::Flush if keeper.unsaved.is_none() => return Step::Done(Done::Ready(None)),
            Task::Token { .. } => {
                if self.is_satisfied(keeper, now) {
                    return Step::Done(Done::Ready(None));
                }
                if let Some(left) = keeper.pause_left(now) {
                    if self.will_do(keeper, now) {
                        return Step::Done(Done::Ready(None));
                    }
                    return Step::Done(Done::TryAgain {
                        after: left,
                        error: None,
                    });
                }
                if keeper.session.is_none() {
                    return Step::Load(Loading(self));
                }
            }
            Task::Flush | Task::LogOut | Task::SignIn(_) | Task::Switch(_) => {}
        }
        self.lock(keeper)
    }

    /// Whether the token that is wanted is at hand, and not due.
    pub(super) fn is_satisfied(&self, keeper: &Machine, now: SystemTime) -> bool {
        self.will_do(keeper, now) && keeper.fresh(now).is_some()
    }

    /// Whether a token is wanted, and the one at hand is good: not spent, and not the refused one.
    pub(super) fn will_do(&self, keeper: &Machine, now: SystemTime) -> bool {
        let Task::Token { refused } = &self.task else {
            return false;
        };
        keeper.is_usable(now)
            && keeper
                .session()
                .map(|session| Fingerprint::of(session.access_token()))
                != *refused
    }

    pub(super) fn lock(self, keeper: &Machine) -> Step {
        Step::Lock(Locking {
            turn: self,
            lease: keeper.policy.lease,
        })
    }

    pub(super) fn locked(
        mut self,
        keeper: &mut Machine,
        held: Result<bool, StoreFailed>,
        now: SystemTime,
    ) -> Step {
        if held == Ok(true) {
            self.locked = Some(Timestamp::from(now));
            return Step::Load(Loading(self));
        }
        match self.task {
            // Whoever logs out or in does not wait for a process that hangs.
            Task::LogOut | Task::SignIn(_) => Step::Load(Loading(self)),
            Task::Flush | Task::Switch(_) | Task::Token { .. } => match held {
                Ok(_) => self.fall_back(keeper, None, now),
                Err(StoreFailed) => self.store_failed(keeper, now),
            },
        }
    }

    pub(super) fn loaded(
        mut self,
        keeper: &mut Machine,
        record: Option<Option<StoredSession>>,
        now: SystemTime,
    ) -> Step {
        match std::mem::replace(&mut self.stage, Stage::Look) {
            Stage::Confirm(error) => self.confirmed(keeper, record, error, now),
            Stage::Verify(reason) => self.verified(keeper, record, reason, now),
            _ => self.looked(keeper, record, now),
        }
    }

    /// The store was read before anything is done.
    pub(super) fn looked(
        self,
        keeper: &mut Machine,
        record: Option<Option<StoredSession>>,
        now: SystemTime,
    ) -> Step {
        match &self.task {
            Task::LogOut => {
                if let Some(Some(record)) = record {
                    keeper.adopt(record);
                }
                self.clear(SessionEnded::LoggedOut)
            }
            Task::SignIn(session) => {
                let replaced = record
                    .flatten()
                    .map(|record| Generation::of(record.session()));
                keeper.arrive((**session).clone(), replaced, true);
                keeper.calm();
                self.keep(keeper, None)
            }
            Task::Flush | Task::Switch(_) | Task::Token { .. } => match record {
                None => self.store_failed(keeper, now),
                // A new login that could not be stored: the store was empty then, too.
                Some(None)
                    if matches!(
                        keeper.unsaved,
                        Some(Unsaved {
                            predecessor: None,
                            ..
                        })
                    ) =>
                {
                    self.keep_locked(keeper)
                }
                Some(None) => {
                    let reason = match keeper.forget() {
                        Some(_) => SessionEnded::LoggedOut,
                        None => SessionEnded::NotLoggedIn,
                    };
                    self.end(Done::SessionEnded(reason))
                }
                Some(Some(record)) => self.found(keeper, record, now),
            },
        }
    }

    /// The store has a session: is it newer than the one here, or older?
    pub(super) fn found(
        self,
        keeper: &mut Machine,
        record: StoredSession,
        now: SystemTime,
    ) -> Step {
        let stored = Generation::of(record.session());
        let sent = record.sent();
        let here = keeper.session.as_ref().map(Generation::of);
        match &keeper.unsaved {
            Some(_) if here == Some(stored) => keeper.unsaved = None,
            Some(unsaved) if unsaved.predecessor == Some(stored) => {
                return self.keep_locked(keeper);
            }
            Some(unsaved) if unsaved.login && !keeper.is_of(record.session()) => {
                return self.keep_locked(keeper);
            }
            None if here == Some(stored) => keeper.unanswered = sent.map(|_| Weak::new()),
            _ => keeper.adopt(record),
        }
        self.proceed(keeper, sent, now)
    }

    /// What is here is what the store holds: refresh it, unless it will do.
    pub(super) fn proceed(
        self,
        keeper: &mut Machine,
        sent: Option<Timestamp>,
        now: SystemTime,
    ) -> Step {
        if matches!(self.task, Task::Flush) || self.is_satisfied(keeper, now) {
            return self.end(Done::Ready(None));
        }
        if self.locked.is_none() {
            return self.lock(keeper);
        }
        let Some(session) = keeper.session.clone() else {
            return self.end(Done::SessionEnded(SessionEnded::NotLoggedIn));
        };
        let token = Generation::of(&session);
        let Some(fingerprint) = token.refresh else {
            return match self.task {
                Task::Switch(_) => self.refuse(
                    keeper,
                    ClientError(ClientErrorKind::NoRefreshToken).into(),
                    now,
                ),
                _ if self.will_do(keeper, now) => self.end(Done::Ready(None)),
                _ => self.end(Done::SessionEnded(SessionEnded::Expired)),
            };
        };
        if !self.holds_the_lock_for(keeper.policy.attempt_limit, keeper, now) {
            return self.fall_back(keeper, None, now);
        }
        let at = Timestamp::from(now);
        let refresh = Refresh {
            token,
            first_sent: sent.unwrap_or(at),
            resumed: sent.is_some(),
            attempts: 0,
            waited: Duration::ZERO,
            last_sent: at,
        };
        let turn = Self {
            refresh: Some(refresh),
            ..self
        };
        if sent.is_some() {
            // The intent is stored already: by a process that crashed, or whose answer was lost.
            return turn.send(keeper, now);
        }
        let record = StoredSession::about_to_refresh(session, Intent { fingerprint, at });
        Step::Save(Saving {
            turn: Self {
                stage: Stage::Announce,
                ..turn
            },
            record: Box::new(record),
        })
    }

    pub(super) fn saved(mut self, keeper: &mut Machine, ok: bool, now: SystemTime) -> Step {
        match std::mem::replace(&mut self.stage, Stage::Look) {
            Stage::Announce if ok => {
                // Storing may have taken its time, and the window opens with the sending.
                if let Some(refresh) = &mut self.refresh {
                    refresh.first_sent = Timestamp::from(now);
                }
                self.send(keeper, now)
            }
            // A token that cannot be replaced in the store is not spent.
            Stage::Announce => self.store_failed(keeper, now),
            Stage::Keep(error) => self.kept(keeper, ok, error, now),
            _ => self.end(Done::Ready(None)),
        }
    }

    pub(super) fn send(self, keeper: &mut Machine, now: SystemTime) -> Step {
        let Some(mut refresh) = self.refresh else {
            return self.fall_back(keeper, None, now);
        };
        let limit = match refresh.first_sent.elapsed(now) < keeper.policy.replay_window {
            true => keeper.policy.attempt_limit,
            false => EXCHANGE_TIMEOUT,
        };
        if !self.holds_the_lock_for(limit, keeper, now) {
            keeper.rest(None, now);
            return self.fall_back(keeper, None, now);
        }
        let Some(session) = keeper.session.clone() else {
            return self.fall_back(keeper, None, now);
        };
        let exchange = match &self.task {
            Task::Switch(organization) => session.switch_organization(&keeper.client, organization),
            _ => session.refresh(&keeper.client),
        };
        let exchange = match exchange {
            Ok(exchange) => exchange,
            Err(refused) => return self.withdraw(keeper, refused.into(), now),
        };
        keeper.unanswered = Some(Arc::downgrade(&self.alive));
        refresh.attempts = refresh.attempts.saturating_add(1);
        refresh.last_sent = Timestamp::from(now);
        Step::Send(Sending {
            turn: Self {
                refresh: Some(refresh),
                ..self
            },
            exchange,
            limit,
        })
    }

    /// Whether the lease is not over before this time is.
    ///
    /// The machine may have slept since it took the lock. Then somebody may have lost patience, and logged out without it.
    fn holds_the_lock_for(&self, time: Duration, keeper: &Machine, now: SystemTime) -> bool {
        self.locked
            .is_some_and(|locked| locked.elapsed(now).saturating_add(time) <= keeper.policy.lease)
    }

    pub(super) fn waited(mut self, keeper: &mut Machine, now: SystemTime) -> Step {
        match std::mem::replace(&mut self.stage, Stage::Look) {
            // Somebody may have logged out meanwhile.
            Stage::Keep(error) if self.refresh.is_some() => self.confirm(error),
            Stage::Keep(_) => Step::Load(Loading(self)),
            _ => self.send(keeper, now),
        }
    }

    /// The store cannot be read or written: nothing is sent, because the answer could not be kept.
    pub(super) fn store_failed(self, keeper: &mut Machine, now: SystemTime) -> Step {
        match self.will_do(keeper, now) {
            true => self.end(Done::Ready(Some(Warning::StoreFailed))),
            false => self.end(Done::StoreFailed),
        }
    }

    /// Not refreshed this time: the old token while it is good, else "try again".
    pub(super) fn fall_back(
        self,
        keeper: &mut Machine,
        error: Option<Error>,
        now: SystemTime,
    ) -> Step {
        if self.will_do(keeper, now) {
            return self.end(Done::Ready(Some(Warning::NotRefreshed(error))));
        }
        let after = keeper.pause_left(now).unwrap_or(keeper.policy.first_pause);
        self.end(Done::TryAgain { after, error })
    }

    pub(super) fn end(self, done: Done) -> Step {
        match self.locked {
            Some(_) => Step::Unlock(Unlocking(done)),
            None => Step::Done(done),
        }
    }
}
