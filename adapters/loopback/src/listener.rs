//! The listener: bound first, so that its address is known before the login begins.

use std::fmt;
use std::time::Duration;

use workos_login::{AwaitingCallback, Client, ClientKind, Exchanging, RedirectUri};

use crate::bind_error::BindError;
use crate::canceller::Canceller;
use crate::endpoint::Endpoint;
use crate::server::Server;
use crate::wait::wait;
use crate::wait_error::WaitError;
use crate::waiting::Waiting;

/// A listener for the callback of one login.
///
/// It exists only once its port is open, and only it has the [`redirect_uri`](Self::redirect_uri): a login cannot be
/// begun before the browser has somewhere to come back to. It listens from here on; a browser that is faster than the call
/// of [`wait`](Self::wait) is served then.
///
/// A wait takes the listener, and closes it when it ends, whatever it ends with (RFC 8252 section 8.3).
pub struct Listener(Server);

impl Listener {
    /// Listens on `http://127.0.0.1:PORT/callback`, on a port that is free (RFC 8252 section 7.3).
    ///
    /// # Errors
    ///
    /// [`BindError`] when the operating system has no socket for it.
    pub fn bind() -> Result<Self, BindError> {
        Self::bind_port(0)
    }

    /// Listens on `http://127.0.0.1:PORT/callback`, on this port; 0 is one that is free.
    ///
    /// # Errors
    ///
    /// [`BindError::Taken`] when another program has the port, [`BindError::Io`] when it may not be opened.
    pub fn bind_port(port: u16) -> Result<Self, BindError> {
        let redirect_uri = format!("http://127.0.0.1:{port}/callback")
            .parse()
            .map_err(BindError::Invalid)?;
        Self::bind_for(&redirect_uri)
    }

    /// Listens where `redirect_uri` says, for an address that is registered as it is.
    ///
    /// Its scheme is `http`, its host 127.0.0.1 (or another of 127.0.0.0/8), `[::1]`, or `localhost`, which is served on IPv4
    /// and on IPv6 where the machine has both, because nobody knows which one a browser takes. Prefer an IP address: a name
    /// can be made to mean something else (RFC 8252 section 8.3). No other machine can ever connect.
    ///
    /// Port 0 stands for one that is free, where any port is registered (RFC 8252 section 7.3); all else of the address is kept:
    ///
    /// ```
    /// use workos_login_loopback::Listener;
    ///
    /// let listener = Listener::bind_for(&"http://localhost:0/login/done".parse()?)?;
    /// assert!(listener.redirect_uri().as_str().ends_with("/login/done"));
    /// assert!(!listener.redirect_uri().as_str().contains(":0/"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`BindError::NotLoopback`] for any other address, [`BindError::Taken`] when another program has the port (on either
    /// family: it could receive the callback), [`BindError::Io`] when it may not be opened.
    pub fn bind_for(redirect_uri: &RedirectUri) -> Result<Self, BindError> {
        let endpoint = Endpoint::of(redirect_uri)
            .ok_or_else(|| BindError::NotLoopback(redirect_uri.clone()))?;
        Server::bind(endpoint).map(Self)
    }

    /// Sets the name that the page shows ("return to …"). It is text: tags in it are shown, not followed.
    #[must_use]
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.0.endpoint.app_name = Some(name.into().into());
        self
    }

    /// Returns the address that the browser comes back to. Begin the login with it.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.0.endpoint.redirect_uri
    }

    /// Returns what ends the wait from outside.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.0.canceller.clone()
    }

    /// Waits for the callback of `pending`, and blocks this thread until it came, the time is over or the wait is cancelled.
    ///
    /// Only a `GET` of the redirect address with the awaited state ends the wait. Everything else that connects gets a
    /// fitting answer, or none, and the wait goes on. The browser is shown what happened: that the login was received (the
    /// code is yet to be exchanged), denied, or too late.
    ///
    /// A natural `timeout` is [`pending.expires_in(now)`](AwaitingCallback::expires_in). With zero, what has already arrived
    /// is taken, and nothing is waited for.
    ///
    /// # Errors
    ///
    /// [`WaitError`], which has the pending login inside. [`WaitError::Refused`] when the callback came and the login is over.
    pub fn wait<A: ClientKind>(
        self,
        client: &Client<A>,
        pending: AwaitingCallback,
        timeout: Duration,
    ) -> Result<Exchanging, WaitError> {
        wait(self.0, client, pending, timeout, |_| {})
    }

    /// As [`wait`](Self::wait), and calls `tick` at the beginning and then once a second with the time that is left.
    ///
    /// Nothing is received while `tick` runs: let it draw a line, not ask a question.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn wait_with<A: ClientKind>(
        self,
        client: &Client<A>,
        pending: AwaitingCallback,
        timeout: Duration,
        tick: impl FnMut(Duration),
    ) -> Result<Exchanging, WaitError> {
        wait(self.0, client, pending, timeout, tick)
    }

    /// As [`wait`](Self::wait), as a future. It needs no particular runtime: a thread of its own does the waiting.
    ///
    /// The wait begins now, not at the first poll. Dropping the future ends it and closes the port.
    ///
    /// ```no_run
    /// # use workos_login::{AwaitingCallback, Client, Exchanging, limits};
    /// # use workos_login_loopback::{Listener, WaitError};
    /// # async fn example(listener: Listener, client: Client, pending: AwaitingCallback) -> Result<Exchanging, WaitError> {
    /// let exchanging = listener.wait_async(&client, pending, limits::PENDING_LOGIN_TTL).await?;
    /// # Ok(exchanging)
    /// # }
    /// ```
    pub fn wait_async<A: ClientKind + Clone + Send + 'static>(
        self,
        client: &Client<A>,
        pending: AwaitingCallback,
        timeout: Duration,
    ) -> Waiting {
        Waiting::begin(self.0, client.clone(), pending, timeout)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("redirect_uri", self.redirect_uri())
            .finish_non_exhaustive()
    }
}
