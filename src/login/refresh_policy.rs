//! When an access token is due for refresh.

use std::time::Duration;

use crate::limits::REFRESH_MARGIN;

/// The margin before its expiry at which an access token is due for refresh.
///
/// The margin is [`REFRESH_MARGIN`] by default, and at most half of the token's lifetime: with a lifetime of five minutes, a margin
/// of five minutes would refresh at every call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshPolicy {
    margin: Duration,
}

impl RefreshPolicy {
    /// Sets the margin. At most half of a token's lifetime has an effect.
    #[must_use]
    pub fn margin(self, margin: Duration) -> Self {
        Self { margin }
    }

    pub(crate) fn margin_for(&self, lifetime: Duration) -> Duration {
        self.margin.min(lifetime / 2)
    }
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            margin: REFRESH_MARGIN,
        }
    }
}
