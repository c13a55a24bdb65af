//! `workos-login status`: the state of the session.
//!
//! It reads the stored session and sends no request, so it reports what this machine knows: the service may have ended the session.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde_json::json;
use workos_login::RefreshPolicy;

use crate::account::AccountArgs;
use crate::failure::Failure;
use crate::report::{Report, expiry};

/// Print when the token expires, and where the session is stored
///
/// Sends no request.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    account: AccountArgs,
}

impl Args {
    /// Reads the state of the session.
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let (account, session) = self.account.load()?;
        let location = account.stored()?.location();
        let now = SystemTime::now();
        let whole = |left: Duration| Duration::from_secs(left.as_secs());
        let expires_in = session.expires_in(now).map(whole);
        let refresh_in = session
            .refresh_in(&RefreshPolicy::default(), now)
            .map(whole);
        let refresh_in = refresh_in.filter(|_| session.refresh_token().is_some());
        let name = account.app.account_name();
        Ok(
            Report::of_session(&session, |user| format!("{user} is logged in"))
                .row("account", Some(name))
                .row("stored in", Some(location.to_string()))
                .row("access token", Some(access_token(expires_in, refresh_in)))
                .with(json!({
                    "account": name,
                    "store": location.as_str(),
                    "expires_in": expires_in.map(|left| left.as_secs()),
                    "refresh_in": refresh_in.map(|left| left.as_secs()),
                })),
        )
    }
}

/// Describes the access token by its lifetimes.
fn access_token(expires_in: Option<Duration>, refresh_in: Option<Duration>) -> String {
    let expiry = expiry(expires_in);
    match refresh_in {
        Some(Duration::ZERO) => format!("{expiry}; the next use refreshes it"),
        Some(due) => format!("{expiry}; due for refresh in {}", format_duration(due)),
        None => expiry,
    }
}

#[cfg(test)]
#[path = "../../tests/unit/status.rs"]
mod tests;
