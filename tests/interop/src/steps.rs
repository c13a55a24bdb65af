//! The steps of a login that every check takes.

use std::time::SystemTime;

use url::Url;
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, AwaitingCallback, Callback, Client, ClientKind, Error};

use crate::adapter::Adapter;
use crate::checks::{Checked, Result};

/// Takes a callback to the login that it belongs to, and exchanges its code.
pub(crate) fn finish<A: ClientKind>(
    adapter: &Adapter,
    client: &Client<A>,
    pending: AwaitingCallback,
    callback: &str,
) -> Result<Authenticated> {
    let exchanging = pending
        .accept(client, Callback::parse(callback)?, SystemTime::now())
        .map_err(Error::from)?;
    Ok(adapter.send(exchanging)?.authenticated()?)
}

pub(crate) fn refresh<A: ClientKind>(
    adapter: &Adapter,
    client: &Client<A>,
    session: &Authenticated,
) -> Result<Authenticated> {
    adapter.send(session.clone().refresh(client).map_err(Error::from)?)
}

/// Returns an error unless the step was refused, with the error that is wanted.
pub(crate) fn expect<T>(result: Result<T>, wanted: fn(&Error) -> bool) -> Checked {
    let Err(error) = result else {
        return Err("it was taken, and should not be".into());
    };
    match error.downcast_ref() {
        Some(refusal) if wanted(refusal) => Ok(()),
        _ => Err(error),
    }
}

pub(crate) fn state(url: &Url) -> Result<String> {
    let state = url.query_pairs().find(|(name, _)| name == "state");
    Ok(state.ok_or("the address has no state")?.1.into_owned())
}

pub(crate) fn refresh_token(session: &Authenticated) -> Result<&str> {
    let token = session.refresh_token().ok_or("there is no refresh token")?;
    Ok(token.expose_secret())
}

/// Where the application waits for the callback, as far as the servers know. Nothing listens there.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
