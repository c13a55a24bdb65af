//! `workos-login logout`: ends the session.

use serde::Serialize;
use workos_login_session::{self as manager, Store};

use crate::browser;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
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
    was_logged_in: bool,
    /// `None` if the session has none.
    logout_url: Option<String>,
    opened: bool,
}

/// Logs out.
pub(crate) fn run(args: &Args) -> Result<LoggedOut, Failure> {
    let removed = remove(&args.session.open()?)?;
    let session = removed.session();
    let url = session.and_then(|session| args.session.logout_url(session));
    let opened = match &url {
        Some(url) if !args.no_browser => browser::open(url.as_str()).is_ok(),
        _ => false,
    };
    Ok(LoggedOut {
        was_logged_in: session.is_some(),
        logout_url: url.map(String::from),
        opened,
    })
}

/// Removes the session from the store, even if it cannot be read.
fn remove<S: Store>(session: &Session<S>) -> Result<manager::LoggedOut, Failure> {
    let logged_out = session.log_out();
    match logged_out.store_error() {
        None => Ok(logged_out),
        Some(error) => Err(Failure::new(
            ErrorKind::Store,
            "the session could not be removed from the keyring and is still stored; log out again",
        )
        .caused_by(&**error)),
    }
}

impl Report for LoggedOut {
    fn lines(&self) -> Vec<String> {
        let result = match self.was_logged_in {
            true => "Logged out.",
            false => "No user was logged in.",
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
    use super::*;
    use crate::session::fixture::Fixture;

    #[test]
    fn removes_the_session_and_returns_its_logout_url() {
        let fixture = Fixture::logged_in("alice@example.com");
        let removed = remove(&fixture.session()).unwrap();
        let url = removed
            .session()
            .unwrap()
            .logout_url(&fixture.client, None)
            .unwrap();
        assert!(
            url.as_str().contains(&fixture.server.sessions()[0]),
            "{url}"
        );
        assert!(fixture.session().load().is_err());
        assert!(remove(&fixture.session()).unwrap().session().is_none());
        assert_eq!(fixture.server.request_count(), 0);
    }
}
