//! The policy by which a session is refreshed.

use std::time::Duration;

use workos_login::RefreshPolicy;
use workos_login::limits::EXCHANGE_TIMEOUT;

/// The minimum backoff after a failure: without one, a loop of failures would be busy.
const MIN_BACKOFF: Duration = Duration::from_millis(10);

/// The policy by which a session is refreshed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionPolicy {
    pub(crate) refresh: RefreshPolicy,
    pub(crate) replay_window: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) first_backoff: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) lease: Duration,
}

impl SessionPolicy {
    /// Sets how early an access token is refreshed.
    #[must_use]
    pub fn refresh(self, refresh: RefreshPolicy) -> Self {
        Self { refresh, ..self }
    }

    /// Sets the time within which a refresh is retried with the same refresh token after a lost response; 10 s by default.
    ///
    /// Services are reported to return the same response again for 10 to 30 seconds. A longer window than the service's own is a
    /// risk: with reuse detection, a used refresh token that is sent after it ends the session.
    #[must_use]
    pub fn replay_window(self, replay_window: Duration) -> Self {
        Self {
            replay_window,
            ..self
        }
    }

    /// Sets the timeout of an attempt within the replay window that leaves time for another, even if it ends late by a tenth; 4 s by
    /// default.
    ///
    /// It is at most [`EXCHANGE_TIMEOUT`], which is the timeout of every other attempt.
    #[must_use]
    pub fn attempt_timeout(self, attempt_timeout: Duration) -> Self {
        Self {
            attempt_timeout: attempt_timeout.min(EXCHANGE_TIMEOUT),
            ..self
        }
    }

    /// Sets the backoff after the first failure and the maximum; each failure in a row doubles it.
    ///
    /// 500 ms and 60 s by default; at least 10 ms. A longer `Retry-After` of the service takes precedence.
    #[must_use]
    pub fn backoff(self, first: Duration, max: Duration) -> Self {
        let first_backoff = first.max(MIN_BACKOFF);
        Self {
            first_backoff,
            max_backoff: max.max(first_backoff),
            ..self
        }
    }

    /// Sets the lease of the store lock, which is also the maximum wait for it; 60 s by default.
    ///
    /// It is at least the time of two exchanges. No request is sent that could outlast the lease.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self {
            lease: lease.max(EXCHANGE_TIMEOUT * 2),
            ..self
        }
    }

    /// Returns the backoff after this many failures before the last one.
    pub(super) fn backoff_after(&self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures);
        let backoff = self.first_backoff.saturating_mul(factor);
        backoff.min(self.max_backoff)
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            refresh: RefreshPolicy::default(),
            replay_window: Duration::from_secs(10),
            attempt_timeout: Duration::from_secs(4),
            first_backoff: Duration::from_millis(500),
            max_backoff: Duration::from_secs(60),
            lease: Duration::from_secs(60),
        }
    }
}
