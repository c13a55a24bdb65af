//! When an access token is due for a new one.

use std::time::Duration;

use crate::limits::REFRESH_MARGIN;

/// How early an access token is refreshed.
///
/// The default is [`REFRESH_MARGIN`] before the end of its life, but never more than half of the
/// life: access tokens are reported to live about five minutes, so a fixed margin of five minutes would
/// refresh at every call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefreshPolicy {
    margin: Duration,
}

impl RefreshPolicy {
    /// Sets the margin. More than half of a token's life has the effect of half of it.
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
