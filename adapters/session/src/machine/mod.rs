//! The session machine: one session, kept fresh for many callers in many processes.
//!
//! Users are signed out by refresh races, lost responses and transient errors. The machine is sans-IO and prevents that: each
//! operation is one linear `async fn` over a [`Driver`], and the state of an operation in progress is its future.
//!
//! # State
//!
//! A machine knows one session or none ([`state`]). Beside the session, it knows
//!
//! * whether a refresh was sent whose response is no longer awaited: the refresh token may have been used, so the access token is
//!   due at once, and the next operation repeats the very same request;
//! * whether the session is newer than the stored one, what it replaces there, and why it could not be saved;
//! * the authentication challenge that blocks further refreshes, and the backoff.
//!
//! The state is read and changed in closures. No lock on it is held across an `await`, so [`Machine::fresh`] never waits. It usually
//! does not lock the state at all, but finds the token in the slot of its thread ([`slots`]).
//!
//! # Invariants
//!
//! | | |
//! |---|---|
//! | K1 | An access token that is not due is returned at once. |
//! | K2 | At most one refresh is in flight, over all that share the store. A caller with a usable access token waits 1 s for the lock. |
//! | K3 | A refresh is sent under the lock, of the session that the store holds. |
//! | K4 | The intent is stored before its request is sent, and withdrawn after a definite response only. |
//! | K5 | A session is stored before a caller sees it, or comes with a warning. Nothing newer is replaced by anything older. |
//! | K6 | A lost response is retried with the same request within the replay window. |
//! | K7 | Only a response ends a session. A usable token is returned in spite of a failure, and the backoff holds for all processes. |
//! | K8 | The store is cleared only if it holds the refresh token that was rejected. |
//! | K9 | Every operation ends, and makes progress or increases the backoff, whatever the clock does. |
//! | K10 | No exchange outlasts the lease of the lock. |
//! | K11 | A refresh keeps the organization, unless the user requested a switch. |
//! | K12 | A rejected access token is replaced once. |
//! | K13 | After a logout, nothing of that login is stored or visible. |
//!
//! # Order of steps
//!
//! ```text
//! access_token ── fresh? ──▶ token                                              K1
//!   └─ backing off? ──▶ usable token, or try again                              K7, K9
//!   └─ lock (1 s with a usable token) ──▶ timed out: usable token, or try again K2
//!        └─ load ── another generation? adopt it; fresh? ──▶ token              K3
//!             └─ save the intent                                                K4
//!                  └─ send ◀── lost: wait, repeat within the replay window      K6
//!                       └─ load ── gone? discard the response                   K13
//!                            └─ save ── failed: repeat, then warn               K5
//!                                 └─ unlock ──▶ token
//! ```
//!
//! * The lock is acquired before the store is loaded, because its last holder may have replaced the session.
//! * The intent is saved before the request is sent. A process that dies in between leaves a request that was never sent, which
//!   is harmless to repeat; the other order leaves a used refresh token without a trace of its use.
//! * The store is loaded again before the response is saved, because a logout does not wait for a lock longer than its lease.
//! * `arrive` hides the new session until it is saved. A caller that had seen it could outlive the process that lost it.
//! * Every early exit is a [`stop::Stop`]. K7 is applied in one place, [`Machine::settle`]: with a usable access token, a stop is a
//!   warning; without one, an error.
//! * One function loads a record, [`Machine::load`]. It rejects a session of another client or issuer before anything of it is used.
//!
//! # Failed refreshes
//!
//! [`attempts::Verdict`] is the failure class of a response, and `Operation::conclude` acts on it. Whether the refresh token may
//! have been used decides about the intent: after a lost response it stays, after "nothing was done" it is withdrawn. A switch
//! that is rejected after a lost attempt becomes the intent of a plain refresh, because the lost attempt may have used the token.

mod attempts;
mod backoff;
mod driver;
mod login;
mod operation;
mod policy;
mod slots;
mod state;
mod stop;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use workos_login::{Any, Authenticated, Client, OrganizationId, RefreshCredential, Refreshing};

pub use self::driver::{Driver, Lock};
use self::operation::Operation;
pub use self::policy::SessionPolicy;
use self::slots::Slots;
use self::state::{Comparison, State};
use self::stop::Stop;
use crate::error::{Cause, LockTimeout, SessionEnded, SessionError};
use crate::record::{Fingerprint, StoredSession};
use crate::token::Token;

/// The maximum number of attempts to save a new session within one operation.
const SAVES: u8 = 3;

/// The time that a caller with a usable access token waits for the lock (K2).
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// Keeps one session fresh. It performs no I/O: each operation is given a [`Driver`].
///
/// One machine serves one session in one process, one operation at a time; [`fresh`](Self::fresh) can be called at any time.
/// [`SessionManager`](crate::SessionManager) and [`BlockingSessionManager`](crate::BlockingSessionManager) do the I/O and let the operations take turns.
///
/// # Cancel safety
///
/// Each future can be dropped at any `await`. With its driver, the lock is released. The session is not lost: the next
/// operation, in any process, continues.
pub struct Machine {
    client: Client<Any>,
    policy: SessionPolicy,
    state: RwLock<State>,
    slots: Slots,
}

/// The request of the caller of an operation.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// A session of this organization.
    Organization(OrganizationId),
    /// Another access token than this one; than the stored one if it is not known yet.
    Other(Option<Fingerprint>),
    /// Any access token that has not expired.
    Usable,
}

impl Wanted {
    fn organization(&self) -> Option<&OrganizationId> {
        match self {
            Self::Organization(organization) => Some(organization),
            Self::Other(_) | Self::Usable => None,
        }
    }

    /// Returns whether an access token is one that is wanted.
    pub(crate) fn accepts(&self, token: &Token) -> bool {
        match self {
            Self::Organization(_) => false,
            Self::Other(other) => {
                other.is_some_and(|other| other != Fingerprint::of(token.secret()))
            }
            Self::Usable => true,
        }
    }
}

impl Machine {
    /// Makes a machine that knows no session yet: its first operation loads the stored one.
    #[must_use]
    pub fn new(client: impl Into<Client<Any>>, policy: SessionPolicy) -> Self {
        Self {
            client: client.into(),
            policy,
            state: RwLock::default(),
            slots: Slots::default(),
        }
    }

    /// Returns the access token if it is not due for refresh.
    ///
    /// A token of unknown lifetime is not due until a resource server rejects it.
    #[must_use]
    pub fn fresh(&self, now: SystemTime) -> Option<Token> {
        let policy = &self.policy.refresh;
        let slot = self.slots.of_this_thread();
        if let Some(shown) = &*slot.get() {
            return shown.fresh(policy, now);
        }
        self.read(|state| {
            let shown = state.shown(policy, now)?;
            let token = shown.fresh(policy, now);
            slot.set(Some(shown));
            token
        })
    }

    /// Returns the session that callers may see, due for refresh or not.
    #[must_use]
    pub fn session(&self) -> Option<Arc<Authenticated>> {
        self.read(State::token)
            .map(|token| Arc::clone(token.session()))
    }

    /// Returns whether there is a session that could not be saved yet.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.read(State::is_unsaved)
    }

    /// Returns the policy.
    #[must_use]
    pub fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// Returns an access token that has not expired, and refreshes the session if it is due.
    ///
    /// # Errors
    ///
    /// There is no such token; the [`SessionError`] says what to do.
    pub async fn access_token(&self, driver: &mut impl Driver) -> Result<Token, SessionError> {
        self.obtain(Wanted::Usable, driver).await
    }

    /// Refreshes the session, due or not, and returns the new access token.
    ///
    /// A refresh of another caller that ends after this call began is enough.
    ///
    /// # Errors
    ///
    /// The session was not refreshed; the [`SessionError`] says what to do.
    pub async fn refresh_now(&self, driver: &mut impl Driver) -> Result<Token, SessionError> {
        self.obtain(Wanted::Other(None), driver).await
    }

    /// Returns another access token than `rejected`, which a resource server has rejected with 401 `invalid_token`.
    ///
    /// Call it once: if the new token is rejected, too, the token is not the reason.
    ///
    /// # Errors
    ///
    /// There is no other access token; the [`SessionError`] says what to do.
    pub async fn refresh_rejected(
        &self,
        rejected: &Token,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        let rejected = Fingerprint::of(rejected.secret());
        self.obtain(Wanted::Other(Some(rejected)), driver).await
    }

    /// Switches the session to another organization, and returns the access token for it.
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do. If the response was lost, the next operation
    /// repeats the switch.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        self.obtain(Wanted::Organization(organization.clone()), driver)
            .await
    }

    /// Saves the session if that was not possible before.
    ///
    /// # Errors
    ///
    /// It is still not possible; the [`SessionError`] says what to do.
    pub async fn flush(&self, driver: &mut impl Driver) -> Result<(), SessionError> {
        if !self.is_unsaved() {
            return Ok(());
        }
        let result = match self.lock(self.policy.lease, driver).await {
            Ok(mut operation) => {
                let result = operation.reconcile().await;
                operation.driver.unlock().await;
                result
            }
            Err(stop) => Err(stop),
        };
        result
            .map(|_| ())
            .map_err(|stop| self.error(stop, driver.now()))
    }

    /// Returns the session, due for refresh or not; the stored one if this process knows none. It sends nothing.
    ///
    /// # Errors
    ///
    /// The store cannot be read, or holds a session of another client.
    pub async fn stored_session(
        &self,
        driver: &mut impl Driver,
    ) -> Result<Option<Arc<Authenticated>>, SessionError> {
        if let Some(session) = self.session() {
            return Ok(Some(session));
        }
        match self.load(driver).await {
            Ok(record) => Ok(record.map(|record| Arc::clone(record.session()))),
            Err(stop) => Err(self.error(stop, driver.now())),
        }
    }

    pub(crate) async fn obtain(
        &self,
        mut wanted: Wanted,
        driver: &mut impl Driver,
    ) -> Result<Token, SessionError> {
        let result = self.try_obtain(&mut wanted, driver).await;
        self.settle(&wanted, result, driver.now())
    }

    async fn try_obtain(
        &self,
        wanted: &mut Wanted,
        driver: &mut impl Driver,
    ) -> Result<Token, Stop> {
        if let Some(token) = self.satisfies(wanted, driver.now()) {
            return Ok(token);
        }
        if self.must_look(wanted, driver.now()) {
            self.look(wanted, driver).await?;
            if let Some(token) = self.satisfies(wanted, driver.now()) {
                return Ok(token);
            }
        }
        self.check_blocked(driver.now())?;
        let wait = self.short_wait(wanted, driver.now());
        let wait = wait.unwrap_or(self.policy.lease);
        let mut operation = self.lock(wait, driver).await?;
        let result = operation.obtain(wanted).await;
        operation.driver.unlock().await;
        result
    }

    /// Returns whether the store is loaded before the lock is acquired: another process may have made the lock unnecessary.
    fn must_look(&self, wanted: &Wanted, now: SystemTime) -> bool {
        let (is_unknown, is_challenged, is_backing_off) = self.read(|state| {
            let remaining = state.backoff.remaining(&self.policy, now);
            (
                state.generation().is_none(),
                state.challenge().is_some(),
                remaining.is_some(),
            )
        });
        is_unknown
            || is_challenged
            || is_backing_off && self.usable(wanted, now).is_none()
            || matches!(wanted, Wanted::Other(None))
    }

    /// Loads the store without the lock.
    async fn look(&self, wanted: &mut Wanted, driver: &mut impl Driver) -> Result<(), Stop> {
        let record = self.load(driver).await?;
        if let Comparison::Gone(reason) = self.update(|state| state.compare(record.as_ref())) {
            return Err(Stop::Ended(reason));
        }
        if let Wanted::Other(other @ None) = wanted {
            *other = self
                .read(State::generation)
                .map(|generation| generation.access);
        }
        Ok(())
    }

    async fn lock<'a, D: Driver>(
        &'a self,
        wait: Duration,
        driver: &'a mut D,
    ) -> Result<Operation<'a, D>, Stop> {
        match driver.lock(wait, self.policy.lease).await? {
            Lock::Acquired => Ok(Operation {
                machine: self,
                locked: driver.now().into(),
                driver,
                failed_saves: 0,
            }),
            Lock::TimedOut => Err(Stop::Later(Some(Arc::new(LockTimeout)))),
        }
    }

    /// Loads the stored session, and rejects one of another client or issuer.
    async fn load(&self, driver: &mut impl Driver) -> Result<Option<StoredSession>, Stop> {
        let record = driver.load().await?;
        if let Some(record) = &record
            && let Err(error) = record.session().bound_to(&self.client)
        {
            return Err(Stop::OtherClient(Arc::new(error)));
        }
        Ok(record)
    }

    /// Returns the access token that is wanted, if it is not due for refresh.
    fn satisfies(&self, wanted: &Wanted, now: SystemTime) -> Option<Token> {
        self.fresh(now).filter(|token| wanted.accepts(token))
    }

    /// Returns the access token that is wanted, if it has not expired.
    pub(crate) fn usable(&self, wanted: &Wanted, now: SystemTime) -> Option<Token> {
        self.read(|state| state.usable(now))
            .filter(|token| wanted.accepts(token))
    }

    /// Returns the time after which a caller settles for its access token (K2). `None` if the token may have expired by then: the wait
    /// may end late.
    pub(crate) fn short_wait(&self, wanted: &Wanted, now: SystemTime) -> Option<Duration> {
        let end = now.checked_add(LOCK_WAIT * 2)?;
        self.usable(wanted, end).map(|_| LOCK_WAIT)
    }

    /// Returns the usable access token with a warning for an early exit, or else the error (K7).
    fn settle(
        &self,
        wanted: &Wanted,
        result: Result<Token, Stop>,
        now: SystemTime,
    ) -> Result<Token, SessionError> {
        result.or_else(|stop| match (self.usable(wanted, now), stop.warning()) {
            (Some(token), Some(warning)) => {
                Ok(Token::new(Arc::clone(token.session()), Some(warning)))
            }
            _ => Err(self.error(stop, now)),
        })
    }

    /// Settles for a usable access token, because another operation of this process takes too long (K2).
    pub(crate) fn overtake(&self, wanted: &Wanted, now: SystemTime) -> Result<Token, SessionError> {
        self.settle(wanted, Err(Stop::Later(Some(Arc::new(LockTimeout)))), now)
    }

    fn error(&self, stop: Stop, now: SystemTime) -> SessionError {
        let remaining = self.read(|state| state.backoff.remaining(&self.policy, now));
        stop.into_error(remaining.unwrap_or(self.policy.first_backoff))
    }

    /// Checks whether the stored session can be refreshed now. A token that is due but cannot be refreshed is returned.
    fn check_refresh(
        &self,
        wanted: &Wanted,
        record: &StoredSession,
        now: SystemTime,
    ) -> Result<Option<Token>, Stop> {
        if matches!(
            record.session().refresh_credential(),
            RefreshCredential::None
        ) {
            if record.session().expires_in(now) == Some(Duration::ZERO) {
                return Err(Stop::Ended(SessionEnded::Expired));
            }
            return Ok(self.usable(wanted, now));
        }
        self.check_blocked(now)?;
        Ok(None)
    }

    /// Checks that neither an authentication challenge nor the backoff blocks a refresh.
    fn check_blocked(&self, now: SystemTime) -> Result<(), Stop> {
        self.read(|state| {
            if let Some(challenge) = state.challenge() {
                return Err(Stop::Challenged(Arc::clone(challenge)));
            }
            match state.backoff.remaining(&self.policy, now) {
                Some(_) => Err(Stop::Later(state.backoff.cause().cloned())),
                None => Ok(()),
            }
        })
    }

    /// Makes the request of a refresh.
    fn exchange(
        &self,
        session: &Authenticated,
        organization: Option<&OrganizationId>,
    ) -> Result<Refreshing, Stop> {
        let session = session.clone();
        match organization {
            Some(organization) => session.switch_organization(&self.client, organization),
            None => session.refresh(&self.client),
        }
        .map_err(Stop::rejected)
    }

    fn back_off(&self, retry_in: Option<Duration>, cause: Option<Cause>, now: SystemTime) {
        self.update(|state| state.backoff.back_off(retry_in, cause, &self.policy, now));
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn update<T>(&self, update: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.slots.empty();
        update(&mut state)
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|state| {
            f.debug_struct("Machine")
                .field("client", &self.client)
                .field("state", state)
                .finish_non_exhaustive()
        })
    }
}
