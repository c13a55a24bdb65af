//! The public listener: binds the redirect URI and waits for its callback.
//!
//! A [`Listener`] is a bound [`Server`]. Binding comes first, because a free port is known only after it is bound and the
//! authorization request must contain it. Each wait consumes the listener and closes its sockets when it returns.

use std::fmt;
use std::time::Duration;

use workos_login::{AwaitingCallback, Client, ClientKind, Exchanging, RedirectUri};

use crate::bind_error::BindError;
use crate::canceller::Canceller;
use crate::endpoint::Endpoint;
use crate::pending_page::PendingPage;
use crate::progress::Progress;
use crate::server::Server;
use crate::wait::wait;
use crate::wait_error::WaitError;
use crate::wait_future::WaitFuture;

/// A listener for the callback of one login.
///
/// The port is open as soon as the listener exists. A callback that arrives before [`wait`](Self::wait) is called is received
/// by that call. The wait consumes the listener and closes the port when it returns (RFC 8252 section 8.3).
pub struct Listener(Server);

impl Listener {
    /// Listens on `http://127.0.0.1:PORT/callback` with a free port (RFC 8252 section 7.3).
    ///
    /// # Errors
    ///
    /// [`BindError::Io`] if the operating system cannot open a socket.
    pub fn bind() -> Result<Self, BindError> {
        Self::bind_port(0)
    }

    /// Listens on `http://127.0.0.1:PORT/callback` with this port; 0 selects a free port.
    ///
    /// # Errors
    ///
    /// [`BindError::AddressInUse`] if the port is in use, [`BindError::Io`] if the operating system cannot open the socket.
    pub fn bind_port(port: u16) -> Result<Self, BindError> {
        let redirect_uri = format!("http://127.0.0.1:{port}/callback")
            .parse()
            .map_err(BindError::InvalidRedirectUri)?;
        Self::bind_for(&redirect_uri)
    }

    /// Listens on a registered redirect URI.
    ///
    /// The scheme must be `http`. The host must be a loopback IP literal (127.0.0.0/8 or `[::1]`) or `localhost`, which is
    /// served over IPv4 and IPv6 if the machine supports both, because browsers differ in which they use. Prefer an IP
    /// literal: a name may resolve to another address (RFC 8252 section 8.3). Other machines cannot connect.
    ///
    /// Port 0 selects a free port, for servers that allow any port (RFC 8252 section 7.3). The rest of the redirect URI does
    /// not change:
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
    /// [`BindError::NotLoopback`] for any other redirect URI, [`BindError::AddressInUse`] if the port is in use over IPv4 or
    /// IPv6, [`BindError::Io`] if the operating system cannot open a socket.
    pub fn bind_for(redirect_uri: &RedirectUri) -> Result<Self, BindError> {
        let endpoint = Endpoint::new(redirect_uri)
            .ok_or_else(|| BindError::NotLoopback(redirect_uri.clone()))?;
        Server::bind(endpoint).map(Self)
    }

    /// Sets the name of the application that the pages show. It is escaped as text.
    #[must_use]
    pub fn app_name(mut self, name: impl Into<String>) -> Self {
        self.0.endpoint.app_name = Some(name.into().into());
        self
    }

    /// Returns the redirect URI with the port that is listened on. Begin the login with it.
    #[must_use]
    pub fn redirect_uri(&self) -> &RedirectUri {
        &self.0.endpoint.redirect_uri
    }

    /// Returns a handle that cancels the wait.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.0.canceller.clone()
    }

    /// Waits for the callback of `pending`, and blocks the thread until it arrives, `timeout` elapses or the wait is cancelled.
    ///
    /// Only a `GET` of the redirect URI with the `state` of `pending` ends the wait. If the callback is accepted, the browser
    /// waits for the [`PendingPage`], which [shows the outcome](PendingPage::respond) of the code exchange. If it is refused, the
    /// browser shows that the login was denied, has expired or failed.
    ///
    /// [`pending.expires_in(now)`](AwaitingCallback::expires_in) is the longest useful timeout. With a timeout of zero, only
    /// a callback that has already arrived is received.
    ///
    /// # Errors
    ///
    /// [`WaitError`], which contains the pending login. [`WaitError::Refused`] if the callback arrived and was refused.
    pub fn wait<K: ClientKind>(
        self,
        client: &Client<K>,
        pending: AwaitingCallback,
        timeout: Duration,
    ) -> Result<(Exchanging, PendingPage), WaitError> {
        wait(self.0, client, pending, timeout, |_| {})
    }

    /// Waits as [`wait`](Self::wait) does, and reports the [`Progress`]: the remaining time, and malformed callbacks.
    ///
    /// `progress` must not block, because no connection is served while it runs.
    ///
    /// # Errors
    ///
    /// See [`wait`](Self::wait).
    pub fn wait_with<K: ClientKind>(
        self,
        client: &Client<K>,
        pending: AwaitingCallback,
        timeout: Duration,
        progress: impl FnMut(Progress<'_>),
    ) -> Result<(Exchanging, PendingPage), WaitError> {
        wait(self.0, client, pending, timeout, progress)
    }

    /// Waits as [`wait`](Self::wait) does, on a thread of its own, and returns a future for any async runtime.
    ///
    /// The wait starts with this call, not when the future is first polled, and reports no progress. Dropping the future cancels the wait and closes
    /// the port.
    ///
    /// ```no_run
    /// # use workos_login::{AwaitingCallback, Client, HttpClient, limits};
    /// # use workos_login_loopback::Listener;
    /// # async fn example(
    /// #     http: impl HttpClient,
    /// #     listener: Listener,
    /// #     client: Client,
    /// #     pending: AwaitingCallback,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let (exchanging, page) = listener.wait_async(&client, pending, limits::PENDING_LOGIN_TTL).await?;
    /// let outcome = http.send(exchanging).await;
    /// page.respond_async(&outcome).await;
    /// let session = outcome?.authenticated()?;
    /// # let _ = session;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_async<K: ClientKind + Clone + Send + 'static>(
        self,
        client: &Client<K>,
        pending: AwaitingCallback,
        timeout: Duration,
    ) -> WaitFuture {
        WaitFuture::spawn(self.0, client.clone(), pending, timeout)
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener")
            .field("redirect_uri", self.redirect_uri())
            .finish_non_exhaustive()
    }
}
