//! Timestamps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// A point in time that can be serialized: whole milliseconds since the Unix epoch.
///
/// `SystemTime` has no stored form, and its arithmetic can fail. A timestamp saturates at both ends, so that no clock causes a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// Returns the time from this timestamp to `now`; zero if `now` is earlier.
    #[must_use]
    pub fn elapsed(self, now: SystemTime) -> Duration {
        Self::from(now).since(self)
    }

    /// Returns the time from `now` to this timestamp; zero if `now` is later.
    #[must_use]
    pub fn ahead_of(self, now: SystemTime) -> Duration {
        self.since(Self::from(now))
    }

    /// Returns the time from `earlier` to this timestamp; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// Returns the timestamp that is `duration` earlier; the Unix epoch if there is none.
    pub(crate) fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// Returns the timestamp that is `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(millis(duration))
                // TOML and BSON have signed integers only.
                .min(i64::MAX.unsigned_abs()),
        )
    }
}

impl From<SystemTime> for Timestamp {
    /// Converts a time; one before the Unix epoch becomes the epoch.
    fn from(time: SystemTime) -> Self {
        Self(time.duration_since(UNIX_EPOCH).map_or(0, millis))
    }
}

/// Whole milliseconds, at most what a signed number holds: TOML and BSON have no other.
pub(crate) fn millis(duration: Duration) -> u64 {
    // `as_millis` would calculate with 128 bits.
    let seconds = duration.as_secs().saturating_mul(1000);
    let millis = seconds.saturating_add(duration.subsec_millis().into());
    millis.min(i64::MAX.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_1970_is_1970() {
        let early = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(Timestamp::from(early), Timestamp(0));
    }

    #[test]
    fn saturates_instead_of_wrapping() {
        let last = Timestamp(i64::MAX.unsigned_abs());
        assert_eq!(last.plus(Duration::MAX), last);
        assert_eq!(last.minus(Duration::MAX), Timestamp(0));
        assert_eq!(Timestamp(1).minus(Duration::from_millis(2)), Timestamp(0));
        assert_eq!(last.elapsed(UNIX_EPOCH), Duration::ZERO);
        assert_eq!(Timestamp(0).ahead_of(UNIX_EPOCH), Duration::ZERO);
        assert_eq!(Timestamp(5).ahead_of(UNIX_EPOCH), Duration::from_millis(5));
    }
}
