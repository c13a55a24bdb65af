//! The clock of the server.

use std::time::{Duration, SystemTime};

/// The system clock plus an offset, or a stopped clock plus an offset.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset: Duration,
    stopped_at: Option<SystemTime>,
}

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        let now = self.stopped_at.unwrap_or_else(SystemTime::now);
        now.checked_add(self.offset).unwrap_or(now)
    }

    /// Stops the clock at this time. Afterwards only `advance` moves it.
    pub(crate) fn set(&mut self, now: SystemTime) {
        *self = Self {
            offset: Duration::ZERO,
            stopped_at: Some(now),
        };
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.offset = self.offset.saturating_add(by);
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn a_stopped_clock_moves_only_when_it_is_advanced() {
        let mut clock = Clock::default();
        clock.advance(Duration::from_secs(1));
        clock.set(UNIX_EPOCH);
        assert_eq!(clock.now(), UNIX_EPOCH);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(5));
    }

    #[test]
    fn advancing_without_limit_does_not_overflow() {
        let mut clock = Clock::default();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > UNIX_EPOCH);
    }
}
