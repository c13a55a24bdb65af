//! The steps that every authorization server passes: from its issuer to the end of a session.
//!
//! Each check discovers the server and logs in anew, so that it depends on no other. What a server lacks is in a list of its own.

use std::thread;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;
use workos_login::keys::{IdClaims, Verified};
use workos_login::secrecy::ExposeSecret;
use workos_login::{
    Authenticated, AwaitingCallback, AwaitingDevice, Client, DevicePoll, Discovery, Error, OAuth,
    Server,
};

use crate::adapter::Adapter;
use crate::checks::{Check, Checked, Result, ensure};
use crate::peer::Peer;
use crate::steps::{APPLICATION, REDIRECT_URI, expect, finish, parameter, refresh, refresh_token};
use crate::user_agent::UserAgent;

/// A running server.
pub(crate) struct Target {
    pub(crate) peer: &'static Peer,
    pub(crate) issuer: String,
}

pub(crate) const COMMON: &[Check<Target>] = &[
    ("verifies the ID token of a login by its signature", login),
    (
        "the userinfo response contains the e-mail address",
        userinfo,
    ),
    ("rotates the refresh token", refreshed),
];

pub(crate) const REVOCATION: &[Check<Target>] = &[("a logout revokes the refresh token", logout)];

pub(crate) const NO_REVOCATION: &[Check<Target>] = &[(
    "a revocation that requires a client secret is an error, and the session remains",
    refused_revocation,
)];

pub(crate) const ONE_USE: &[Check<Target>] = &[("rejects a used refresh token", used)];

pub(crate) const REUSE_DETECTION: &[Check<Target>] =
    &[("a used refresh token ends the session", replay)];

pub(crate) const END_SESSION_URL: &[Check<Target>] = &[(
    "RP-initiated logout returns to the application",
    end_session_url,
)];

pub(crate) const LOGOUT_IN_THE_BROWSER: &[Check<Target>] = &[(
    "RP-initiated logout ends the session in the browser",
    logout_in_the_browser,
)];

pub(crate) const DEVICE: &[Check<Target>] = &[(
    "a device login logs in the user who approves it",
    device_login,
)];

fn login(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let (url, pending) = begin(&client)?;
    let callback = UserAgent::new().agree(url.as_str(), USER)?.callback()?;
    let session = finish(adapter, &client, pending, &callback)?;
    let claims = verify(adapter, &client, &session, target)?;
    let nonce = parameter(&url, "nonce")?;
    ensure(
        claims.nonce() == Some(&*nonce),
        "the ID token has another nonce",
    )?;
    ensure(
        session
            .user()
            .is_some_and(|user| user.id() == claims.subject()),
        "the user is different",
    )?;
    ensure(
        session.expires_in(SystemTime::now()).is_some(),
        "the access token has no lifetime",
    )
}

fn userinfo(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let session = logged_in(adapter, &client)?;
    let session = adapter.send(session.fetch_user_info(&client).map_err(Error::from)?)?;
    let email = session.user().and_then(|user| user.email());
    ensure(
        email == Some("alice@example.com"),
        "the e-mail address is different",
    )
}

fn refreshed(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let mut session = logged_in(adapter, &client)?;
    // Twice, because the new refresh token must be valid, too.
    for _ in 0..2 {
        let next = refresh(adapter, &client, &session)?;
        ensure(
            refresh_token(&next)? != refresh_token(&session)?,
            "the refresh token was not rotated",
        )?;
        ensure(
            next.user().map(|user| user.id()) == session.user().map(|user| user.id()),
            "the user is different",
        )?;
        session = next;
    }
    Ok(())
}

fn used(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let used = logged_in(adapter, &client)?;
    refresh(adapter, &client, &used)?;
    expect_ended(adapter, &client, &used)
}

fn replay(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let used = logged_in(adapter, &client)?;
    let fresh = refresh(adapter, &client, &used)?;
    // Reuse detection revokes the new refresh token, too.
    expect_ended(adapter, &client, &used)?;
    expect_ended(adapter, &client, &fresh)
}

fn logout(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let session = logged_in(adapter, &client)?;
    // The refresh token is valid before, so that it is the revocation which ends it.
    let session = refresh(adapter, &client, &session)?;
    adapter.send(session.clone().revoke(&client).map_err(Error::from)?)?;
    expect_ended(adapter, &client, &session)
}

fn refused_revocation(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let session = logged_in(adapter, &client)?;
    let revoking = session.clone().revoke(&client).map_err(Error::from)?;
    expect(adapter.send(revoking), |error| {
        matches!(error, Error::Client(_))
    })?;
    refresh(adapter, &client, &session)?;
    Ok(())
}

fn end_session_url(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let session = logged_in(adapter, &client)?;
    log_out(&mut UserAgent::new(), &client, &session)
}

fn logout_in_the_browser(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let mut user_agent = UserAgent::new();
    let (url, pending) = begin(&client)?;
    let callback = user_agent.agree(url.as_str(), USER)?.callback()?;
    let session = finish(adapter, &client, pending, &callback)?;

    let again = user_agent.open(begin(&client)?.0.as_str())?;
    ensure(!again.is_login_page(), "the browser has no session")?;
    log_out(&mut user_agent, &client, &session)?;
    let after = user_agent.open(begin(&client)?.0.as_str())?;
    ensure(
        after.is_login_page(),
        "the session in the browser did not end",
    )
}

fn device_login(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let session = log_in_device(adapter, &client)?;
    verify(adapter, &client, &session, target)?;
    refresh(adapter, &client, &session)?;
    Ok(())
}

/// Finds the server by its issuer, and by nothing else.
pub(crate) fn discover(adapter: &Adapter, target: &Target) -> Result<Client<OAuth>> {
    let mut discovering = Server::discover(&target.issuer)?;
    loop {
        match adapter.send(discovering)? {
            Discovery::Found(server) => {
                return Ok(Client::oauth("interop_client".parse()?, server));
            }
            Discovery::Next(next) => discovering = next,
        }
    }
}

pub(crate) fn begin(client: &Client<OAuth>) -> Result<(Url, AwaitingCallback)> {
    let scope = client.server().scope().clone();
    let (url, pending) = client
        .login(scope, REDIRECT_URI.parse()?)
        .begin(SystemTime::now(), &mut rand::rng());
    Ok((url.into(), pending))
}

/// Logs in with the device authorization grant, which the user approves before the first poll.
pub(crate) fn log_in_device(adapter: &Adapter, client: &Client<OAuth>) -> Result<Authenticated> {
    let device_login = request_device(adapter, client)?;
    UserAgent::new().agree(&verification_uri(&device_login)?, USER)?;
    let DevicePoll::Done(outcome) = poll(adapter, client, device_login)? else {
        return Err("the login is pending after its approval".into());
    };
    Ok(outcome.authenticated()?)
}

pub(crate) fn request_device(adapter: &Adapter, client: &Client<OAuth>) -> Result<AwaitingDevice> {
    let requesting = client.device(client.server().scope());
    adapter.send(requesting.map_err(Error::from)?)
}

pub(crate) fn verification_uri(device_login: &AwaitingDevice) -> Result<String> {
    let uri = device_login.verification_uri_complete();
    Ok(uri.ok_or("no complete verification URI")?.to_owned())
}

/// Waits for the polling interval and polls once.
pub(crate) fn poll(
    adapter: &Adapter,
    client: &Client<OAuth>,
    device_login: AwaitingDevice,
) -> Result<DevicePoll> {
    thread::sleep(device_login.poll_in(SystemTime::now()));
    let polling = device_login.poll(client, SystemTime::now());
    adapter.send(polling.map_err(Error::from)?)
}

pub(crate) fn logged_in(adapter: &Adapter, client: &Client<OAuth>) -> Result<Authenticated> {
    let (url, pending) = begin(client)?;
    let callback = UserAgent::new().agree(url.as_str(), USER)?.callback()?;
    finish(adapter, client, pending, &callback)
}

/// Verifies the ID token with the keys at the discovered JWKS URI, and compares its algorithm.
fn verify(
    adapter: &Adapter,
    client: &Client<OAuth>,
    session: &Authenticated,
    target: &Target,
) -> Result<Verified<IdClaims>> {
    let token = session.id_token().ok_or("there is no ID token")?;
    let token = token.expose_secret();
    // No access token is verified, so the audience is not used.
    let keys = client.key_set("unused").map_err(Error::from)?;
    let claims = adapter.verify_id_token(keys, token)?;
    let header = token.split('.').next().unwrap_or_default();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
    ensure(
        header["alg"] == target.peer.algorithm,
        "the ID token has another algorithm",
    )?;
    Ok(claims)
}

fn expect_ended(adapter: &Adapter, client: &Client<OAuth>, session: &Authenticated) -> Checked {
    expect(refresh(adapter, client, session), |error| {
        matches!(error, Error::InvalidGrant(_))
    })
}

/// Opens the URL of RP-initiated logout, and confirms it if the server asks to.
fn log_out(user_agent: &mut UserAgent, client: &Client<OAuth>, session: &Authenticated) -> Checked {
    let destination = format!("{APPLICATION}logged-out");
    let url = session
        .end_session_url(client, Some(&destination.parse()?), Some("a state"))
        .ok_or("the server has no end-session endpoint")?;
    let url: Url = user_agent.agree(url.as_str(), USER)?.callback()?.parse()?;
    ensure(
        url.as_str().starts_with(&destination) && parameter(&url, "state")? == "a state",
        "the browser is at another URL after the logout",
    )
}

const USER: &str = "alice";
