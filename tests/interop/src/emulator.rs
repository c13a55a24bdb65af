//! Logins to WorkOS User Management, in the emulator of the npm package `workos`.
//!
//! The emulator has no login page: its authorization endpoint logs in the user of the seed. Some of its error codes are not
//! those of WorkOS.

use std::time::SystemTime;

use url::Url;
use workos_login::{
    Authenticated, AwaitingCallback, Callback, Client, ConnectionSelector, Error, Screen,
};

use crate::adapter::Adapter;
use crate::checks::{Check, Checked, Result, ensure};
use crate::steps::{REDIRECT_URI, expect, finish, refresh, refresh_token, state};
use crate::user_agent::UserAgent;

pub(crate) const CHECKS: &[Check<str>] = &[
    ("logs in the user of the seed", login),
    ("denies an unknown user", unknown_user),
    ("rejects a code that was not issued", bad_code),
    ("rejects a used code", used_code),
    ("rejects the code of another login", other_verifier),
    ("rotates the refresh token", refreshed),
    ("rejects a used refresh token", replay),
];

fn login(adapter: &Adapter, base_url: &str) -> Checked {
    let session = logged_in(adapter, &client(base_url)?)?;
    let user = session.user().ok_or("there is no user")?;
    ensure(user.email() == Some(EMAIL), "the user is different")?;
    ensure(user.first_name() == Some("Alice"), "the name is different")?;
    ensure(session.session_id().is_some(), "there is no session ID")?;
    ensure(
        session.expires_in(SystemTime::now()).is_some(),
        "the access token has no lifetime",
    )
}

fn unknown_user(_: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::SignIn),
            REDIRECT_URI.parse()?,
        )
        .login_hint("nobody@example.com")
        .begin(SystemTime::now(), &mut rand::rng());
    let callback = Callback::parse(&visit(&url.into())?)?;
    let accepted = pending.accept(&client, callback, SystemTime::now());
    expect(
        accepted.map_err(|refused| Error::from(refused).into()),
        |error| matches!(error, Error::Denied(denied) if denied.code() == Some("user_not_found")),
    )
}

fn bad_code(adapter: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let (url, pending) = begin(&client)?;
    let callback = format!("{REDIRECT_URI}?code=never_issued&state={}", state(&url)?);
    expect(finish(adapter, &client, pending, &callback), |error| {
        code(error) == Some("invalid_code")
    })
}

fn used_code(adapter: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let (url, pending) = begin(&client)?;
    let copy = serde_json::from_str(&serde_json::to_string(&pending)?)?;
    let callback = visit(&url)?;
    finish(adapter, &client, pending, &callback)?;
    expect(finish(adapter, &client, copy, &callback), |error| {
        code(error) == Some("invalid_code")
    })
}

fn other_verifier(adapter: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let (first_url, _) = begin(&client)?;
    let (second_url, second) = begin(&client)?;
    // Code injection: the `state` of the second login with the code of the first (RFC 9700 section 4.5).
    let callback = visit(&first_url)?.replace(&state(&first_url)?, &state(&second_url)?);
    expect(finish(adapter, &client, second, &callback), |error| {
        code(error) == Some("invalid_code_verifier")
    })
}

fn refreshed(adapter: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let mut session = logged_in(adapter, &client)?;
    // Twice, because the new refresh token must be valid, too.
    for _ in 0..2 {
        let next = refresh(adapter, &client, &session)?;
        ensure(
            refresh_token(&next)? != refresh_token(&session)?,
            "the refresh token was not rotated",
        )?;
        ensure(
            next.user().and_then(|user| user.email()) == Some(EMAIL),
            "the user is different",
        )?;
        session = next;
    }
    Ok(())
}

fn replay(adapter: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let session = logged_in(adapter, &client)?;
    refresh(adapter, &client, &session)?;
    expect(refresh(adapter, &client, &session), |error| {
        matches!(error, Error::InvalidGrant(_))
    })
}

fn client(base_url: &str) -> Result<Client> {
    Ok(Client::public("client_interop".parse()?).base_url(base_url.parse()?)?)
}

fn begin(client: &Client) -> Result<(Url, AwaitingCallback)> {
    let (url, pending) = client
        .login(
            ConnectionSelector::AuthKit(Screen::SignIn),
            REDIRECT_URI.parse()?,
        )
        .begin(SystemTime::now(), &mut rand::rng());
    Ok((url.into(), pending))
}

fn visit(url: &Url) -> Result<String> {
    let destination = UserAgent::new().open(url.as_str())?;
    destination.callback()
}

fn logged_in(adapter: &Adapter, client: &Client) -> Result<Authenticated> {
    let (url, pending) = begin(client)?;
    finish(adapter, client, pending, &visit(&url)?)
}

/// Returns the code of an error response.
fn code(error: &Error) -> Option<&str> {
    match error {
        Error::InvalidGrant(response) | Error::Rejected(response) => response.code(),
        _ => None,
    }
}

const EMAIL: &str = "alice@example.com";
