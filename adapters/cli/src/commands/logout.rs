//! `workos-login logout`: ends the session.
//!
//! The session is removed from the keyring and revoked at an authorization server before the browser is opened, so that both happen even if
//! the browser fails. At WorkOS, the session ends when the browser opens the session logout URL.

use serde_json::json;
use workos_login::url::Url;
use workos_login_native::{LoggedOut, open_browser};
use workos_login_session::Revocation;

use crate::account::AccountArgs;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;

/// Remove and revoke the session, and open its logout URL
///
/// The session is removed first, whatever the server and the browser do afterwards.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Print the session logout URL instead of opening the browser
    #[arg(long)]
    no_browser: bool,

    #[command(flatten)]
    account: AccountArgs,
}

impl Args {
    /// Logs out.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let logged_out = self.account.select()?.log_out()?;
        let report = report(&logged_out, output);
        let Some(url) = logged_out.url().map(without_id_token) else {
            return Ok(report.with(json!({"logout_url": null, "opened": false})));
        };
        let opened = !self.no_browser && open_browser(&url).is_ok();
        let instruction = match opened {
            true => "The browser ends the session at the service; if it does not, open this URL:",
            false => "To end the session at the service, open this URL in the browser:",
        };
        Ok(report
            .line(instruction)
            .line(&*url)
            .with(json!({"logout_url": url, "opened": opened})))
    }
}

/// Reports what was removed and revoked, and prints what could not be.
pub(crate) fn report(logged_out: &LoggedOut, output: &Output) -> Report {
    if let Some(error) = logged_out.unreadable() {
        output.warn(&Failure::from_error(ErrorKind::Store, error));
    }
    let revoked = match logged_out.revocation() {
        Revocation::Revoked => Some(true),
        Revocation::Failed(cause) => {
            let problem = "the refresh token could not be revoked at the authorization server and may remain valid until it expires";
            output.warn(&Failure::new(ErrorKind::Failure, problem).caused_by(&**cause));
            Some(false)
        }
        _ => None,
    };
    let (was_logged_in, result) = match (logged_out.unreadable(), logged_out.session()) {
        (None, Some(_)) if revoked == Some(true) => {
            (Some(true), "Logged out; the refresh token is revoked.")
        }
        (None, Some(_)) => (Some(true), "Logged out."),
        (None, None) => (Some(false), "No user was logged in."),
        (Some(_), _) => (
            None,
            "Removed a stored session that could not be read; at the service, it continues until it expires.",
        ),
    };
    Report::new(result).with(json!({"was_logged_in": was_logged_in, "revoked": revoked}))
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

#[cfg(test)]
#[path = "../../tests/unit/logout.rs"]
mod tests;
