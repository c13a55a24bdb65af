//! `workos-login logout`: ends the session.
//!
//! The session is removed from the keyring before the browser is opened, so that it is removed even if the browser fails. At the
//! service, it ends when the browser opens the session logout URL.

use serde::Serialize;
use workos_login::Authenticated;
use workos_login::url::Url;
use workos_login_native::open_browser;

use crate::failure::Failure;
use crate::output::Output;
use crate::output::report::Report;
use crate::session::{Session, SessionArgs};

/// Remove the session from the keyring, and open the session logout URL
///
/// The session is removed first, whatever the browser does afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionArgs,

    /// Print the session logout URL instead of opening the browser
    #[arg(long)]
    no_browser: bool,
}

/// The result of the logout.
#[derive(Serialize)]
pub(crate) struct LoggedOut {
    /// `None` if the stored session could not be read.
    was_logged_in: Option<bool>,
    /// `None` if the session has none.
    logout_url: Option<String>,
    opened: bool,
}

/// Logs out.
pub(crate) fn run(args: &Args, output: &Output) -> Result<LoggedOut, Failure> {
    let logged_out = log_out(&args.session.open()?, output, |session| {
        args.session.logout_url(session)
    })?;
    let opened = match &logged_out.logout_url {
        Some(url) if !args.no_browser => open_browser(url).is_ok(),
        _ => false,
    };
    Ok(LoggedOut {
        opened,
        ..logged_out
    })
}

/// Removes the session from the store.
fn log_out(
    session: &Session,
    output: &Output,
    logout_url: impl FnOnce(&Authenticated) -> Option<Url>,
) -> Result<LoggedOut, Failure> {
    let removed = session.log_out()?;
    if let Some(error) = removed.unreadable() {
        output.warn_error(error);
    }
    let session = removed.session();
    Ok(LoggedOut {
        was_logged_in: match removed.unreadable() {
            Some(_) => None,
            None => Some(session.is_some()),
        },
        logout_url: session
            .and_then(|session| logout_url(session))
            .map(String::from),
        opened: false,
    })
}

impl Report for LoggedOut {
    fn lines(&self) -> Vec<String> {
        let result = match self.was_logged_in {
            Some(true) => "Logged out.",
            Some(false) => "No user was logged in.",
            None => {
                "Removed a stored session that could not be read; at the service, it continues until it expires."
            }
        };
        let mut lines = vec![result.to_owned()];
        if let Some(url) = &self.logout_url {
            let instruction = match self.opened {
                true => {
                    "The browser ends the session at the service; if it does not, open this URL:"
                }
                false => "To end the session at the service, open this URL in the browser:",
            };
            lines.extend([instruction.to_owned(), url.clone()]);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workos_login_keyring as keyring;
    use workos_login_session::{BlockingStore, Expected, StoreError, StoreLock, StoredSession};

    use super::*;
    use crate::session::fixture::Fixture;

    fn run(fixture: &Fixture) -> LoggedOut {
        let logout_url = |session: &Authenticated| session.logout_url(&fixture.client, None);
        log_out(&fixture.session(), &fixture.output, logout_url).unwrap()
    }

    #[test]
    fn removes_the_session_and_returns_its_logout_url() {
        let fixture = Fixture::logged_in("alice@example.com");
        let logged_out = run(&fixture);
        assert_eq!(logged_out.was_logged_in, Some(true));
        let url = logged_out.logout_url.unwrap();
        assert!(url.contains(&fixture.server.sessions()[0]), "{url}");
        assert!(fixture.session().load().is_err());

        let again = run(&fixture);
        assert_eq!(again.was_logged_in, Some(false));
        assert_eq!(again.lines(), ["No user was logged in."]);
        assert_eq!(fixture.server.request_count(), 0);
    }

    #[test]
    fn an_unreadable_session_is_removed_and_not_reported_as_none() {
        let fixture = Fixture::logged_out();
        let session = fixture.session_in(Unreadable);
        let logged_out = log_out(&session, &fixture.output, |_| None).unwrap();
        assert_eq!(logged_out.was_logged_in, None);
        assert!(!logged_out.lines().concat().contains("No user"));
    }

    /// A store with a damaged record.
    struct Unreadable;

    impl BlockingStore for Unreadable {
        fn load(&self) -> Result<Option<StoredSession>, StoreError> {
            Err(StoreError::new(keyring::Error::Damaged))
        }

        fn save(&self, _: &StoredSession, _: Expected) -> Result<(), StoreError> {
            panic!("a logout saves nothing")
        }

        fn clear(&self, _: Expected) -> Result<(), StoreError> {
            Ok(())
        }

        fn lock(&self, _: Duration, _: Duration) -> Result<Option<StoreLock>, StoreError> {
            Ok(Some(StoreLock::new(())))
        }

        fn check(&self) -> Result<(), StoreError> {
            Ok(())
        }
    }
}
