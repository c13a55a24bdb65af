//! Durations in messages and in JSON.

use std::time::Duration;

/// Rounds up, so that zero is shown only if no time is left.
pub(crate) fn whole_seconds(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_the_time_left_up() {
        assert_eq!(whole_seconds(Duration::from_millis(599_001)).as_secs(), 600);
        assert_eq!(whole_seconds(Duration::from_nanos(1)).as_secs(), 1);
        assert_eq!(whole_seconds(Duration::from_secs(65)).as_secs(), 65);
        assert_eq!(whole_seconds(Duration::ZERO).as_secs(), 0);
    }
}
