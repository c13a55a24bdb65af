//! The time after a failure in which no refresh is sent.

use std::fmt;
use std::time::{Duration, SystemTime};

use workos_login::Timestamp;
use workos_login::limits::MAX_RETRY_AFTER;

use crate::error::Cause;
use crate::machine::policy::SessionPolicy;

/// The backoff: it doubles with each failure in a row, and is at least what the service demands (K7, K9).
#[derive(Clone, Default)]
pub(super) struct Backoff {
    failures: u32,
    retry_at: Option<Timestamp>,
    /// The error of the last refresh, if it was one of this process.
    cause: Option<Cause>,
}

impl Backoff {
    pub(super) fn back_off(
        &mut self,
        demanded: Option<Duration>,
        cause: Option<Cause>,
        policy: &SessionPolicy,
        now: SystemTime,
    ) {
        let wait = policy.backoff_after(self.failures);
        let wait = wait.max(demanded.unwrap_or_default());
        self.failures = self.failures.saturating_add(1);
        self.retry_at = Some(Timestamp::from(now).plus(wait));
        self.cause = cause;
    }

    /// Takes over the backoff of another process, if it is longer.
    pub(super) fn extend(&mut self, retry_at: Option<Timestamp>) {
        self.retry_at = self.retry_at.max(retry_at);
    }

    /// Returns the time for which no refresh is sent.
    pub(super) fn remaining(&self, policy: &SessionPolicy, now: SystemTime) -> Option<Duration> {
        let remaining = self.retry_at?.ahead_of(now);
        // No backoff is longer than that, so the clock was set back since, and the rest of it is unknown.
        let max = policy.max_backoff.max(MAX_RETRY_AFTER);
        (remaining > Duration::ZERO && remaining <= max).then_some(remaining)
    }

    pub(super) fn retry_at(&self) -> Option<Timestamp> {
        self.retry_at
    }

    pub(super) fn cause(&self) -> Option<&Cause> {
        self.cause.as_ref()
    }
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff")
            .field("failures", &self.failures)
            .field("retry_at", &self.retry_at)
            .finish_non_exhaustive()
    }
}
