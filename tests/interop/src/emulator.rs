//! A login with WorkOS User Management, at the emulator in the npm package `workos`.
//!
//! It shows no page: whoever opens its authorization address is logged in as the user of its seed. Its error codes are
//! partly its own.

use std::time::SystemTime;

use url::Url;
use workos_login::{
    Authenticated, AwaitingCallback, Callback, Client, ConnectionSelector, Error, Screen,
};

use crate::adapter::Adapter;
use crate::checks::{Check, Checked, Result, ensure};
use crate::steps::{REDIRECT_URI, expect, finish, refresh, refresh_token, state};
use crate::user_agent::UserAgent;

pub(crate) const CHECKS: &[Check] = &[
    ("a login ends with the user of the seed", login),
    ("a user whom nobody knows is not logged in", unknown_user),
    ("a code that was never issued is refused", bad_code),
    ("a code that is used again is refused", used_code),
    ("a code fits its own login only", other_verifier),
    ("a refresh brings a new refresh token", refreshed),
    ("a refresh token that is used again is refused", replay),
];

fn login(adapter: &Adapter, base_url: &str) -> Checked {
    let session = logged_in(adapter, &client(base_url)?)?;
    let user = session.user();
    ensure(user.email() == Some(EMAIL), "it is another user")?;
    ensure(user.first_name() == Some("Alice"), "she has another name")?;
    ensure(session.session_id().is_some(), "there is no session id")?;
    ensure(
        session.expires_in(SystemTime::now()).is_some(),
        "the lifetime is unknown",
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
        |error| matches!(error, Error::Denied(denied) if denied.code() == "user_not_found"),
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
    // An attacker who knows the second login's state cannot put the first one's code into it.
    let callback = visit(&first_url)?.replace(&state(&first_url)?, &state(&second_url)?);
    expect(finish(adapter, &client, second, &callback), |error| {
        code(error) == Some("invalid_code_verifier")
    })
}

fn refreshed(adapter: &Adapter, base_url: &str) -> Checked {
    let client = client(base_url)?;
    let mut session = logged_in(adapter, &client)?;
    // Twice, because the new refresh token has to be good, too.
    for _ in 0..2 {
        let next = refresh(adapter, &client, &session)?;
        ensure(
            refresh_token(&next)? != refresh_token(&session)?,
            "the refresh token is the old one",
        )?;
        ensure(next.user().email() == Some(EMAIL), "it is another user")?;
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
    let destination = UserAgent::new(REDIRECT_URI).open(url.as_str())?;
    destination.callback()
}

fn logged_in(adapter: &Adapter, client: &Client) -> Result<Authenticated> {
    let (url, pending) = begin(client)?;
    finish(adapter, client, pending, &visit(&url)?)
}

/// The code of a refusal that is this service's own.
fn code(error: &Error) -> Option<&str> {
    match error {
        Error::InvalidGrant(answer) | Error::Rejected(answer) => answer.code(),
        _ => None,
    }
}

const EMAIL: &str = "alice@example.com";
