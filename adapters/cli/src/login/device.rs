//! A login on another device (RFC 8628): the user enters a user code in a browser on any device.
//!
//! The core schedules the polls: it applies the interval, `slow_down`, and the backoff after a lost response. Here, the command waits
//! until the next poll is due, in ticks that update the time left.

use std::thread;
use std::time::{Duration, SystemTime};

use humantime::format_duration;
use workos_login::url::Url;
use workos_login::{
    AwaitingDevice, BlockingHttpClient, Client, ClientKind, DevicePoll, Error, ExchangeLimits,
    Outcome, RequestingDevice,
};

use crate::failure::Failure;
use crate::login::context::LoginContext;
use crate::login::page::Page;
use crate::login::send::send;
use crate::whole_seconds::whole_seconds;

/// The interval at which the time left is updated.
const TICK: Duration = Duration::from_secs(1);

/// Logs the user in.
pub(crate) fn log_in<A: ClientKind>(
    context: &LoginContext<'_>,
    client: &Client<A>,
    requesting: RequestingDevice,
) -> Result<Outcome, Failure> {
    let output = context.output;
    output.show_activity("requesting a user code", None);
    let mut device = send(context, requesting)?;
    present_user_code(context, &device)?;
    loop {
        let left = wait_for_poll(context, &device)?;
        let polling = device
            .poll(client, SystemTime::now())
            .map_err(Error::from)?;
        let limits = ExchangeLimits::default().timeout(left);
        let error = match context.agent.send_within(polling, limits) {
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
        output.print_line(format_args!(
            "{message}; retrying in {}",
            format_duration(whole_seconds(device.poll_in(now)))
        ));
    }
}

/// Shows the user code, and the page to enter it at.
fn present_user_code(context: &LoginContext<'_>, device: &AwaitingDevice) -> Result<(), Failure> {
    let verification_uri = device.verification_uri();
    let complete = device
        .verification_uri_complete()
        .unwrap_or(verification_uri);
    // The serialized form of a parsed URL contains no character that is special to a shell.
    let url = Url::parse(complete).expect("a device authorization response has valid http URIs");
    let page = Page {
        url: &url,
        printed_url: verification_uri,
        machine: "any device",
    };
    let user_code = device.user_code();
    if let Some((demo, user)) = page.present(context)? {
        context.output.print_line(format_args!(
            "demo: {} enters the code {user_code}",
            user.email
        ));
        return demo.approve_device(user_code, &user.email);
    }
    context.output.print_line(format_args!(
        "enter this code there, or check that the page shows it: {user_code}"
    ));
    Ok(())
}

/// Waits for the polling interval; returns the time left after it.
fn wait_for_poll(context: &LoginContext<'_>, device: &AwaitingDevice) -> Result<Duration, Failure> {
    loop {
        let now = SystemTime::now();
        let left = device.expires_in(now).min(context.time_left()?);
        context
            .output
            .show_activity("waiting for the login with the user code", Some(left));
        let wait = device.poll_in(now).min(left);
        if wait.is_zero() {
            return Ok(left);
        }
        thread::sleep(wait.min(TICK));
    }
}
