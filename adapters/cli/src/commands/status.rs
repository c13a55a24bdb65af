//! `workos-login status`: the state of the session.
//!
//! It reads the stored session and sends no request, so it reports what this machine knows: the service may have ended the session.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde::Serialize;
use workos_login::RefreshPolicy;
use workos_login_native::Location;

use crate::failure::Failure;
use crate::identity::Identity;
use crate::output::report::{Report, table};
use crate::selection::{SelectionArgs, serialize_location};
use crate::session::Session;

/// Print when the access token expires, when it is due for refresh, and where the session is stored
///
/// Sends no request.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    selection: SelectionArgs,
}

/// The state of the session.
#[derive(Serialize)]
pub(crate) struct Status {
    account: String,
    #[serde(serialize_with = "serialize_location")]
    store: Option<Location>,
    #[serde(flatten)]
    identity: Identity,
    /// Whole seconds; `None` if the expiry is unknown.
    expires_in: Option<u64>,
    /// Whole seconds; zero if the token is due for refresh, `None` if the expiry is unknown or the token cannot be refreshed.
    refresh_in: Option<u64>,
}

/// Reads the state of the session.
pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    read(&args.selection.open()?, SystemTime::now())
}

fn read(session: &Session, now: SystemTime) -> Result<Status, Failure> {
    let stored = session.load()?;
    let seconds = |left: Duration| left.as_secs();
    let refresh_in = match stored.refresh_token() {
        Some(_) => stored.refresh_in(&RefreshPolicy::default(), now),
        None => None,
    };
    Ok(Status {
        account: session.name().as_str().to_owned(),
        store: Some(session.location()?),
        identity: Identity::from(&*stored),
        expires_in: stored.expires_in(now).map(seconds),
        refresh_in: refresh_in.map(seconds),
    })
}

impl Report for Status {
    fn lines(&self) -> Vec<String> {
        let access_token = access_token(self.expires_in, self.refresh_in);
        let store = self.store.as_ref().map(ToString::to_string);
        let rows = [
            ("account", Some(&*self.account)),
            ("stored in", store.as_deref()),
            ("access token", Some(&*access_token)),
        ];
        table(
            format!("{} is logged in", self.identity.display_name()),
            self.identity.rows().into_iter().chain(rows),
        )
    }
}

/// Describes the access token by its lifetimes in seconds.
fn access_token(expires_in: Option<u64>, refresh_in: Option<u64>) -> String {
    let time = |seconds| format_duration(Duration::from_secs(seconds));
    let expiry = match expires_in {
        Some(0) => "expired".to_owned(),
        Some(left) => format!("expires in {}", time(left)),
        None => "unknown lifetime".to_owned(),
    };
    match refresh_in {
        Some(0) => format!("{expiry}; the next use refreshes it"),
        Some(due) => format!("{expiry}; due for refresh in {}", time(due)),
        None => expiry,
    }
}

#[cfg(test)]
#[path = "../../tests/unit/status.rs"]
mod tests;
