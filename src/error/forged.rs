//! A callback is not of this login.

use std::fmt;

use crate::error::Shown;

/// Which check of a callback failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackMismatch(pub(crate) Difference);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    Address,
    Issuer {
        expected: Box<str>,
        received: Box<str>,
    },
    NoIssuer {
        expected: Box<str>,
    },
    NoState,
    State,
}

impl CallbackMismatch {
    /// Returns whether the `state` matched and a later check failed.
    ///
    /// The callback then responds to this login, and no other callback is expected: begin the login again. Otherwise, keep
    /// waiting.
    #[must_use]
    pub fn state_matched(&self) -> bool {
        match self.0 {
            Difference::Address | Difference::Issuer { .. } | Difference::NoIssuer { .. } => true,
            Difference::NoState | Difference::State => false,
        }
    }
}

impl fmt::Display for CallbackMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match &self.0 {
            Difference::Address => {
                "the callback came to another address than the redirect address of this login"
            }
            Difference::Issuer { expected, received } => {
                return write!(
                    f,
                    "the callback is from another issuer ({}) than this login ({}); begin the login again",
                    Shown(received),
                    Shown(expected)
                );
            }
            Difference::NoIssuer { expected } => {
                return write!(
                    f,
                    "the callback does not name its issuer, which {} always does; begin the login again",
                    Shown(expected)
                );
            }
            Difference::NoState => "the callback has no state",
            Difference::State => "the state of the callback is not the one of this login",
        };
        write!(
            f,
            "{problem}: it belongs to another login, or someone made it up; keep waiting"
        )
    }
}
