//! `workos-login token`: prints the access token.
//!
//! It is meant for command substitution, so standard output has the token and nothing else. Warnings are on standard error.

use std::time::SystemTime;

use serde::{Serialize, Serializer};
use workos_login::Authenticated;
use workos_login::secrecy::{ExposeSecret, SecretString};

use crate::failure::Failure;
use crate::output::Output;
use crate::output::report::Report;
use crate::session::SessionSourceArgs;

/// Print a valid access token; refresh it first if it is due for refresh
///
/// Standard output contains only the token. The token is a secret: until it expires, its bearer can act as the user.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    session: SessionSourceArgs,

    /// Refresh the token even if it is not due for refresh
    #[arg(long, conflicts_with = "no_store")]
    refresh: bool,
}

/// The access token: the only result with a secret.
#[derive(Serialize)]
pub(crate) struct AccessToken {
    #[serde(serialize_with = "expose")]
    access_token: SecretString,
    /// Whole seconds; `None` if the expiry is unknown.
    expires_in: Option<u64>,
}

/// Returns a valid access token.
pub(crate) fn run(args: &Args, output: &Output) -> Result<AccessToken, Failure> {
    let session = args
        .session
        .session(output, |selection| match args.refresh {
            true => selection.connect()?.refresh(output),
            false => Ok(selection.fresh(output)?.0),
        })?;
    Ok(AccessToken::new(&session, SystemTime::now()))
}

impl AccessToken {
    fn new(session: &Authenticated, now: SystemTime) -> Self {
        Self {
            access_token: session.access_token().clone(),
            expires_in: session.expires_in(now).map(|left| left.as_secs()),
        }
    }
}

fn expose<S: Serializer>(token: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(token.expose_secret())
}

impl Report for AccessToken {
    fn lines(&self) -> Vec<String> {
        vec![self.access_token.expose_secret().to_owned()]
    }
}
