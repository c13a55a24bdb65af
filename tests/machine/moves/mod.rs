//! Any moves in any order, against a small model of each login. A move that does not fit the state changes nothing.

mod device;
mod invariants;
mod login;

use proptest::collection::vec;
use proptest::prelude::*;
use workos_login::http::Response;
use workos_login::http::header::RETRY_AFTER;

use crate::scenario::{error_response, response, with_header};

/// A move of every login; `Own` are those of one login.
#[derive(Clone, Copy, Debug)]
enum Move<T> {
    Own(T),
    /// The service responds to the request in flight.
    Respond(Reply),
    /// The response to the request in flight is lost.
    Lose,
    /// The request in flight is abandoned, and its persistent state is used again.
    Abandon,
    /// The persistent state is stored and loaded.
    Reload,
    /// The clock is advanced, or set back, by so many milliseconds.
    Advance(i64),
}

/// A response of the service.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reply {
    Success,
    OtherOrganization,
    /// An authentication challenge, by its index.
    Challenge(usize),
    Pending,
    SlowDown,
    IncorrectCode,
    TooManyAttempts,
    InvalidGrant,
    NotFound,
    Malformed,
    /// A transient error with this status and the seconds of its `Retry-After`.
    Unavailable(u16, Option<u64>),
}

impl Reply {
    /// Returns the response; `body` is that of a success or a challenge.
    fn response(self, body: impl FnOnce() -> String) -> Response<Vec<u8>> {
        match self {
            Self::Success | Self::OtherOrganization => response(200, body()),
            Self::Challenge(_) => response(403, body()),
            Self::Pending => error_response(400, "authorization_pending"),
            Self::SlowDown => error_response(400, "slow_down"),
            Self::IncorrectCode => error_response(400, "invalid_one_time_code"),
            Self::TooManyAttempts => error_response(400, "one_time_code_too_many_attempts"),
            Self::InvalidGrant => error_response(400, "invalid_grant"),
            Self::NotFound => response(404, ""),
            Self::Malformed => response(200, "<html>"),
            Self::Unavailable(status, None) => response(status, "<html>"),
            Self::Unavailable(status, Some(seconds)) => {
                with_header(response(status, ""), RETRY_AFTER, &seconds.to_string())
            }
        }
    }

    /// Returns the error of an exchange that refuses this response; `answers` if it answers a challenge.
    fn error(self, answers: bool) -> Option<&'static str> {
        match self {
            Self::Success | Self::OtherOrganization | Self::Challenge(_) => None,
            Self::IncorrectCode if answers => Some("IncorrectCode"),
            Self::TooManyAttempts if answers => Some("InvalidGrant"),
            Self::InvalidGrant => Some("InvalidGrant"),
            Self::Malformed => Some("Malformed"),
            Self::Unavailable(..) => Some("Unavailable"),
            _ => Some("Rejected"),
        }
    }
}

fn unavailable() -> impl Strategy<Value = Reply> {
    let retry_after = prop::option::of(0_u64..100);
    (prop_oneof![Just(429), Just(503)], retry_after)
        .prop_map(|(status, wait)| Reply::Unavailable(status, wait))
}

/// Up to sixty moves, with the moves and responses of one login.
fn moves<T: Clone + std::fmt::Debug>(
    own: impl Strategy<Value = T>,
    replies: impl Strategy<Value = Reply>,
    advance: std::ops::Range<i64>,
) -> impl Strategy<Value = Vec<Move<T>>> {
    let one = prop_oneof![
        8 => own.prop_map(Move::Own),
        8 => replies.prop_map(Move::Respond),
        2 => Just(Move::Lose),
        2 => Just(Move::Abandon),
        2 => Just(Move::Reload),
        2 => advance.prop_map(Move::Advance),
    ];
    vec(one, 0..60)
}
