//! The commands that use a session: `token`, `run`, `whoami`, `status` and `switch`.
//!
//! `token` is meant for command substitution, so standard output has the token and nothing else. `whoami` and `status` report what this
//! machine knows: the service may have ended the session.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::time::{Duration, SystemTime};

use humantime::format_duration;
use serde_json::json;
use workos_login::secrecy::ExposeSecret;
use workos_login::{OrganizationId, RefreshPolicy};
use workos_login_native::{NativeSession, VerifiedToken};

use crate::account::AccountArgs;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::{Report, expiry};
use crate::session::SessionArgs;

/// Print a valid access token
///
/// It is refreshed first if it is due for refresh. Standard output contains only the token. The token is a secret: until it expires, its
/// bearer can act as the user.
#[derive(Debug, clap::Args)]
pub(crate) struct TokenArgs {
    /// Refresh the token even if it is not due for refresh
    #[arg(long, conflicts_with = "no_store")]
    refresh: bool,

    #[command(flatten)]
    session: SessionArgs,
}

impl TokenArgs {
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

/// Run a command with the access token in WORKOS_ACCESS_TOKEN
///
/// The token is refreshed first if it is due for refresh. It expires within minutes: a command that runs for longer gets another
/// one from `workos-login token`. The exit code is that of the command.
#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,

    #[command(flatten)]
    session: SessionArgs,
}

impl RunArgs {
    /// Replaces this process by the command. Returns only if that fails.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let (_, session) = self
            .session
            .session(output, |account| account.fresh(output))?;
        let Some((program, arguments)) = self.command.split_first() else {
            return Err(Failure::new(ErrorKind::Usage, "no command to run"));
        };
        let mut command = Command::new(program);
        let token = session.access_token().expose_secret();
        command.args(arguments).env("WORKOS_ACCESS_TOKEN", token);
        output.release_terminal();
        let error = replace_process(command);
        let message = format_args!("cannot start the command {}", program.display());
        Err(Failure::new(ErrorKind::Failure, message).caused_by(&error))
    }
}

/// Executes the command in this process, so that signals, terminal and exit code are its own.
#[cfg(unix)]
fn replace_process(mut command: Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// Waits for the command and exits with its exit code. Ctrl-C reaches all processes of the console.
#[cfg(not(unix))]
fn replace_process(mut command: Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}

/// Print the logged-in user
///
/// It is the user as of the last response of the service. Sends no request, except for --verify and for the login of --no-store.
#[derive(Debug, clap::Args)]
pub(crate) struct WhoamiArgs {
    /// Verify the user with the keys of the issuer
    ///
    /// The access token of WorkOS is verified, and refreshed first if it is due for refresh; or the ID token of an OAuth authorization server,
    /// whose access tokens may be opaque.
    #[arg(long)]
    verify: bool,

    #[command(flatten)]
    session: SessionArgs,
}

impl WhoamiArgs {
    /// Reads the user of the session.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let (account, session) = self.session.session(output, |args| match self.verify {
            true => args.connect()?.with_session(),
            false => args.load(),
        })?;
        let report = Report::of_session(&session, str::to_owned);
        if !self.verify {
            return Ok(report);
        }
        let verified = account.stored()?.verify();
        let (token, name) = match verified.map_err(|error| account.failure(error))? {
            VerifiedToken::AccessToken(_) => ("access token", "access_token"),
            VerifiedToken::IdToken(_) => ("ID token", "id_token"),
        };
        let report = report.row("verified", Some(token));
        Ok(report.with(json!({"verified": name})))
    }
}

/// Print when the token expires, and where the session is stored
///
/// Sends no request.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    account: AccountArgs,
}

impl StatusArgs {
    /// Reads the state of the session.
    pub(crate) fn run(&self) -> Result<Report, Failure> {
        let (account, session) = self.account.load()?;
        let location = account.stored()?.location();
        let now = SystemTime::now();
        let seconds = |left: Duration| left.as_secs();
        let expires_in = session.expires_in(now).map(seconds);
        let refresh_in = session
            .refresh_in(&RefreshPolicy::default(), now)
            .map(seconds);
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
                    "expires_in": expires_in,
                    "refresh_in": refresh_in,
                })),
        )
    }
}

/// Describes the access token by its lifetimes in seconds.
fn access_token(expires_in: Option<u64>, refresh_in: Option<u64>) -> String {
    let expiry = expiry(expires_in);
    match refresh_in.map(Duration::from_secs) {
        Some(Duration::ZERO) => format!("{expiry}; the next use refreshes it"),
        Some(due) => format!("{expiry}; due for refresh in {}", format_duration(due)),
        None => expiry,
    }
}

/// Switch the session to another organization of the user
///
/// If the service rejects the switch, the session is unchanged.
#[derive(Debug, clap::Args)]
pub(crate) struct SwitchArgs {
    /// Id of the organization
    #[arg(value_name = "ORG_ID")]
    organization: OrganizationId,

    #[command(flatten)]
    account: AccountArgs,
}

impl SwitchArgs {
    /// Switches the organization.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        let account = self.account.connect()?;
        let switch = |session: &NativeSession| session.switch_organization(&self.organization);
        let session = account.token(output, switch)?;
        Ok(Report::of_session(&session, str::to_owned))
    }
}

#[cfg(test)]
#[path = "../../tests/unit/status.rs"]
mod tests;
