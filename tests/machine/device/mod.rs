//! A login on another device: how it starts, how often it asks, how it ends.

mod awaiting;
mod polling;
mod requesting;

use workos_login::{AwaitingDevice, DevicePoll, Exchange, PollingDevice};

use crate::scenario::{fixture, response};

/// Answers a poll that has to go on.
#[track_caller]
pub(crate) fn pending(
    polling: PollingDevice,
    name: &str,
    now: std::time::SystemTime,
) -> AwaitingDevice {
    match polling.response(response(400, fixture(name)), now) {
        Ok(DevicePoll::Pending(device)) => device,
        other => panic!("{other:?}"),
    }
}

pub(crate) const PENDING: &str = "error_oauth_authorization_pending.json";
pub(crate) const SLOW_DOWN_INCREMENT: &str = "error_oauth_slow_down.json";
