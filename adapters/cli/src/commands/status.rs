//! `workos-login status`: the state of the session.
//!
//! It reads the stored session and sends no request, so it reports what this machine knows: the service may have ended the session.

use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde::Serialize;
use workos_login::RefreshPolicy;
use workos_login_keyring::Keyring;

use crate::failure::Failure;
use crate::identity::Identity;
use crate::output::report::{Report, table};
use crate::session::{Session, SessionArgs, account};

/// Print when the access token expires, when it is due for refresh, and where the session is stored
///
/// Sends no request.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionArgs,
}

/// The state of the session.
#[derive(Serialize)]
pub(crate) struct Status {
    account: String,
    #[serde(serialize_with = "account::serialize_store")]
    store: Option<Keyring>,
    #[serde(flatten)]
    identity: Identity,
    /// Whole seconds; `None` if the expiry is unknown.
    expires_in: Option<u64>,
    /// Whole seconds; zero if the token is due for refresh, `None` if the expiry is unknown or the token cannot be refreshed.
    refresh_in: Option<u64>,
}

/// Reads the state of the session.
pub(crate) fn run(args: &Args) -> Result<Status, Failure> {
    read(&args.session.open()?, SystemTime::now())
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
        store: Some(session.keyring()),
        identity: Identity::from(&*stored),
        expires_in: stored.expires_in(now).map(seconds),
        refresh_in: refresh_in.map(seconds),
    })
}

impl Status {
    fn access_token(&self) -> String {
        let time = |seconds| format_duration(Duration::from_secs(seconds));
        let expiry = match self.expires_in {
            Some(0) => "expired".to_owned(),
            Some(left) => format!("expires in {}", time(left)),
            None => "unknown lifetime".to_owned(),
        };
        match self.refresh_in {
            Some(0) => format!("{expiry}; the next use refreshes it"),
            Some(due) => format!("{expiry}; due for refresh in {}", time(due)),
            None => expiry,
        }
    }
}

impl Report for Status {
    fn lines(&self) -> Vec<String> {
        let access_token = self.access_token();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture::Fixture;

    #[test]
    fn reports_expiry_refresh_and_store_without_a_request() {
        let fixture = Fixture::logged_in("alice@example.com");
        let later = fixture.now() + Duration::from_secs(100);
        let status = read(&fixture.session(), later).unwrap();
        assert!((195..=200).contains(&status.expires_in.unwrap()));
        assert!((45..=50).contains(&status.refresh_in.unwrap()));
        let json = serde_json::to_value(&status).unwrap();
        assert_eq!(json["account"], "work");
        assert_eq!(json["store"], "other");
        assert_eq!(json["user"]["email"], "alice@example.com");
        assert!(!json.to_string().contains("eyJ"), "{json}");
        let lines = status.lines().concat();
        assert!(lines.contains(&Keyring::Custom.to_string()), "{lines}");

        fixture.expire_access_token();
        let status = read(&fixture.session(), fixture.now()).unwrap();
        assert_eq!((status.expires_in, status.refresh_in), (Some(0), Some(0)));
        assert_eq!(fixture.server.request_count(), 0);
    }

    #[test]
    fn describes_the_access_token_in_words() {
        let fixture = Fixture::logged_in("alice@example.com");
        let mut status = read(&fixture.session(), SystemTime::now()).unwrap();
        for (expires_in, refresh_in, expected) in [
            (
                Some(200),
                Some(50),
                "expires in 3m 20s; due for refresh in 50s",
            ),
            (
                Some(100),
                Some(0),
                "expires in 1m 40s; the next use refreshes it",
            ),
            (Some(0), Some(0), "expired; the next use refreshes it"),
            (None, None, "unknown lifetime"),
            (Some(200), None, "expires in 3m 20s"),
            (Some(0), None, "expired"),
        ] {
            (status.expires_in, status.refresh_in) = (expires_in, refresh_in);
            assert_eq!(status.access_token(), expected);
        }
    }
}
