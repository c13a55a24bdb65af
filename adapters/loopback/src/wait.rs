//! Waits until a callback is accepted or refused, the timeout elapses, or the wait is cancelled.

use std::time::{Duration, Instant, SystemTime};

use workos_login::{AwaitingCallback, Callback, Client, ClientKind, Error, Exchanging, Refused};

use crate::connection::LINGER;
use crate::page::Page;
use crate::pending_page::PendingPage;
use crate::progress::Progress;
use crate::server::Server;
use crate::wait_error::WaitError;

/// Waits for the callback of `pending` and stops listening. The page that answers the callback is pending.
pub(crate) fn wait<K: ClientKind>(
    mut server: Server,
    client: &Client<K>,
    pending: AwaitingCallback,
    timeout: Duration,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<(Exchanging, PendingPage), WaitError> {
    if pending.redirect_uri() != &server.endpoint.redirect_uri {
        return Err(WaitError::RedirectUriMismatch {
            pending: pending.into(),
            listener: server.endpoint.redirect_uri,
        });
    }
    let started = Instant::now();
    let mut next_progress = started;
    let mut login = Login::Pending(pending);
    loop {
        login = server.serve(login, |login, target| {
            login.receive(client, target, &mut progress)
        });
        let pending = match login {
            Login::Pending(pending) => pending,
            Login::Ended(Ok(exchanging)) => return Ok((exchanging, PendingPage::new(server))),
            Login::Ended(Err(refused)) => {
                server.close(LINGER);
                return Err(WaitError::Refused(refused));
            }
        };
        let now = Instant::now();
        let remaining = timeout.saturating_sub(now - started);
        if server.is_cancelled() {
            return Err(WaitError::Cancelled(pending.into()));
        }
        if remaining.is_zero() {
            return Err(WaitError::TimedOut(pending.into()));
        }
        if now >= next_progress {
            progress(Progress::Remaining(remaining));
            next_progress = now + PROGRESS_INTERVAL;
        }
        if let Err(source) = server.poll(remaining.min(next_progress - now)) {
            let pending = pending.into();
            return Err(WaitError::Io { pending, source });
        }
        login = Login::Pending(pending);
    }
}

/// The login before and after the callback that ends it.
enum Login {
    Pending(AwaitingCallback),
    Ended(Result<Exchanging, Refused<AwaitingCallback>>),
}

impl Login {
    /// Receives a request for the redirect URI and returns the page of its response; none for the callback that is accepted.
    fn receive<K: ClientKind>(
        self,
        client: &Client<K>,
        target: &str,
        progress: &mut impl FnMut(Progress<'_>),
    ) -> (Option<Page>, Self) {
        let Self::Pending(pending) = self else {
            return (Some(Page::Ended), self);
        };
        let callback = match Callback::parse(target) {
            Ok(callback) => callback,
            Err(error) => {
                // Reported only with the state: other requests must not be able to flood the application's output.
                if pending.matches_state(target) {
                    progress(Progress::MalformedCallback(&error));
                }
                return (Some(Page::InvalidCallback), Self::Pending(pending));
            }
        };
        let refused = match pending.accept(client, callback, SystemTime::now()) {
            Ok(exchanging) => return (None, Self::Ended(Ok(exchanging))),
            Err(refused) => refused,
        };
        let page = match refused.error() {
            // Only a different state is ignored. A different issuer ends the login (RFC 9207 section 2.4).
            Error::CallbackMismatch(mismatch) if !mismatch.state_matched() => {
                let (pending, _) = refused.into_parts();
                return (Some(Page::CallbackMismatch), Self::Pending(pending));
            }
            Error::Denied(denied) if denied.code() == Some("access_denied") => Page::Denied,
            Error::Expired(_) => Page::Expired,
            Error::Unavailable(_) => Page::Unavailable,
            _ => Page::Failed,
        };
        (Some(page), Self::Ended(Err(refused)))
    }
}

const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
