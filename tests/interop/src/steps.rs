//! Steps of a login that several checks share.

use std::time::SystemTime;

use url::Url;
use workos_login::secrecy::ExposeSecret;
use workos_login::{Authenticated, AwaitingCallback, Callback, Client, ClientKind, Error};

use crate::adapter::Adapter;
use crate::checks::{Checked, Result};

/// Accepts a callback and exchanges its code.
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

/// Returns an error unless the step failed with the expected error.
pub(crate) fn expect<T>(result: Result<T>, expected: fn(&Error) -> bool) -> Checked {
    let Err(error) = result else {
        return Err("the step succeeded".into());
    };
    match error.downcast_ref() {
        Some(error) if expected(error) => Ok(()),
        _ => Err(error),
    }
}

pub(crate) fn state(url: &Url) -> Result<String> {
    parameter(url, "state")
}

/// Returns a parameter of a URL.
pub(crate) fn parameter(url: &Url, name: &str) -> Result<String> {
    let parameter = url.query_pairs().find(|(known, _)| known == name);
    let (_, value) = parameter.ok_or_else(|| format!("the URL has no {name}"))?;
    Ok(value.into_owned())
}

pub(crate) fn refresh_token(session: &Authenticated) -> Result<&str> {
    let token = session.refresh_token().ok_or("there is no refresh token")?;
    Ok(token.expose_secret())
}

/// The URL of the application, below which are its redirect URIs. No listener is bound to it.
pub(crate) const APPLICATION: &str = "http://127.0.0.1:49152/";

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
