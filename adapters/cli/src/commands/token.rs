//! `workos-login token`: prints the access token.
//!
//! It is meant for command substitution, so standard output has the token and nothing else. Warnings are on standard error.

use std::time::SystemTime;

use serde_json::json;
use workos_login::secrecy::ExposeSecret;
use workos_login_native::NativeSession;

use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;
use crate::session::SessionArgs;

/// Print a valid access token
///
/// It is refreshed first if it is due for refresh. Standard output contains only the token. The token is a secret: until it expires, its bearer can act as the user.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Refresh the token even if it is not due for refresh
    #[arg(long, conflicts_with = "no_store")]
    refresh: bool,

    #[command(flatten)]
    session: SessionArgs,
}

impl Args {
    /// Returns a valid access token.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let (_, session) = self.session.session(output, |account| {
            if !self.refresh {
                return account.fresh(output);
            }
            let account = account.connect()?;
            let session = account.token(output, NativeSession::refresh_now)?;
            Ok((account, session))
        })?;
        let token = session.access_token().expose_secret();
        let expires_in = session.expires_in(SystemTime::now());
        let expires_in = expires_in.map(|left| left.as_secs());
        Ok(Report::new(token).with(json!({"access_token": token, "expires_in": expires_in})))
    }
}
