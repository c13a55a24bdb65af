//! The context that all exchanges of one call share: the options of the login, the HTTP agent, one deadline.

use std::time::{Duration, Instant, SystemTime};

use workos_login::{BlockingHttpClient, Exchange, ExchangeLimits, SendError};
use workos_login_loopback::PendingPage;
use workos_login_ureq::{Agent, Error as HttpError};

use crate::error::NativeError;
use crate::login::event::LoginEvent;
use crate::login::options::Login;

/// The maximum number of retries of an exchange.
const MAX_RETRIES: u32 = 3;

/// The context of the logins of one call.
pub(crate) struct Context<'a> {
    pub(crate) login: Login<'a>,
    /// The page that the browser waits for until the session is stored.
    pub(crate) page: Option<PendingPage>,
    agent: Agent,
    deadline: Instant,
}

impl<'a> Context<'a> {
    /// Makes a context. The timeout starts here.
    pub(crate) fn new(agent: Agent, login: Login<'a>) -> Self {
        let deadline = Instant::now() + login.timeout;
        Self {
            login,
            page: None,
            agent,
            deadline,
        }
    }

    /// Returns the time left until the timeout.
    pub(crate) fn time_left(&self) -> Result<Duration, NativeError> {
        match self.deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(NativeError::TimedOut),
            left => Ok(left),
        }
    }

    pub(crate) fn report(&mut self, event: LoginEvent<'_>) {
        (self.login.progress)(event);
    }

    /// Sends an exchange, and retries it after a transport error or a transient error until the login times out.
    ///
    /// Suitable for an exchange that may be sent twice: the code exchange, because a code is valid for one response only, and the device
    /// authorization request.
    pub(crate) fn send<E>(&mut self, mut exchange: E) -> Result<E::Output, NativeError>
    where
        E: Exchange + Send + 'static,
        E::Output: Send + 'static,
    {
        let mut retries = 0..MAX_RETRIES;
        loop {
            let left = self.time_left()?;
            let error = match self.send_once(exchange, left)? {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            let retry_in = error.retry_in(SystemTime::now()).filter(|wait| {
                self.time_left().is_ok_and(|left| *wait < left) && retries.next().is_some()
            });
            let Some(retry_in) = retry_in else {
                return Err(error.into());
            };
            let reported = LoginEvent::Retrying {
                message: &error.to_string(),
                retry_in,
            };
            (self.login.progress)(reported);
            self.login.canceller.sleep(retry_in)?;
            exchange = error.into_state();
        }
    }

    /// Sends an exchange once, on a thread that is abandoned if the login is cancelled.
    pub(crate) fn send_once<E>(
        &self,
        exchange: E,
        left: Duration,
    ) -> Result<Result<E::Output, SendError<E, HttpError>>, NativeError>
    where
        E: Exchange + Send + 'static,
        E::Output: Send + 'static,
    {
        let agent = self.agent.clone();
        let limits = ExchangeLimits::default().timeout(left);
        let send = move || agent.send_within(exchange, limits);
        self.login.canceller.run(send)
    }
}
