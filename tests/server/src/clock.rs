//! The server's clock, the machine's or one set by hand, and how the service writes a moment.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: Duration,
    stopped_at: Option<SystemTime>,
}

impl Clock {
    pub(crate) fn now(&self) -> SystemTime {
        let now = self.stopped_at.unwrap_or_else(SystemTime::now);
        now.checked_add(self.ahead).unwrap_or(now)
    }

    /// Stops the clock at this time. Only `advance` moves it from then on.
    pub(crate) fn set(&mut self, now: SystemTime) {
        *self = Self {
            ahead: Duration::ZERO,
            stopped_at: Some(now),
        };
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead = self.ahead.saturating_add(by);
    }
}

pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    i64::try_from(unix_millis(time) / 1000).unwrap_or(i64::MAX)
}

/// ISO 8601 in UTC with milliseconds: `2026-01-15T12:00:00.000Z`.
pub(crate) fn timestamp(time: SystemTime) -> String {
    let millis = unix_millis(time);
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// The Gregorian date of a day counted from 1970. Years are taken to begin in March, so that the
/// leap day is the last of its year and the months follow one formula.
fn civil(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_the_service_writes_it() {
        let at = |seconds: u64| timestamp(UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 31));
        assert_eq!(at(0), "1970-01-01T00:00:00.031Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59.031Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00.031Z");
        assert_eq!(at(1_780_000_000), "2026-05-28T20:26:40.031Z");
        assert_eq!(at(4_102_444_800), "2100-01-01T00:00:00.031Z");
    }

    #[test]
    fn a_stopped_clock_moves_only_by_hand() {
        let mut clock = Clock::default();
        clock.advance(Duration::from_secs(1));
        clock.set(UNIX_EPOCH);
        assert_eq!(clock.now(), UNIX_EPOCH);
        clock.advance(Duration::from_secs(5));
        assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(5));
    }

    #[test]
    fn a_clock_put_forward_without_measure_does_not_overflow() {
        let mut clock = Clock::default();
        clock.advance(Duration::MAX);
        clock.advance(Duration::MAX);
        assert!(clock.now() > UNIX_EPOCH);
    }
}
