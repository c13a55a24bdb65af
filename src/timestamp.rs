//! A moment that can be stored: whole milliseconds since 1970.
//!
//! `SystemTime` has no stored form, and its arithmetic can fail. A stamp saturates
//! at both ends, so no clock, however wrong, makes it panic.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Timestamp(u64);

impl Timestamp {
    /// The time from this stamp to `now`; zero when `now` is earlier.
    pub(crate) fn elapsed(self, now: SystemTime) -> Duration {
        Duration::from_millis(Self::from(now).0.saturating_sub(self.0))
    }

    /// The time from `now` to this stamp; zero when `now` is later.
    pub(crate) fn ahead_of(self, now: SystemTime) -> Duration {
        Duration::from_millis(self.0.saturating_sub(Self::from(now).0))
    }

    /// The time from `earlier` to this stamp; zero when `earlier` is later.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    pub(crate) fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(millis(later)))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, millis))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_1970_reads_as_1970() {
        let early = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Timestamp::from(early), Timestamp(0));
    }

    #[test]
    fn times_saturate_instead_of_wrapping() {
        let last = Timestamp(u64::MAX);
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(last.elapsed(UNIX_EPOCH), Duration::ZERO);
        assert_eq!(Timestamp(0).ahead_of(UNIX_EPOCH), Duration::ZERO);
        assert_eq!(Timestamp(5).ahead_of(UNIX_EPOCH), Duration::from_millis(5));
    }
}
