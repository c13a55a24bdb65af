//! One question to the service, asked until there is an answer.

use std::thread;
use std::time::{Duration, Instant, SystemTime};

use humantime::format_duration;
use workos_login::{BlockingHttpClient, Exchange, ExchangeLimits};
use workos_login_ureq::Agent;

use crate::failure::Failure;
use crate::output::Output;
use crate::output::progress::whole_seconds;

/// Sends an exchange that may be repeated: of a code, which is good for one answer, or for a device's code.
///
/// What is lost, or answered "not now", is asked for again some times, and not for longer than `limit` in all.
pub(crate) fn ask<E: Exchange>(
    agent: &Agent,
    mut exchange: E,
    limit: Duration,
    output: &Output,
) -> Result<E::Output, Failure> {
    let until = Instant::now() + limit;
    let left = || until.saturating_duration_since(Instant::now());
    let mut retries = 0..RETRIES;
    loop {
        let error = match agent.send_within(exchange, ExchangeLimits::default().timeout(left())) {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(wait) = error
            .retry_in(SystemTime::now())
            .filter(|wait| *wait < left() && retries.next().is_some())
        else {
            return Err(error.into());
        };
        output.say(format_args!(
            "{error}; asking again in {}",
            format_duration(whole_seconds(wait))
        ));
        thread::sleep(wait);
        exchange = error.into_state();
    }
}

/// How often an exchange without an answer is repeated.
const RETRIES: u32 = 3;
