//! The steps of an operation that holds the lock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::{Authenticated, ErrorResponse, Exchange as _, Timestamp};

use crate::error::{SessionEnded, StoreError};
use crate::machine::attempts::{Class, Failure, Refresh, Verdict};
use crate::machine::driver::Driver;
use crate::machine::state::{Comparison, State};
use crate::machine::stop::Stop;
use crate::machine::{Machine, SAVES, Wanted};
use crate::record::{Expected, Generation, Intent, StoredSession};
use crate::token::Token;

/// The maximum number of rounds of one operation: it starts over if the stored session was replaced or an earlier refresh was resumed.
const ROUNDS: u8 = 3;

/// An operation that holds the lock.
pub(super) struct Operation<'a, D> {
    pub(super) machine: &'a Machine,
    pub(super) driver: &'a mut D,
    pub(super) locked: Timestamp,
    pub(super) failed_saves: u8,
}

impl<D: Driver> Operation<'_, D> {
    /// Returns what is wanted, after at most one refresh of the stored session in each round.
    pub(super) async fn obtain(&mut self, wanted: &Wanted) -> Result<Token, Stop> {
        for _ in 0..ROUNDS {
            let record = self.reconcile().await?;
            // Another process may have refreshed while this one waited for the lock.
            if let Some(token) = self.machine.satisfies(wanted, self.now()) {
                return Ok(token);
            }
            if let Some(token) = self.machine.check_refresh(wanted, &record, self.now())? {
                return Ok(token);
            }
            let mut refresh = self.announce(&record, wanted).await?;
            let verdict = self.send(&mut refresh, record.session()).await?;
            match self.conclude(&refresh, verdict, wanted).await {
                Ok(Some(token)) => return Ok(token),
                Ok(None) => {}
                // There was a session, so the user has logged out since.
                Err(Stop::Ended(SessionEnded::NotLoggedIn)) => {
                    return Err(Stop::Ended(SessionEnded::LoggedOut));
                }
                Err(stop) => return Err(stop),
            }
        }
        Err(self.give_up())
    }

    /// Makes the stored session and the one of this process the same: adopts the stored one, or saves the newer one (K3, K5).
    pub(super) async fn reconcile(&mut self) -> Result<StoredSession, Stop> {
        loop {
            let record = match self.machine.load(self.driver).await {
                // The only copy of the newer session is in this process, so an unreadable store does not end the attempts to save it.
                Err(Stop::Store(error)) if self.machine.is_unsaved() => {
                    self.save_failed(error).await?;
                    continue;
                }
                Err(Stop::OtherClient(error)) => {
                    self.machine
                        .update(|state| state.save_failed(error.clone()));
                    return Err(Stop::OtherClient(error));
                }
                loaded => loaded?,
            };
            let (comparison, newer) = self
                .machine
                .update(|state| (state.compare(record.as_ref()), state.record()));
            match (comparison, record, newer) {
                (Comparison::Current, Some(record), _) => return Ok(record),
                (Comparison::Older(expected), _, Some(newer)) => {
                    match self.driver.save(&newer, expected).await {
                        Ok(()) => {
                            self.machine.update(|state| state.saved(&newer));
                            return Ok(newer);
                        }
                        Err(error) => self.save_failed(error).await?,
                    }
                }
                (Comparison::Gone(reason), ..) => return Err(Stop::Ended(reason)),
                _ => return Err(Stop::Ended(SessionEnded::LoggedOut)),
            }
        }
    }

    /// Waits before the next attempt to save, and gives up after the last one.
    async fn save_failed(&mut self, error: StoreError) -> Result<(), Stop> {
        self.failed_saves += 1;
        if self.failed_saves < SAVES {
            let pause = self
                .machine
                .policy
                .backoff_after(u32::from(self.failed_saves) - 1);
            self.driver.sleep(pause).await;
            return Ok(());
        }
        let cause = Arc::new(error.clone());
        self.machine.update(|state| state.save_failed(cause));
        Err(Stop::NotStored(error))
    }

    /// Stores the intent (K4), unless an earlier operation did: then the very same request is repeated.
    async fn announce(&mut self, record: &StoredSession, wanted: &Wanted) -> Result<Refresh, Stop> {
        let token = record.generation();
        if let Some(intent) = record.open_intent() {
            return Ok(Refresh::resume(token, intent, self.now()));
        }
        let organization = wanted.organization().cloned();
        // What can be refused before anything is sent is refused before anything is stored.
        let _ = self
            .machine
            .exchange(record.session(), organization.as_ref())?;
        let mut announced = record.clone();
        announced.members.intent = token.refresh.map(|fingerprint| Intent {
            fingerprint,
            organization: organization.clone(),
            at: self.now().into(),
        });
        self.driver
            .save(&announced, Expected::Generation(token))
            .await?;
        // Saving may take long, and the window opens when the request is sent.
        Ok(Refresh::new(token, organization, self.now()))
    }

    /// Sends the request, and repeats it within the replay window while its response is lost (K6).
    async fn send(
        &mut self,
        refresh: &mut Refresh,
        session: &Authenticated,
    ) -> Result<Verdict, Stop> {
        let policy = &self.machine.policy;
        let mut last = None;
        loop {
            // Checked before each attempt: after the lease another process may send the same refresh token.
            let timeout = refresh.timeout(policy, self.now());
            if !self.holds_lock_for(timeout) {
                return last.ok_or_else(|| self.give_up());
            }
            // A new exchange for each attempt: the response takes it by value.
            let exchange = self
                .machine
                .exchange(session, refresh.organization.as_ref())?;
            self.machine.update(|state| state.send(&refresh.alive));
            // The state has recorded the attempt. If this future is dropped from here on, the refresh may have been processed, and `fresh`
            // does not return the session.
            refresh.send(self.now());
            let response = self.driver.send(exchange.request(), timeout).await;
            let now = self.now();
            let verdict = Verdict::new(exchange, response, refresh, policy, now);
            let pause = match &verdict {
                Verdict::Failed(failure) => refresh.retry_in(failure, policy, now),
                _ => None,
            };
            let Some(pause) = pause else {
                return Ok(verdict);
            };
            last = Some(verdict);
            refresh.wait(pause);
            self.driver.sleep(pause).await;
        }
    }

    /// Acts on a verdict. Without a token, the operation starts over.
    async fn conclude(
        &mut self,
        refresh: &Refresh,
        verdict: Verdict,
        wanted: &Wanted,
    ) -> Result<Option<Token>, Stop> {
        let is_requested = refresh.organization.as_ref() == wanted.organization();
        match verdict {
            Verdict::Refreshed(session) => {
                // Before the session is saved: the service is available, whatever the store does.
                self.machine.update(State::reset_backoff);
                let token = self.keep(refresh, *session).await?;
                Ok(token.filter(|_| is_requested || wanted.organization().is_none()))
            }
            Verdict::OtherOrganization(session, error) => {
                let stop = Stop::rejected(error);
                self.back_off(refresh, &stop, None);
                let token = self.keep(refresh, *session).await?;
                token.map_or(Ok(None), |_| Err(stop))
            }
            Verdict::Ended(response) => self.ended(refresh, response).await,
            Verdict::Failed(failure) => {
                self.back_off(refresh, &failure.stop, failure.retry_in);
                // A switch that an earlier operation began, and that the service rejects, leaves the session as it is.
                let is_earlier_switch = refresh.organization.is_some() && !is_requested;
                let is_over = failure.class != Class::Rejected || !is_earlier_switch;
                let is_current = self.amend(refresh, &failure).await?;
                if is_current && is_over {
                    Err(failure.stop)
                } else {
                    Ok(None)
                }
            }
        }
    }

    /// Takes over a new session and saves it before any caller sees it (K5). Without a token, it was discarded (K13).
    async fn keep(
        &mut self,
        refresh: &Refresh,
        session: Authenticated,
    ) -> Result<Option<Token>, Stop> {
        let arrived = Generation::of(&session);
        self.machine
            .update(|state| state.arrive(session.into(), refresh.token));
        match self.reconcile().await {
            Ok(record) if record.generation() != arrived => Ok(None),
            // It could not be saved: the warning says so.
            Err(stop) if !self.machine.is_unsaved() => Err(stop),
            Ok(_) | Err(_) => Ok(self.machine.read(State::token)),
        }
    }

    /// The service ended the session: clears the store, if it still holds the refresh token that was rejected (K8).
    async fn ended(
        &mut self,
        refresh: &Refresh,
        response: ErrorResponse,
    ) -> Result<Option<Token>, Stop> {
        let reason = match refresh.is_repeated() {
            true => SessionEnded::ResponseLost(response),
            false => SessionEnded::Service(response),
        };
        if let Some(record) = self.machine.load(self.driver).await? {
            let generation = record.generation();
            // If they differ, another process has stored a session since: the service rejected the token that was sent, not that of the store.
            if generation.refresh != refresh.token.refresh {
                self.machine.update(|state| state.compare(Some(&record)));
                return Ok(None);
            }
            match self.driver.clear(Expected::Generation(generation)).await {
                Err(error) if error.is_conflict() => return Ok(None),
                // A record that cannot be cleared ends again with the next refresh.
                Ok(()) | Err(_) => {}
            }
        }
        self.machine.update(State::forget);
        Err(Stop::Ended(reason))
    }

    /// Changes the record after a failed refresh, and returns whether the store still holds the session that was sent.
    async fn amend(&mut self, refresh: &Refresh, failure: &Failure) -> Result<bool, Stop> {
        let mut record = match self.reconcile().await {
            Ok(record) => record,
            // Why the refresh failed matters more. The stored intent stays, and the next operation repeats the request.
            Err(Stop::Store(_)) => return Ok(true),
            Err(stop) => return Err(stop),
        };
        if record.generation() != refresh.token {
            return Ok(false);
        }
        match failure.class {
            Class::Lost => {}
            Class::Unavailable if refresh.is_repeated() => {}
            // Whether the service acted on an earlier attempt is still unknown.
            Class::Rejected if refresh.is_repeated() => {
                if let Some(intent) = &mut record.members.intent {
                    intent.organization = None;
                }
            }
            Class::Challenged | Class::Rejected | Class::Unavailable => {
                record.members.intent = None
            }
        }
        if let Stop::Challenged(challenge) = &failure.stop {
            record.members.challenged = Some(Arc::clone(challenge));
        }
        record.members.retry_at = self.machine.read(|state| state.backoff.retry_at());
        let expected = Expected::Generation(refresh.token);
        // If it cannot be saved, the next operation finds the intent and repeats the request.
        let _ = self.driver.save(&record, expected).await;
        self.machine.update(|state| state.saved(&record));
        Ok(true)
    }

    /// Backs off, unless the service demands a challenge or rejects a switch: the user requested it, and it delays nothing.
    fn back_off(&self, refresh: &Refresh, stop: &Stop, retry_in: Option<Duration>) {
        let is_rejected_switch =
            matches!(stop, Stop::Rejected(_)) && refresh.organization.is_some();
        if let Some(cause) = stop.cause()
            && !is_rejected_switch
        {
            self.machine.back_off(retry_in, Some(cause), self.now());
        }
    }

    /// Backs off without a response: each operation makes progress or increases the backoff (K9).
    fn give_up(&self) -> Stop {
        self.machine.back_off(None, None, self.now());
        Stop::Later(None)
    }

    /// Returns whether the lease lasts for an exchange. The machine may have been suspended since it acquired the lock (K10).
    fn holds_lock_for(&self, timeout: Duration) -> bool {
        let held = self.locked.elapsed(self.now());
        held.saturating_add(timeout) <= self.machine.policy.lease
    }

    fn now(&self) -> SystemTime {
        self.driver.now()
    }
}
