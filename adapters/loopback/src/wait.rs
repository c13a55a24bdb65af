//! The wait: the right callback ends it.

use std::time::{Duration, Instant, SystemTime};

use workos_login::{AwaitingCallback, Callback, Client, ClientKind, Error, Exchanging, Refused};

use crate::connection::LINGER;
use crate::page::Page;
use crate::server::Server;
use crate::wait_error::WaitError;

/// Waits until the login is decided, the time is over or someone cancels, and closes the listener.
pub(crate) fn wait<A: ClientKind>(
    mut server: Server,
    client: &Client<A>,
    mut pending: AwaitingCallback,
    timeout: Duration,
    mut tick: impl FnMut(Duration),
) -> Result<Exchanging, WaitError> {
    if pending.redirect_uri() != &server.endpoint.redirect_uri {
        return Err(WaitError::OtherAddress {
            pending: pending.into(),
            served: server.endpoint.redirect_uri.clone(),
        });
    }
    let begun = Instant::now();
    let mut next_tick = begun;
    loop {
        pending = match server.serve(Stage::Awaiting(pending), |stage, target| {
            stage.take(client, target)
        }) {
            Stage::Awaiting(pending) => pending,
            Stage::Decided(outcome) => {
                server.close(LINGER);
                return outcome.map_err(WaitError::Refused);
            }
        };
        let now = Instant::now();
        let left = timeout.saturating_sub(now - begun);
        if server.is_cancelled() {
            return Err(WaitError::Cancelled(pending.into()));
        }
        if left.is_zero() {
            return Err(WaitError::TimedOut(pending.into()));
        }
        if now >= next_tick {
            tick(left);
            next_tick = now + TICK;
        }
        if let Err(source) = server.sleep(left.min(next_tick - now)) {
            return Err(WaitError::Io {
                pending: pending.into(),
                source,
            });
        }
    }
}

/// The login, before and after the callback that decides it.
enum Stage {
    Awaiting(AwaitingCallback),
    Decided(Result<Exchanging, Refused<AwaitingCallback>>),
}

impl Stage {
    /// Takes what was asked for at the redirect address, and says what the browser is shown.
    fn take<A: ClientKind>(self, client: &Client<A>, target: &str) -> (Page, Self) {
        let Self::Awaiting(pending) = self else {
            return (Page::AlreadyDone, self);
        };
        let Ok(callback) = Callback::parse(target) else {
            return (Page::NotACallback, Self::Awaiting(pending));
        };
        let refused = match pending.accept(client, callback, SystemTime::now()) {
            Ok(exchanging) => return (Page::Accepted, Self::Decided(Ok(exchanging))),
            Err(refused) => refused,
        };
        let page = match refused.error() {
            Error::CallbackMismatch(_) => {
                return (
                    Page::CallbackMismatch,
                    Self::Awaiting(refused.into_parts().0),
                );
            }
            Error::Denied(denied) if denied.code() == "access_denied" => Page::Denied,
            Error::Expired(_) => Page::Expired,
            _ => Page::Failed,
        };
        (page, Self::Decided(Err(refused)))
    }
}

const TICK: Duration = Duration::from_secs(1);
