//! Durations in messages.

use std::time::Duration;

/// Rounds up, so that zero is shown only if no time is left.
pub(super) fn whole_seconds(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

#[cfg(test)]
#[path = "../../tests/unit/whole_seconds.rs"]
mod tests;
