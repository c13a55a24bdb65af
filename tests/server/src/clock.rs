//! [`ManualClock`]: the clock of the server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A clock that a test can advance and stop.
///
/// It begins as the system clock. Clones share the same time, so that the program under test can
/// use the clock of the server ([`Server::clock`](crate::Server::clock)).
///
/// ```
/// use std::time::Duration;
/// use workos_login_mock_server::ManualClock;
///
/// let clock = ManualClock::default();
/// let other = clock.clone();
/// clock.stop_at(clock.now());
/// let before = other.now();
/// clock.advance(Duration::from_secs(300));
/// assert_eq!(other.now(), before + Duration::from_secs(300));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<Mutex<Time>>);

#[derive(Debug, Default)]
struct Time {
    /// `None` while the system clock runs.
    stopped_at: Option<SystemTime>,
    offset: Duration,
}

impl ManualClock {
    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        let time = self.time();
        let now = time.stopped_at.unwrap_or_else(SystemTime::now);
        // A clock that was advanced beyond the range of `SystemTime` shows the time without offset.
        now.checked_add(time.offset).unwrap_or(now)
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        let mut time = self.time();
        time.offset = time.offset.saturating_add(by);
    }

    /// Stops the clock at this time. Afterwards only [`advance`](Self::advance) moves it.
    pub fn stop_at(&self, now: SystemTime) {
        *self.time() = Time {
            stopped_at: Some(now),
            offset: Duration::ZERO,
        };
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_when_it_is_advanced() {
        let clock = ManualClock::default();
        clock.advance(Duration::from_secs(1));
        clock.stop_at(UNIX_EPOCH);
        assert_eq!(clock.now(), UNIX_EPOCH);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(5));
    }

    #[test]
    fn advancing_without_limit_does_not_overflow() {
        let clock = ManualClock::default();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > UNIX_EPOCH);
    }
}
