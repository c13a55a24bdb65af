//! Checks of the npm package `oidc-provider` alone: mixed-up callbacks and denied logins.

use std::time::SystemTime;

use workos_login::{Callback, DevicePoll, Error};

use crate::adapter::Adapter;
use crate::checks::{Check, Checked, ensure};
use crate::oauth::{Target, begin, discover, poll, request_device, verification_uri};
use crate::steps::{expect, finish, state};
use crate::user_agent::UserAgent;

pub(crate) const CHECKS: &[Check<Target>] = &[
    ("rejects a callback of another issuer", other_issuer),
    ("rejects the code of another login", other_verifier),
    ("a cancelled login is denied", denied),
    ("a cancelled device login is denied", device_denied),
    (
        "a device login is pending before its approval",
        device_pending,
    ),
];

fn other_issuer(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let (url, mut pending) = begin(&client)?;
    let callback = UserAgent::new().agree(url.as_str(), "alice")?.callback()?;
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

fn other_verifier(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let (first_url, _) = begin(&client)?;
    let (second_url, second) = begin(&client)?;
    let callback = UserAgent::new()
        .agree(first_url.as_str(), "alice")?
        .callback()?;
    // Code injection: the `state` of the second login with the code of the first (RFC 9700 section 4.5).
    let callback = callback.replace(&state(&first_url)?, &state(&second_url)?);
    expect(finish(adapter, &client, second, &callback), |error| {
        matches!(error, Error::InvalidGrant(_))
    })
}

fn denied(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let (url, pending) = begin(&client)?;
    let callback = UserAgent::new()
        .follow(url.as_str(), "/abort")?
        .callback()?;
    let accepted = pending.accept(&client, Callback::parse(&callback)?, SystemTime::now());
    expect(
        accepted.map_err(|refused| Error::from(refused).into()),
        |error| matches!(error, Error::Denied(denied) if denied.code() == Some("access_denied")),
    )
}

fn device_denied(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let device_login = request_device(adapter, &client)?;
    UserAgent::new().abort_device(&verification_uri(&device_login)?)?;
    expect(poll(adapter, &client, device_login), |error| {
        matches!(error, Error::Denied(_))
    })
}

fn device_pending(adapter: &Adapter, target: &Target) -> Checked {
    let client = discover(adapter, target)?;
    let device_login = request_device(adapter, &client)?;
    match poll(adapter, &client, device_login)? {
        DevicePoll::Pending(_) => Ok(()),
        DevicePoll::Done(_) => Err("the login was complete before its approval".into()),
    }
}
