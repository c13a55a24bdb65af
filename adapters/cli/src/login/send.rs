//! Sends an exchange, with retries.

use std::thread;
use std::time::SystemTime;

use humantime::format_duration;
use workos_login::{BlockingHttpClient, Exchange, ExchangeLimits};

use crate::failure::Failure;
use crate::login::context::LoginContext;
use crate::whole_seconds::whole_seconds;

/// The maximum number of retries of an exchange.
const MAX_RETRIES: u32 = 3;

/// Sends an exchange, and retries it after a transport error or a transient error until the login times out.
///
/// Suitable for an exchange that may be sent twice: the code exchange, because a code is valid for one response only, and the device
/// authorization request.
pub(crate) fn send<E: Exchange>(
    context: &LoginContext<'_>,
    mut exchange: E,
) -> Result<E::Output, Failure> {
    let mut retries = 0..MAX_RETRIES;
    loop {
        let limits = ExchangeLimits::default().timeout(context.time_left()?);
        let error = match context.agent.send_within(exchange, limits) {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let Some(wait) = error.retry_in(SystemTime::now()).filter(|wait| {
            context.time_left().is_ok_and(|left| *wait < left) && retries.next().is_some()
        }) else {
            return Err(error.into());
        };
        context.output.print_line(format_args!(
            "{error}; retrying in {}",
            format_duration(whole_seconds(wait))
        ));
        thread::sleep(wait);
        exchange = error.into_state();
    }
}
