//! What a keeper asks a driver to do next. Each step can only be answered with what it asked for.

use std::fmt;
use std::time::{Duration, SystemTime};

use crate::challenge::AuthenticationChallenge;
use crate::error::{Error, ErrorResponse};
use crate::exchange::SendError;
use crate::login::authenticated::Authenticated;
use crate::login::refreshing::Refreshing;
use crate::session::turn::Turn;
use crate::session::{Machine, StoredSession};

/// What to do next. Do it, and tell the step inside what happened; it answers with the next one.
#[derive(Debug)]
#[must_use = "the operation stops here otherwise"]
#[expect(clippy::exhaustive_enums, reason = "a driver has to know every step")]
pub enum Step {
    /// Remove the record from the store.
    Clear(Clearing),
    /// The operation is over.
    Done(Done),
    /// Read the record from the store.
    Load(Loading),
    /// Take the lock of the store, or give up after its lease.
    Lock(Locking),
    /// Write a record to the store.
    Save(Saving),
    /// Send a refresh.
    Send(Sending),
    /// Give the lock back.
    Unlock(Unlocking),
    /// Wait.
    Wait(Waiting),
}

/// Remove the record from the store.
#[derive(Debug)]
pub struct Clearing(pub(super) Turn);

impl Clearing {
    /// Tells whether it was removed.
    pub fn cleared(self, keeper: &mut Machine, ok: bool) -> Step {
        self.0.cleared(keeper, ok)
    }
}

/// Read the record from the store.
#[derive(Debug)]
pub struct Loading(pub(super) Turn);

impl Loading {
    /// Tells what was read: a record or none, or that the store could not be read.
    pub fn loaded(
        self,
        keeper: &mut Machine,
        record: Result<Option<StoredSession>, StoreFailed>,
        now: SystemTime,
    ) -> Step {
        self.0.loaded(keeper, record.ok(), now)
    }
}

/// Take the lock of the store.
#[derive(Debug)]
pub struct Locking {
    pub(super) turn: Turn,
    pub(super) lease: Duration,
}

impl Locking {
    /// Returns how long to wait for the lock at most.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.lease
    }

    /// Tells whether the lock is held now, or that the store has no lock to give.
    pub fn locked(
        self,
        keeper: &mut Machine,
        held: Result<bool, StoreFailed>,
        now: SystemTime,
    ) -> Step {
        self.turn.locked(keeper, held, now)
    }
}

/// Write a record to the store.
#[derive(Debug)]
pub struct Saving {
    pub(super) turn: Turn,
    pub(super) record: Box<StoredSession>,
}

impl Saving {
    /// Returns the record to write.
    #[must_use]
    pub fn record(&self) -> &StoredSession {
        &self.record
    }

    /// Tells whether it was written.
    pub fn saved(self, keeper: &mut Machine, ok: bool, now: SystemTime) -> Step {
        self.turn.saved(keeper, ok, now)
    }
}

/// Send a refresh.
#[derive(Debug)]
pub struct Sending {
    pub(super) turn: Turn,
    pub(super) exchange: Refreshing,
    pub(super) limit: Duration,
}

impl Sending {
    /// Returns how long the exchange may take. Past that, end it: it counts as lost.
    #[must_use]
    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns the exchange, and what to tell its result to.
    pub fn into_parts(self) -> (Refreshing, SentRefresh) {
        (self.exchange, SentRefresh(self.turn))
    }
}

/// A refresh that was sent.
#[derive(Debug)]
pub struct SentRefresh(Turn);

impl SentRefresh {
    /// Tells what came of it.
    pub fn sent<T>(
        self,
        keeper: &mut Machine,
        result: Result<Authenticated, SendError<Refreshing, T>>,
        now: SystemTime,
    ) -> Step {
        match result {
            Ok(session) => self.0.refreshed(keeper, session, now),
            Err(SendError::Refused(refused)) => {
                let (exchange, error) = refused.into_parts();
                self.0.refused(keeper, exchange, error, now)
            }
            Err(SendError::Transport(_)) => self.0.lost(keeper, now),
        }
    }

    /// Tells that there was no answer within the limit.
    pub fn timed_out(self, keeper: &mut Machine, now: SystemTime) -> Step {
        self.0.lost(keeper, now)
    }
}

/// Give the lock back.
#[derive(Debug)]
pub struct Unlocking(pub(super) Done);

impl Unlocking {
    /// Tells that the lock was given back.
    pub fn unlocked(self) -> Step {
        Step::Done(self.0)
    }
}

/// Wait.
#[derive(Debug)]
pub struct Waiting {
    pub(super) turn: Turn,
    pub(super) time: Duration,
}

impl Waiting {
    /// Returns how long to wait.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.time
    }

    /// Tells that the time is over.
    pub fn waited(self, keeper: &mut Machine, now: SystemTime) -> Step {
        self.turn.waited(keeper, now)
    }
}

/// That a store could not do what it was asked for. Its own error stays with the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a driver has to make one")]
pub struct StoreFailed;

/// How an operation ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Done {
    /// The service refused the refresh for a reason on this side. The session stays as it is.
    Failed(Error),
    /// The session was forgotten, here and in the store.
    LoggedOut {
        /// What it was, for its logout address.
        session: Option<Box<Authenticated>>,
        /// Whether the store is known to be empty now.
        cleared: bool,
    },
    /// There is a good access token: [`Machine::session`] has it.
    Ready(Option<Warning>),
    /// There is no session.
    SessionEnded(SessionEnded),
    /// The store could not be read or written, and there is no good access token at hand. Nothing was sent.
    StoreFailed,
    /// There is no good access token now. The session is not lost: try again.
    TryAgain {
        /// After this time.
        after: Duration,
        /// What the service said, when it said something.
        error: Option<Error>,
    },
}

/// Why there is no session.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionEnded {
    /// The service ended it, or refused its token.
    Ended(ErrorResponse),
    /// The access token has expired, and there is no refresh token.
    Expired,
    /// Somebody logged out: the record is gone from the store.
    LoggedOut,
    /// Nobody has logged in yet: the store is empty.
    NotLoggedIn,
    /// An answer was lost and could not be had again; meanwhile the service refuses the token.
    ResponseLost(ErrorResponse),
    /// The service wants the user to take another step, and sign in again.
    AuthenticationChallenge(Box<AuthenticationChallenge>),
}

/// What happened, without what the service answered.
impl fmt::Display for SessionEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended(_) => "the service has ended the session",
            Self::Expired => "the session has expired, and has no refresh token",
            Self::LoggedOut => "the session was logged out",
            Self::NotLoggedIn => "nobody is signed in",
            Self::ResponseLost(_) => {
                "an answer of the service was lost, and the session cannot be refreshed without it"
            }
            Self::AuthenticationChallenge(_) => {
                "the service asks for one more step before the session goes on"
            }
        })
    }
}

/// What went wrong although there is a good access token.
#[derive(Debug)]
#[non_exhaustive]
pub enum Warning {
    /// The new session could not be stored. It is kept here, and storing is tried again.
    NotStored,
    /// The refresh did not work; the old token is still good.
    NotRefreshed(Option<Error>),
    /// The store could not be read or written, so nothing was sent; the old token is still good.
    StoreFailed,
}
