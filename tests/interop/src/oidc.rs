//! A login with standard OAuth, at the npm package `oidc-provider`.

use std::thread;
use std::time::SystemTime;

use serde::Deserialize;
use url::Url;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Callback, Client, DevicePoll, Error, OAuth,
    Scope, Server,
};

use crate::adapter::Adapter;
use crate::checks::{Check, Checked, Result, ensure};
use crate::steps::{REDIRECT_URI, expect, finish, refresh, refresh_token, state};
use crate::user_agent::UserAgent;

pub(crate) const CHECKS: &[Check] = &[
    ("a login ends with the user who logged in", login),
    ("a callback of another issuer is forged", other_issuer),
    ("a code fits its own login only", other_verifier),
    ("a login that is cancelled is denied", denied),
    ("a refresh brings a new refresh token", refreshed),
    (
        "a refresh token that is used again ends the session",
        replay,
    ),
    ("a device login ends with the user who approved it", device),
    ("a device login that is aborted is denied", device_denied),
];

fn login(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let (url, pending) = begin(&client)?;
    let callback = user_agent().agree(url.as_str(), "alice")?.callback()?;
    ensure(callback.contains("iss="), "the callback names no issuer")?;
    let session = finish(adapter, &client, pending, &callback)?;
    ensure(session.user().id() == "alice", "it is another user")?;
    ensure(session.id_token().is_some(), "there is no ID token")?;
    refresh_token(&session)?;
    ensure(
        session.expires_in(SystemTime::now()).is_some(),
        "the lifetime is unknown",
    )
}

fn other_issuer(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let (url, mut pending) = begin(&client)?;
    let callback = user_agent().agree(url.as_str(), "alice")?.callback()?;
    for forged in [
        callback.replace("iss=http", "iss=https"),
        callback.replace("iss=", "not_iss="),
    ] {
        ensure(forged != callback, "the callback names no issuer")?;
        let Err(refused) = pending.accept(&client, Callback::parse(&forged)?, SystemTime::now())
        else {
            return Err("another issuer was believed".into());
        };
        let (kept, error) = refused.into_parts();
        ensure(
            matches!(error, Error::CallbackMismatch(_)),
            &error.to_string(),
        )?;
        pending = kept;
    }
    finish(adapter, &client, pending, &callback)?;
    Ok(())
}

fn other_verifier(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let (first_url, _) = begin(&client)?;
    let (second_url, second) = begin(&client)?;
    let callback = user_agent()
        .agree(first_url.as_str(), "alice")?
        .callback()?;
    // An attacker who knows the second login's state cannot put the first one's code into it.
    let callback = callback.replace(&state(&first_url)?, &state(&second_url)?);
    expect(finish(adapter, &client, second, &callback), |error| {
        matches!(error, Error::InvalidGrant(_))
    })
}

fn denied(_: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let (url, pending) = begin(&client)?;
    let callback = user_agent().follow(url.as_str(), "/abort")?.callback()?;
    let accepted = pending.accept(&client, Callback::parse(&callback)?, SystemTime::now());
    expect(
        accepted.map_err(|refused| Error::from(refused).into()),
        |error| matches!(error, Error::Denied(denied) if denied.code() == "access_denied"),
    )
}

fn refreshed(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let mut session = logged_in(adapter, &client)?;
    // Twice, because the new refresh token has to be good, too.
    for _ in 0..2 {
        let next = refresh(adapter, &client, &session)?;
        ensure(
            refresh_token(&next)? != refresh_token(&session)?,
            "the refresh token is the old one",
        )?;
        ensure(next.user().id() == "alice", "it is another user")?;
        session = next;
    }
    Ok(())
}

fn replay(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let used = logged_in(adapter, &client)?;
    let fresh = refresh(adapter, &client, &used)?;
    // The server takes the replay for theft, and ends the session for both sides.
    for session in [used, fresh] {
        expect(refresh(adapter, &client, &session), |error| {
            matches!(error, Error::InvalidGrant(_))
        })?;
    }
    Ok(())
}

fn device(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let waiting = adapter.send(client.device(&Scope::default()).map_err(Error::from)?)?;
    let page = waiting.verification_uri_complete().ok_or("no address")?;
    let page = page.to_owned();
    let DevicePoll::Pending(waiting) = poll(adapter, &client, waiting)? else {
        return Err("it was done before anyone approved it".into());
    };
    user_agent().agree(&page, "bob")?;
    let DevicePoll::Done(outcome) = poll(adapter, &client, waiting)? else {
        return Err("it was approved, and is still pending".into());
    };
    let session = outcome.authenticated()?;
    ensure(session.user().id() == "bob", "it is another user")
}

fn device_denied(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let waiting = adapter.send(client.device(&Scope::default()).map_err(Error::from)?)?;
    let page = waiting.verification_uri_complete().ok_or("no address")?;
    user_agent().abort_device(page)?;
    expect(poll(adapter, &client, waiting), |error| {
        matches!(error, Error::Denied(_))
    })
}

/// What a server says of itself (OpenID Connect Discovery 1.0 section 3).
#[derive(Deserialize)]
struct Discovered {
    authorization_endpoint: String,
    authorization_response_iss_parameter_supported: bool,
    device_authorization_endpoint: String,
    issuer: String,
    token_endpoint: String,
}

fn client(issuer: &str) -> Result<Client<OAuth>> {
    let document = ureq::get(format!("{issuer}/.well-known/openid-configuration"))
        .call()?
        .body_mut()
        .read_to_string()?;
    let found: Discovered = serde_json::from_str(&document)?;
    ensure(
        found.authorization_response_iss_parameter_supported,
        "the server does not name itself in callbacks",
    )?;
    let server = Server::new(
        &found.issuer,
        &found.authorization_endpoint.parse()?,
        &found.token_endpoint.parse()?,
    )?
    .device_authorization_endpoint(&found.device_authorization_endpoint.parse()?)?
    .advertises_iss();
    Ok(Client::oauth("interop_client".parse()?, server))
}

fn begin(client: &Client<OAuth>) -> Result<(Url, AwaitingCallback)> {
    let (url, pending) = client
        .login("offline_access".parse()?, REDIRECT_URI.parse()?)
        // The server gives a refresh token only to those who ask the user for it (OpenID Connect Core section 11).
        .prompt("consent")
        .begin(SystemTime::now(), &mut rand::rng());
    Ok((url.into(), pending))
}

fn logged_in(adapter: &Adapter, client: &Client<OAuth>) -> Result<Authenticated> {
    let (url, pending) = begin(client)?;
    let callback = user_agent().agree(url.as_str(), "alice")?.callback()?;
    finish(adapter, client, pending, &callback)
}

/// Waits as long as the server asks for, and polls once.
fn poll(adapter: &Adapter, client: &Client<OAuth>, waiting: AwaitingDevice) -> Result<DevicePoll> {
    thread::sleep(waiting.poll_in(SystemTime::now()));
    let polling = waiting.poll(client, SystemTime::now());
    adapter.send(polling.map_err(Error::from)?)
}

fn user_agent() -> UserAgent {
    UserAgent::new(REDIRECT_URI)
}
