//! A callback is not of this login.

use std::fmt;

/// In what a callback differs from the login that it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackMismatch(pub(crate) Difference);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    Address,
    Issuer,
    NoIssuer,
    NoState,
    State,
}

impl fmt::Display for CallbackMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Difference::Address => {
                "the callback came to another address than the redirect address of this login"
            }
            Difference::Issuer => {
                "the callback is from another issuer than the one this login was begun with"
            }
            Difference::NoIssuer => {
                "the callback does not name its issuer, which this server always does"
            }
            Difference::NoState => "the callback has no state",
            Difference::State => "the state of the callback is not the one of this login",
        })?;
        f.write_str(": it belongs to another login, or someone made it up; keep waiting")
    }
}
