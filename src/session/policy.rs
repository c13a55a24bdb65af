//! How a session is kept alive, as data.

use std::time::Duration;

use crate::limits::EXCHANGE_TIMEOUT;
use crate::login::refresh_policy::RefreshPolicy;

/// The shortest pause after a failure: without one, a loop of failures would be busy.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// How a session is kept alive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionPolicy {
    pub(crate) refresh: RefreshPolicy,
    pub(crate) replay_window: Duration,
    pub(crate) attempt_limit: Duration,
    pub(crate) first_pause: Duration,
    pub(crate) longest_pause: Duration,
    pub(crate) lease: Duration,
}

impl SessionPolicy {
    /// Sets how early an access token is refreshed.
    #[must_use]
    pub fn refresh(self, refresh: RefreshPolicy) -> Self {
        Self { refresh, ..self }
    }

    /// Sets for how long a refresh whose answer was lost is repeated with the same token; ten seconds unless it is set.
    ///
    /// Services are reported to answer such a repetition for 10 to 30 seconds with what they answered before. Longer than the
    /// service allows is a risk: some end the session when a spent token comes back late.
    #[must_use]
    pub fn replay_window(self, replay_window: Duration) -> Self {
        Self {
            replay_window,
            ..self
        }
    }

    /// Sets how long one attempt inside the replay window may take; four seconds unless it is set.
    ///
    /// It is short so that a repetition still happens in time, and never longer than
    /// [an exchange may take](EXCHANGE_TIMEOUT).
    #[must_use]
    pub fn attempt_limit(self, attempt_limit: Duration) -> Self {
        Self {
            attempt_limit: attempt_limit.min(EXCHANGE_TIMEOUT),
            ..self
        }
    }

    /// Sets the first pause after a failure and the longest one; each failure in a row doubles it.
    ///
    /// Half a second and a minute unless they are set. No pause is shorter than ten milliseconds, and the longest is not
    /// shorter than the first. What the service asks for counts where it is longer.
    #[must_use]
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        let first_pause = first.max(SHORTEST_PAUSE);
        Self {
            first_pause,
            longest_pause: longest.max(first_pause),
            ..self
        }
    }

    /// Sets how long a lock is waited for, and after what time its holder no longer sends; a minute unless it is set.
    ///
    /// It is never shorter than two exchanges.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        Self {
            lease: lease.max(EXCHANGE_TIMEOUT * 2),
            ..self
        }
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self {
            refresh: RefreshPolicy::default(),
            replay_window: Duration::from_secs(10),
            attempt_limit: Duration::from_secs(4),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            lease: Duration::from_secs(60),
        }
    }
}
