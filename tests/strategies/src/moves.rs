//! The moves of a login.

use std::time::Duration;

use crate::callback::{CallbackUri, RedirectUriForm};
use crate::choices::{Choices, values};
use crate::response::{DeviceResponse, TokenResponse};

/// One thing that happens to a login: by the user, by the service, or to the program.
///
/// [`Machine::apply`](crate::Machine::apply) makes it with the states of `workos-login`. A program with a layer of its own above the
/// states can match on it instead.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Move {
    /// The user begins a login, instead of one that has expired, or the login that continues a challenge.
    BeginLogin(RedirectUriForm),
    /// The user begins a device login, also instead of a login that has expired.
    BeginDeviceLogin,
    /// A callback arrives.
    Callback(CallbackUri),
    /// The token endpoint responds to the request that is in flight.
    Response(TokenResponse),
    /// The device authorization endpoint responds to the request that is in flight.
    DeviceResponse(DeviceResponse),
    /// The response to the request that is in flight is lost. The request can be sent again.
    ResponseLost,
    /// The program gives up the request that is in flight, or the login that has not succeeded.
    GiveUp,
    /// The program polls for a device login, whether a poll is due or not.
    Poll,
    /// The user answers an authentication challenge with this code.
    Answer(String),
    /// The program refreshes the session.
    Refresh,
    /// The user switches the session to this organization.
    SwitchOrganization(String),
    /// The program stores the state and ends, and another process loads it.
    StoreAndLoad,
    /// Time passes.
    AdvanceClock(Duration),
    /// The clock is set back.
    SetClockBack(Duration),
    /// Time passes until the next poll is due.
    WaitForPoll,
}

impl Move {
    /// The weights are such that most sequences of sixty moves log in, and many refresh.
    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        match choices.below(32) {
            0..=9 => Self::Response(TokenResponse::generate(choices)),
            10 => Self::DeviceResponse(DeviceResponse::generate(choices)),
            11..=13 => Self::BeginLogin(RedirectUriForm::generate(choices)),
            14 => Self::BeginDeviceLogin,
            15..=20 => Self::Callback(CallbackUri::generate(choices)),
            21 => Self::ResponseLost,
            22 | 23 => Self::Poll,
            24 => Self::Answer(answer(choices)),
            25 | 26 => Self::Refresh,
            27 => Self::SwitchOrganization(choices.one_of(&["org_1", "org_2"]).to_owned()),
            28 => Self::StoreAndLoad,
            29 => Self::AdvanceClock(duration(choices)),
            30 => Self::SetClockBack(duration(choices)),
            _ if choices.once_in(2) => Self::GiveUp,
            _ => Self::WaitForPoll,
        }
    }
}

fn answer(choices: &mut Choices<'_>) -> String {
    if choices.once_in(4) {
        choices.text()
    } else {
        "123456".to_owned()
    }
}

/// Returns a duration near one that the library compares with, in milliseconds; rarely, any.
pub(crate) fn duration(choices: &mut Choices<'_>) -> Duration {
    let seconds = choices.one_of(&[1, 0, 5, 10, 30, 60, 60, 300, 300, 600, 86_400, 31_536_000]);
    let duration = Duration::from_secs(seconds);
    match choices.below(4) {
        0 | 1 => duration,
        2 => duration + Duration::from_millis(1),
        _ => duration + Duration::from_millis(choices.number().into()),
    }
}

values!(Move);
