//! `workos-login logout`: the end of a session.

use serde::Serialize;
use workos_login_session::{LoggedOut as Forgotten, Store};

use crate::browser;
use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::output::report::Report;
use crate::session::{Session, SessionArgs};

/// Forget the session, and open the address that ends it at the service
///
/// The session is removed from the keyring first, whatever the browser does then.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionArgs,

    /// Print the logout address instead of opening it
    #[arg(long)]
    no_browser: bool,
}

/// That nobody is signed in any more.
#[derive(Serialize)]
pub(crate) struct LoggedOut {
    was_signed_in: bool,
    /// `null` when there is none.
    logout_url: Option<String>,
    opened: bool,
}

/// Forgets the session, and brings the user to the page that ends it.
pub(crate) fn run(args: &Args) -> Result<LoggedOut, Failure> {
    let forgotten = forget(&args.session.open()?)?;
    let session = forgotten.session();
    let url = session.and_then(|session| args.session.logout_url(session));
    let opened = match &url {
        Some(url) if !args.no_browser => browser::open(url.as_str()).is_ok(),
        _ => false,
    };
    Ok(LoggedOut {
        was_signed_in: session.is_some(),
        logout_url: url.map(String::from),
        opened,
    })
}

/// Forgets the session, also where it cannot be read.
fn forget<S: Store>(session: &Session<S>) -> Result<Forgotten, Failure> {
    let forgotten = session.log_out();
    match forgotten.store_error() {
        None => Ok(forgotten),
        Some(error) => Err(Failure::new(
            Exit::Store,
            "the session could not be removed from the keyring, and is there still: log out again",
        )
        .because(&**error)),
    }
}

impl Report for LoggedOut {
    fn lines(&self) -> Vec<String> {
        let forgotten = match self.was_signed_in {
            true => "The session is forgotten here.",
            false => "Nobody was signed in.",
        };
        let mut lines = vec![forgotten.to_owned()];
        if let Some(url) = &self.logout_url {
            let where_to = match self.opened {
                true => "Your browser ends it at the service; if it does not, open this address:",
                false => "It ends at the service when you open this address in your browser:",
            };
            lines.extend([where_to.to_owned(), url.clone()]);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::fixture::Stage;

    #[test]
    fn the_session_is_forgotten_and_leads_to_its_end() {
        let stage = Stage::with("alice@example.com");
        let forgotten = forget(&stage.session()).unwrap();
        let url = forgotten
            .session()
            .unwrap()
            .logout_url(&stage.client, None)
            .unwrap();
        assert!(url.as_str().contains(&stage.server.sessions()[0]), "{url}");
        assert!(stage.session().get().is_err());
        assert!(forget(&stage.session()).unwrap().session().is_none());
        assert_eq!(stage.server.request_count(), 0);
    }
}
