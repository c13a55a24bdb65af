//! Points in time as the service writes them.

use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn unix_seconds(time: SystemTime) -> i64 {
    i64::try_from(unix_millis(time) / 1000).unwrap_or(i64::MAX)
}

/// Returns the ISO 8601 form in UTC with milliseconds: `2026-01-15T12:00:00.000Z`.
pub(crate) fn iso8601(time: SystemTime) -> String {
    let millis = unix_millis(time);
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

/// Returns the Gregorian date of a day counted from 1970.
///
/// The year is taken to begin in March. The leap day is then the last day of its year, and one
/// formula gives all months.
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
    use std::time::Duration;

    use super::*;

    #[test]
    fn writes_leap_days_and_centuries() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.031Z"),
            (951_782_399, "2000-02-28T23:59:59.031Z"),
            (951_782_400, "2000-02-29T00:00:00.031Z"),
            (1_780_000_000, "2026-05-28T20:26:40.031Z"),
            (4_102_444_800, "2100-01-01T00:00:00.031Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_millis(seconds * 1000 + 31);
            assert_eq!(iso8601(time), expected);
        }
    }
}
