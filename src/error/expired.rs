//! Something is too old.

use std::fmt;

use crate::error::ErrorResponse;

/// What has become too old.
#[derive(Clone, Debug)]
pub struct Expired(pub(crate) What);

#[derive(Clone, Debug)]
pub(crate) enum What {
    Device(Option<ErrorResponse>),
    Login,
}

impl fmt::Display for Expired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            What::Device(_) => "the device code has expired: begin again for a new one",
            What::Login => "the pending login has expired: begin again",
        })
    }
}
