//! A login with the device authorization grant (RFC 8628).

mod awaiting;
mod polling;
mod requesting;

use std::time::SystemTime;

use workos_login::{AwaitingDevice, DevicePoll, Exchange, PollingDevice};

use crate::scenario::error_response;

/// Responds to a poll with an error code that continues the polling.
#[track_caller]
pub(crate) fn pending(polling: PollingDevice, code: &str, now: SystemTime) -> AwaitingDevice {
    match polling.response(error_response(400, code), now) {
        Ok(DevicePoll::Pending(device)) => device,
        other => panic!("{other:?}"),
    }
}

pub(crate) const PENDING: &str = "authorization_pending";
pub(crate) const SLOW_DOWN: &str = "slow_down";
