//! One refresh, which may take several attempts (K6), and what its response means.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::http::{Response, StatusCode};
use workos_login::limits::{EXCHANGE_TIMEOUT, TIMESTAMP_TOLERANCE};
use workos_login::{
    Authenticated, Error, ErrorResponse, Exchange as _, OrganizationId, Refreshing, Timestamp,
};

use crate::error::Cause;
use crate::machine::policy::SessionPolicy;
use crate::machine::stop::Stop;
use crate::record::{Generation, Intent};

/// The part of its timeout by which an attempt may end late. Without this time, the last attempt within the replay window could be a
/// short one, and a used refresh token would be sent next after the window.
const DELAY: u32 = 10;

/// A refresh that was announced in the store.
pub(super) struct Refresh {
    /// The machine holds a weak reference to it while there is no response.
    pub(super) alive: Arc<()>,
    pub(super) token: Generation,
    /// The organization that the session switches to.
    pub(super) organization: Option<OrganizationId>,
    /// The first attempt, of this process or of one that did not finish.
    first_sent: Timestamp,
    /// `true` if the first attempt was one of an earlier operation.
    resumed: bool,
    attempts: u32,
    /// The time spent between attempts. A clock that stands still or is set back keeps no window open (K9).
    waited: Duration,
    last_sent: Timestamp,
}

impl Refresh {
    pub(super) fn new(
        token: Generation,
        organization: Option<OrganizationId>,
        now: SystemTime,
    ) -> Self {
        let now = now.into();
        Self {
            alive: Arc::new(()),
            token,
            organization,
            first_sent: now,
            resumed: false,
            attempts: 0,
            waited: Duration::ZERO,
            last_sent: now,
        }
    }

    /// Makes the refresh that an earlier operation announced and may have sent.
    pub(super) fn resume(token: Generation, intent: &Intent, now: SystemTime) -> Self {
        Self {
            first_sent: intent.at,
            resumed: true,
            ..Self::new(token, intent.organization.clone(), now)
        }
    }

    /// Returns whether an earlier attempt may have reached the service.
    pub(super) fn is_repeated(&self) -> bool {
        self.resumed || self.attempts > 1
    }

    /// Returns the timeout of the next attempt: short if it leaves time for another one within the replay window.
    pub(super) fn timeout(&self, policy: &SessionPolicy, now: SystemTime) -> Duration {
        let pause = policy.backoff_after(self.attempts);
        let next = self
            .passed(policy, now)
            .saturating_add(policy.attempt_timeout)
            .saturating_add(pause)
            .saturating_add(policy.attempt_timeout / DELAY);
        // Short while another attempt can follow in the replay window, so that a lost response is noticed in time. The last one has
        // the whole timeout, because nothing is gained by giving up earlier.
        if next < policy.replay_window {
            policy.attempt_timeout
        } else {
            EXCHANGE_TIMEOUT
        }
    }

    /// Counts an attempt.
    pub(super) fn send(&mut self, now: SystemTime) {
        self.attempts = self.attempts.saturating_add(1);
        self.last_sent = now.into();
    }

    /// Returns the time until the next attempt after a failed one; `None` if there is no other one within the replay window.
    pub(super) fn retry_in(
        &self,
        failure: &Failure,
        policy: &SessionPolicy,
        now: SystemTime,
    ) -> Option<Duration> {
        match failure.class {
            Class::Lost => {}
            // The service is still busy with an earlier attempt. Without one, nothing was done.
            Class::Unavailable if self.is_repeated() => {}
            Class::Challenged | Class::Rejected | Class::Unavailable => return None,
        }
        let pause = policy.backoff_after(self.attempts.saturating_sub(1));
        let pause = pause.max(failure.retry_in.unwrap_or_default());
        (self.passed(policy, now).saturating_add(pause) < policy.replay_window).then_some(pause)
    }

    pub(super) fn wait(&mut self, pause: Duration) {
        self.waited = self.waited.saturating_add(pause);
    }

    /// Returns when the access token of a response was issued: a replayed response was first made for the first attempt.
    fn issued(&self, policy: &SessionPolicy, now: SystemTime) -> SystemTime {
        let is_replayed = self.last_sent.since(self.first_sent) < policy.replay_window;
        let age = if self.is_repeated() && is_replayed {
            self.first_sent.elapsed(now)
        } else {
            Duration::ZERO
        };
        now.checked_sub(age).unwrap_or(now)
    }

    /// Returns how much of the replay window has passed; all of it if the first attempt is in the future.
    fn passed(&self, policy: &SessionPolicy, now: SystemTime) -> Duration {
        if self.first_sent.ahead_of(now) > TIMESTAMP_TOLERANCE {
            return policy.replay_window;
        }
        // The pauses have passed for certain, also on a clock that was set back in between.
        self.first_sent.elapsed(now).max(self.waited)
    }
}

/// The classes of a response to a refresh.
pub(super) enum Verdict {
    Ended(ErrorResponse),
    Failed(Failure),
    /// A session with the old access token and the newest refresh token (K11).
    OtherOrganization(Box<Authenticated>, Error),
    Refreshed(Box<Authenticated>),
}

/// A failed refresh after which the session goes on.
pub(super) struct Failure {
    pub(super) class: Class,
    pub(super) stop: Stop,
    /// The `Retry-After` of the service.
    pub(super) retry_in: Option<Duration>,
}

/// The failure classes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Challenged,
    /// The service may have rotated the refresh token.
    Lost,
    /// A client error, or a rejected organization switch.
    Rejected,
    /// Nothing was done.
    Unavailable,
}

impl Verdict {
    pub(super) fn new(
        exchange: Refreshing,
        response: Result<Response<Vec<u8>>, Cause>,
        refresh: &Refresh,
        policy: &SessionPolicy,
        now: SystemTime,
    ) -> Self {
        let response = match response {
            Ok(response) => response,
            Err(cause) => return Self::failed(Class::Lost, Stop::Later(Some(cause)), None),
        };
        let status = response.status();
        // Only the response to success depends on the time of issue; `Retry-After` counts from now.
        let received = match status.is_success() {
            true => refresh.issued(policy, now),
            false => now,
        };
        let (exchange, error) = match exchange.response(response, received) {
            Ok(session) => return Self::Refreshed(Box::new(session)),
            Err(refused) => refused.into_parts(),
        };
        let is_switch = refresh.organization.is_some();
        // A gateway can respond with these although the service has processed the refresh. A 429 means that this attempt was not processed.
        let is_lost = status == StatusCode::REQUEST_TIMEOUT || status.is_server_error();
        let retry_in = error.retry_in(now);
        match error {
            // The rejection of a switch concerns the organization; the session can be valid.
            Error::InvalidGrant(response) if !is_switch => Self::Ended(response),
            Error::Malformed(malformed) if malformed.is_other_organization() => {
                let session = exchange.into_session();
                // A refresh token that is not rotated leaves the very session that was sent, and the request was rejected.
                if Generation::of(&session) == refresh.token {
                    return Self::failed(Class::Rejected, Stop::rejected(malformed), None);
                }
                Self::OtherOrganization(Box::new(session), malformed.into())
            }
            error if is_lost || matches!(error, Error::Malformed(_)) => {
                Self::failed(Class::Lost, Stop::later(error), retry_in)
            }
            Error::Unavailable(_) => Self::failed(Class::Unavailable, Stop::later(error), retry_in),
            Error::AuthenticationChallenge(challenge) if !is_switch => {
                Self::failed(Class::Challenged, Stop::Challenged(challenge.into()), None)
            }
            error => Self::failed(Class::Rejected, Stop::rejected(error), None),
        }
    }

    fn failed(class: Class, stop: Stop, retry_in: Option<Duration>) -> Self {
        Self::Failed(Failure {
            class,
            stop,
            retry_in,
        })
    }
}
