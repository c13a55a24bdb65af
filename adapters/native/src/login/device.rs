//! A login on another device (RFC 8628): the user enters a user code in a browser on any device.
//!
//! The core schedules the polls: it applies the interval, `slow_down`, and the backoff after a lost response. Here, the login waits
//! until the next poll is due, in ticks that report the time left.

use std::time::{Duration, SystemTime};

use workos_login::url::Url;
use workos_login::{AwaitingDevice, DevicePoll, Error, Outcome};

use crate::app::NativeApp;
use crate::error::NativeError;
use crate::login::context::Context;
use crate::login::event::{Browser, LoginEvent, Page};
use crate::native_client::NativeClient;

/// The interval at which the time left is reported.
const TICK: Duration = Duration::from_secs(1);

/// Logs the user in.
pub(crate) fn log_in(app: &NativeApp, context: &mut Context<'_>) -> Result<Outcome, NativeError> {
    let device = request(app, context)?;
    let url = complete_uri(&device);
    let opened = context.login.opener.as_mut().map(|open| open(&url));
    wait(app, context, device, Browser::from(opened.as_ref()))
}

/// Requests a user code.
pub(crate) fn request(
    app: &NativeApp,
    context: &mut Context<'_>,
) -> Result<AwaitingDevice, NativeError> {
    context.report(LoginEvent::RequestingUserCode);
    let requesting = match &app.client {
        NativeClient::OAuth(client) => {
            let scope = context.login.scope.as_ref();
            client
                .device(scope.unwrap_or_else(|| client.server().scope()))
                .map_err(NativeError::DeviceUnsupported)?
        }
        NativeClient::UserManagement(client) => client.device(),
    };
    context.send(requesting)
}

/// Shows the user code, and polls until the login is over.
pub(crate) fn wait(
    app: &NativeApp,
    context: &mut Context<'_>,
    mut device: AwaitingDevice,
    browser: Browser<'_>,
) -> Result<Outcome, NativeError> {
    context.report(LoginEvent::Page(Page {
        url: &complete_uri(&device),
        printed_url: device.verification_uri(),
        user_code: Some(device.user_code()),
        browser,
    }));
    let client = app.client.any();
    loop {
        let left = wait_for_poll(context, &device)?;
        let polling = device
            .poll(&client, SystemTime::now())
            .map_err(Error::from)?;
        let error = match context.send_once(polling, left)? {
            Ok(DevicePoll::Done(outcome)) => return Ok(outcome),
            Ok(DevicePoll::Pending(pending)) => {
                device = pending;
                continue;
            }
            Err(error) => error,
        };
        let now = SystemTime::now();
        if error.retry_in(now).is_none() {
            return Err(error.into());
        }
        let message = error.to_string();
        device = error.into_state().into_awaiting(now);
        context.report(LoginEvent::Retrying {
            message: &message,
            retry_in: device.poll_in(now),
        });
    }
}

/// Waits for the polling interval; returns the time left after it.
fn wait_for_poll(
    context: &mut Context<'_>,
    device: &AwaitingDevice,
) -> Result<Duration, NativeError> {
    loop {
        let now = SystemTime::now();
        let left = device.expires_in(now).min(context.time_left()?);
        context.report(LoginEvent::WaitingForApproval { left });
        let wait = device.poll_in(now).min(left);
        if wait.is_zero() {
            return Ok(left);
        }
        context.login.canceller.sleep(wait.min(TICK))?;
    }
}

/// Returns the verification URI with the user code filled in, if the service has one.
fn complete_uri(device: &AwaitingDevice) -> Url {
    let complete = device.verification_uri_complete();
    // The serialized form of a parsed URL contains no character that is special to a shell.
    Url::parse(complete.unwrap_or(device.verification_uri()))
        .expect("a device authorization response has valid http URIs")
}
