//! Logins to an OAuth server, the npm package `oidc-provider`.

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
    ("logs in the user", login),
    ("rejects a callback of another issuer", other_issuer),
    ("rejects the code of another login", other_verifier),
    ("a cancelled login is denied", denied),
    ("rotates the refresh token", refreshed),
    ("a used refresh token ends the session", replay),
    ("a device login logs in the user who approves it", device),
    ("a cancelled device login is denied", device_denied),
];

fn login(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let (url, pending) = begin(&client)?;
    let callback = user_agent().agree(url.as_str(), "alice")?.callback()?;
    ensure(callback.contains("iss="), "the callback has no issuer")?;
    let session = finish(adapter, &client, pending, &callback)?;
    ensure(
        session.user().is_some_and(|user| user.id() == "alice"),
        "the user is different",
    )?;
    ensure(session.id_token().is_some(), "there is no ID token")?;
    refresh_token(&session)?;
    ensure(
        session.expires_in(SystemTime::now()).is_some(),
        "the access token has no lifetime",
    )
}

fn other_issuer(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let (url, mut pending) = begin(&client)?;
    let callback = user_agent().agree(url.as_str(), "alice")?.callback()?;
    for mismatched in [
        callback.replace("iss=http", "iss=https"),
        callback.replace("iss=", "not_iss="),
    ] {
        ensure(mismatched != callback, "the callback has no issuer")?;
        let Err(refused) =
            pending.accept(&client, Callback::parse(&mismatched)?, SystemTime::now())
        else {
            return Err("a callback of another issuer was accepted".into());
        };
        let (returned, error) = refused.into_parts();
        ensure(
            matches!(error, Error::CallbackMismatch(_)),
            &error.to_string(),
        )?;
        pending = returned;
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
    // Code injection: the `state` of the second login with the code of the first (RFC 9700 section 4.5).
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
        |error| matches!(error, Error::Denied(denied) if denied.code() == Some("access_denied")),
    )
}

fn refreshed(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let mut session = logged_in(adapter, &client)?;
    // Twice, because the new refresh token must be valid, too.
    for _ in 0..2 {
        let next = refresh(adapter, &client, &session)?;
        ensure(
            refresh_token(&next)? != refresh_token(&session)?,
            "the refresh token was not rotated",
        )?;
        ensure(
            next.user().is_some_and(|user| user.id() == "alice"),
            "the user is different",
        )?;
        session = next;
    }
    Ok(())
}

fn replay(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let used = logged_in(adapter, &client)?;
    let fresh = refresh(adapter, &client, &used)?;
    // Reuse detection revokes the new refresh token, too.
    for session in [used, fresh] {
        expect(refresh(adapter, &client, &session), |error| {
            matches!(error, Error::InvalidGrant(_))
        })?;
    }
    Ok(())
}

fn device(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let device_login = adapter.send(client.device(&Scope::default()).map_err(Error::from)?)?;
    let page = device_login
        .verification_uri_complete()
        .ok_or("no complete verification URI")?;
    let page = page.to_owned();
    let DevicePoll::Pending(device_login) = poll(adapter, &client, device_login)? else {
        return Err("the login was complete before its approval".into());
    };
    user_agent().agree(&page, "bob")?;
    let DevicePoll::Done(outcome) = poll(adapter, &client, device_login)? else {
        return Err("the login is pending after its approval".into());
    };
    let session = outcome.authenticated()?;
    ensure(
        session.user().is_some_and(|user| user.id() == "bob"),
        "the user is different",
    )
}

fn device_denied(adapter: &Adapter, issuer: &str) -> Checked {
    let client = client(issuer)?;
    let device_login = adapter.send(client.device(&Scope::default()).map_err(Error::from)?)?;
    let page = device_login
        .verification_uri_complete()
        .ok_or("no complete verification URI")?;
    user_agent().abort_device(page)?;
    expect(poll(adapter, &client, device_login), |error| {
        matches!(error, Error::Denied(_))
    })
}

/// Server metadata (OpenID Connect Discovery 1.0 section 3).
#[derive(Deserialize)]
struct Metadata {
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
    let metadata: Metadata = serde_json::from_str(&document)?;
    ensure(
        metadata.authorization_response_iss_parameter_supported,
        "the server does not support `iss` in callbacks",
    )?;
    let server = Server::new(
        &metadata.issuer,
        &metadata.authorization_endpoint.parse()?,
        &metadata.token_endpoint.parse()?,
    )?
    .device_authorization_endpoint(&metadata.device_authorization_endpoint.parse()?)?
    .advertises_iss();
    Ok(Client::oauth("interop_client".parse()?, server))
}

fn begin(client: &Client<OAuth>) -> Result<(Url, AwaitingCallback)> {
    let (url, pending) = client
        .login("offline_access".parse()?, REDIRECT_URI.parse()?)
        // Offline access requires consent (OpenID Connect Core 1.0 section 11).
        .prompt("consent")
        .begin(SystemTime::now(), &mut rand::rng());
    Ok((url.into(), pending))
}

fn logged_in(adapter: &Adapter, client: &Client<OAuth>) -> Result<Authenticated> {
    let (url, pending) = begin(client)?;
    let callback = user_agent().agree(url.as_str(), "alice")?.callback()?;
    finish(adapter, client, pending, &callback)
}

/// Waits for the polling interval and polls once.
fn poll(
    adapter: &Adapter,
    client: &Client<OAuth>,
    device_login: AwaitingDevice,
) -> Result<DevicePoll> {
    thread::sleep(device_login.poll_in(SystemTime::now()));
    let polling = device_login.poll(client, SystemTime::now());
    adapter.send(polling.map_err(Error::from)?)
}

fn user_agent() -> UserAgent {
    UserAgent::new(REDIRECT_URI)
}
