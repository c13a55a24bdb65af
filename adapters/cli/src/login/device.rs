//! A login on another device (RFC 8628): a code is shown here, and entered in a browser anywhere.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use humantime::format_duration;
use workos_login::url::Url;
use workos_login::{
    AwaitingDevice, BlockingHttpClient, Client, ClientKind, DevicePoll, Error, ExchangeLimits,
    Outcome, RequestingDevice,
};

use crate::failure::Failure;
use crate::login::Desk;
use crate::login::page::Page;
use crate::login::send::ask;
use crate::output::progress::whole_seconds;

/// Logs somebody in who can use a browser on some machine.
pub(crate) fn log_in<A: ClientKind>(
    desk: &Desk<'_>,
    client: &Client<A>,
    requesting: RequestingDevice,
) -> Result<Outcome, Failure> {
    let Desk {
        args,
        agent,
        output,
        ..
    } = desk;
    let timeout = Duration::from_secs(args.timeout);
    let until = Instant::now() + timeout;
    output.wait_for("asking for a code", None);
    let mut device = ask(agent, requesting, timeout, output)?;
    invite(desk, &device)?;
    loop {
        let left = wait(desk, &device, until)?;
        let polling = device
            .poll(client, SystemTime::now())
            .map_err(Error::from)?;
        let error = match agent.send_within(polling, ExchangeLimits::default().timeout(left)) {
            Ok(DevicePoll::Done(outcome)) => return Ok(outcome),
            Ok(DevicePoll::Pending(still)) => {
                device = still;
                continue;
            }
            Err(error) => error,
        };
        let now = SystemTime::now();
        if error.retry_in(now).is_none() {
            return Err(error.into());
        }
        let why = error.to_string();
        device = error.into_state().into_awaiting(now);
        output.say(format_args!(
            "{why}; asking again in {}",
            format_duration(whole_seconds(device.poll_in(now)))
        ));
    }
}

/// Shows the code and the page for it, and brings somebody there.
fn invite(desk: &Desk<'_>, device: &AwaitingDevice) -> Result<(), Failure> {
    let address = device.verification_uri();
    let open = device.verification_uri_complete().unwrap_or(address);
    // The browser is given what the parser makes of it, in which no sign means anything to a shell.
    let open = Url::parse(open).expect("a device login has addresses of pages only");
    let page = Page {
        open: &open,
        show: address,
        machine: "any machine",
    };
    let played = page.visit(desk)?;
    desk.output.say(format_args!(
        "enter this code there, or check that the page shows it: {}",
        device.user_code()
    ));
    match played {
        Some((demo, person)) => demo.approve(device.user_code(), &person.email),
        None => Ok(()),
    }
}

/// Waits until the service may be asked; returns the time that is left then.
fn wait(desk: &Desk<'_>, device: &AwaitingDevice, until: Instant) -> Result<Duration, Failure> {
    loop {
        let now = SystemTime::now();
        let patience = until.saturating_duration_since(Instant::now());
        if patience.is_zero() {
            return Err(Failure::timed_out());
        }
        let left = device.expires_in(now).min(patience);
        desk.output
            .wait_for("waiting for the login with the code", Some(left));
        let wait = device.poll_in(now).min(left);
        if wait.is_zero() {
            return Ok(left);
        }
        thread::sleep(wait.min(TICK));
    }
}

/// How often the time that is left is shown anew.
const TICK: Duration = Duration::from_secs(1);
