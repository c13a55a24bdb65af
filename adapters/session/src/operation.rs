//! One operation of the machine: what it asks of the store, and what came of it.

use std::convert::Infallible;
use std::error;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use workos_login::session::{
    self, Done, Machine, Sending, SentRefresh, SessionEnded, Step, StoreFailed, Waiting,
};
use workos_login::{Authenticated, Refreshing, Refused, SendError};

use crate::error::{Cause, Error, Locked};
use crate::logged_out::LoggedOut;
use crate::store::Store;
use crate::token::{Token, Warning};

/// What all users of a keeper share.
///
/// The machine is locked for a moment at each step, never while something is waited for: a fresh token
/// is at hand also during an operation.
pub(crate) struct Shared<S> {
    pub(crate) store: S,
    machine: RwLock<Machine>,
}

impl<S: Store> Shared<S> {
    pub(crate) fn new(machine: Machine, store: S) -> Self {
        Self {
            store,
            machine: RwLock::new(machine),
        }
    }

    pub(crate) fn machine(&self) -> RwLockReadGuard<'_, Machine> {
        self.machine.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn machine_mut(&self) -> RwLockWriteGuard<'_, Machine> {
        self.machine.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the access token when it is not due.
    pub(crate) fn fresh(&self) -> Option<Token> {
        let machine = self.machine();
        let secret = machine.fresh(SystemTime::now())?.clone();
        let warning = machine.is_unsaved().then_some(Warning::NotStored(None));
        Some(Token::new(secret, warning))
    }

    /// Returns the session that is here, or else the one in the store.
    pub(crate) fn session(&self) -> Result<Option<Authenticated>, Error> {
        if let Some(session) = self.machine().session() {
            return Ok(Some(session.clone()));
        }
        match self.store.load() {
            Ok(record) => Ok(record.map(|record| record.session().clone())),
            Err(error) => Err(Error::Store(Arc::new(error))),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        self.store
            .check()
            .map_err(|error| Error::Store(Arc::new(error)))
    }
}

impl<S> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("machine", &self.machine)
            .finish_non_exhaustive()
    }
}

/// The answer to a refresh.
pub(crate) enum Answer {
    Lost(Option<Cause>),
    Read(Box<Result<Authenticated, Refused<Refreshing>>>),
}

impl<T> From<Result<Authenticated, SendError<Refreshing, T>>> for Answer
where
    T: error::Error + Send + Sync + 'static,
{
    fn from(result: Result<Authenticated, SendError<Refreshing, T>>) -> Self {
        match result {
            Ok(session) => Self::Read(Box::new(Ok(session))),
            Err(SendError::Refused(refused)) => Self::Read(Box::new(Err(refused))),
            Err(lost @ SendError::Transport(_)) => Self::Lost(Some(Arc::new(lost))),
        }
    }
}

/// An operation under way. Dropped, it gives the lock of the store back.
pub(crate) struct Operation<S: Store> {
    shared: Arc<Shared<S>>,
    guard: Option<S::Guard>,
    /// How long the lock is waited for at most, if that is shorter than its lease.
    patience: Duration,
    store_error: Option<Cause>,
    /// Whether another process held the lock for too long.
    is_locked_out: bool,
    network_error: Option<Cause>,
}

/// What an operation wants beside the store.
pub(crate) enum Next {
    Done(Done),
    Send(Sending),
    Wait(Waiting),
}

impl<S: Store> Operation<S> {
    pub(crate) fn new(shared: &Arc<Shared<S>>, patience: Duration) -> Self {
        Self {
            shared: Arc::clone(shared),
            guard: None,
            patience,
            store_error: None,
            is_locked_out: false,
            network_error: None,
        }
    }

    /// Takes the steps that concern the store, up to the next one that does not.
    pub(crate) fn run(&mut self, mut step: Step) -> Next {
        loop {
            step = match step {
                Step::Clear(clearing) => {
                    let ok = self.ask(S::clear).is_some();
                    clearing.cleared(&mut self.shared.machine_mut(), ok)
                }
                Step::Load(loading) => {
                    let record = self.ask(S::load).ok_or(StoreFailed);
                    loading.loaded(&mut self.shared.machine_mut(), record, SystemTime::now())
                }
                Step::Lock(locking) => {
                    let held = self.lock(locking.lease());
                    locking.locked(&mut self.shared.machine_mut(), held, SystemTime::now())
                }
                Step::Save(saving) => {
                    let ok = self.ask(|store| store.save(saving.record())).is_some();
                    saving.saved(&mut self.shared.machine_mut(), ok, SystemTime::now())
                }
                Step::Unlock(unlocking) => {
                    self.guard = None;
                    unlocking.unlocked()
                }
                Step::Done(done) => return Next::Done(done),
                Step::Send(sending) => return Next::Send(sending),
                Step::Wait(waiting) => return Next::Wait(waiting),
            };
        }
    }

    pub(crate) fn sent(&mut self, sent: SentRefresh, answer: Answer) -> Step {
        let now = SystemTime::now();
        let mut machine = self.shared.machine_mut();
        match answer {
            Answer::Lost(cause) => {
                self.network_error = cause;
                sent.timed_out(&mut machine, now)
            }
            Answer::Read(result) => {
                self.network_error = None;
                let result = result.map_err(SendError::<_, Infallible>::Refused);
                sent.sent(&mut machine, result, now)
            }
        }
    }

    pub(crate) fn waited(&self, waiting: Waiting) -> Step {
        waiting.waited(&mut self.shared.machine_mut(), SystemTime::now())
    }

    /// Says what came of it, to those who want a token.
    pub(crate) fn token(self, done: Done) -> Result<Token, Error> {
        match done {
            Done::Ready(warning) => {
                let secret = self
                    .shared
                    .machine()
                    .session()
                    .map(|session| session.access_token().clone());
                match secret {
                    Some(secret) => Ok(Token::new(
                        secret,
                        warning.map(|warning| self.warning(warning)),
                    )),
                    // Somebody in this process logged out in the same moment.
                    None => Err(Error::SessionEnded(Arc::new(SessionEnded::LoggedOut))),
                }
            }
            done => Err(self.error(done)),
        }
    }

    /// Says what came of it, to those who want everything to be stored.
    pub(crate) fn stored(self, done: Done) -> Result<(), Error> {
        match done {
            Done::Ready(None) => Ok(()),
            Done::Ready(Some(_)) => Err(self.error(Done::StoreFailed)),
            done => Err(self.error(done)),
        }
    }

    /// Says what came of it, to those who wanted to log out.
    pub(crate) fn logged_out(self, done: Done) -> LoggedOut {
        match done {
            Done::LoggedOut {
                session,
                cleared: true,
            } => LoggedOut::new(session, None),
            Done::LoggedOut { session, .. } => LoggedOut::new(session, Some(self.store_cause())),
            _ => LoggedOut::new(None, self.store_error),
        }
    }

    fn error(self, done: Done) -> Error {
        match done {
            Done::Failed(error) => Error::Failed(Arc::new(error)),
            Done::SessionEnded(reason) => Error::SessionEnded(Arc::new(reason)),
            Done::TryAgain { after, error } => Error::TryAgain {
                after,
                cause: self.cause(error),
            },
            _ => Error::Store(self.store_cause()),
        }
    }

    fn warning(self, warning: session::Warning) -> Warning {
        match warning {
            session::Warning::NotStored => Warning::NotStored(self.store_error),
            session::Warning::StoreFailed => Warning::StoreFailed(self.store_error),
            session::Warning::NotRefreshed(error) => Warning::NotRefreshed(self.cause(error)),
            _ => Warning::NotRefreshed(self.cause(None)),
        }
    }

    /// Why there was no refresh: what the service said, what the network said, or that there was no lock.
    fn cause(self, error: Option<workos_login::Error>) -> Option<Cause> {
        match error {
            Some(error) => Some(Arc::new(error)),
            None => self
                .network_error
                .or_else(|| self.is_locked_out.then(|| Arc::new(Locked) as Cause)),
        }
    }

    fn store_cause(self) -> Cause {
        self.store_error.unwrap_or_else(|| Arc::new(Locked))
    }

    fn lock(&mut self, lease: Duration) -> Result<bool, StoreFailed> {
        let patience = self.patience.min(lease);
        self.guard = self.ask(|store| store.lock(patience)).ok_or(StoreFailed)?;
        self.is_locked_out = self.guard.is_none();
        Ok(!self.is_locked_out)
    }

    fn ask<T>(&mut self, what: impl FnOnce(&S) -> Result<T, S::Error>) -> Option<T> {
        match what(&self.shared.store) {
            Ok(value) => {
                self.store_error = None;
                Some(value)
            }
            Err(error) => {
                self.store_error = Some(Arc::new(error));
                None
            }
        }
    }
}
