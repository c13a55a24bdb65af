//! `workos-login logout`: ends the session.
//!
//! The session is removed from the keyring and revoked at an authorization server before the browser is opened, so that both happen even if
//! the browser fails. At WorkOS, the session ends when the browser opens the session logout URL.

use serde::Serialize;
use workos_login::url::Url;
use workos_login_native::{LoggedOut as Removed, open_browser};
use workos_login_session::Revocation;

use crate::failure::Failure;
use crate::output::Output;
use crate::output::report::Report;
use crate::selection::SelectionArgs;
use crate::session::Session;

/// Remove the session from the keyring, revoke it, and open the session logout URL
///
/// The session is removed first, whatever the server and the browser do afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the session logout URL instead of opening the browser
    #[arg(long)]
    no_browser: bool,

    #[command(flatten)]
    selection: SelectionArgs,
}

/// The result of the logout.
#[derive(Serialize)]
pub(crate) struct LoggedOut {
    /// `None` if the stored session could not be read.
    was_logged_in: Option<bool>,
    /// Whether the refresh token was revoked; `None` if the service has no revocation.
    revoked: Option<bool>,
    /// `None` if the session has none.
    logout_url: Option<String>,
    opened: bool,
}

/// Logs out.
pub(crate) fn run(args: &Args, output: &Output) -> Result<LoggedOut, Failure> {
    let selection = args.selection.select()?;
    let removed = Session::new(&selection).log_out()?;
    let logged_out = LoggedOut::new(&removed, output);
    let opened = match &logged_out.logout_url {
        Some(url) if !args.no_browser => open_browser(url).is_ok(),
        _ => false,
    };
    Ok(LoggedOut {
        opened,
        ..logged_out
    })
}

impl LoggedOut {
    /// Prints what could not be done, and makes the result.
    pub(crate) fn new(removed: &Removed, output: &Output) -> Self {
        if let Some(error) = removed.unreadable() {
            output.warn_error(error);
        }
        let revoked = match removed.revocation() {
            Revocation::Revoked => Some(true),
            Revocation::Failed(cause) => {
                output.warn(
                    "the refresh token could not be revoked at the authorization server and may remain valid until it expires",
                );
                output.print_causes(&**cause);
                Some(false)
            }
            _ => None,
        };
        Self {
            was_logged_in: match removed.unreadable() {
                Some(_) => None,
                None => Some(removed.session().is_some()),
            },
            revoked,
            logout_url: removed.url().map(without_id_token),
            opened: false,
        }
    }
}

/// Removes the ID token, which is no text for a terminal or a list of processes. The server asks the user to confirm the logout then.
fn without_id_token(url: &Url) -> String {
    let mut printed = url.clone();
    let pairs = url
        .query_pairs()
        .filter(|(name, _)| name != "id_token_hint");
    printed.query_pairs_mut().clear().extend_pairs(pairs);
    printed.into()
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
#[path = "../../tests/unit/logout.rs"]
mod tests;
