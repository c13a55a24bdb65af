//! The session of an account.
//!
//! `workos-login-native` does everything that has to be right across processes: refresh, lock and storage. Here, its errors become the
//! failures of commands, with the command to run next.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::{Authenticated, RefreshPolicy};
use workos_login_native::{LoggedOut, NativeError, NativeSession, Storage};
use workos_login_session::{SessionEnded, SessionError, Token};

use crate::account::{Account, AccountArgs, ServiceArgs};
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::login::{self, LoginArgs};
use crate::output::Output;

/// The heading of the options of a login in the help of other commands.
pub(crate) const NO_STORE_HEADING: &str = "Options for the login of --no-store";

/// An account and its session.
pub(crate) type Session = (Account, Arc<Authenticated>);

/// The options that select the session of a command: the stored one, or one of a login for this command alone.
#[derive(Debug, clap::Args)]
#[command(mut_group("LoginArgs", |login| login.requires("no_store")))]
pub(crate) struct SessionArgs {
    /// Log in for this command alone, with the options of login
    ///
    /// It stores no session, so no keyring is needed. The access token expires within minutes and is not refreshed.
    #[arg(long, conflicts_with = "name")]
    no_store: bool,

    #[command(flatten, next_help_heading = NO_STORE_HEADING)]
    login: LoginArgs,

    #[command(flatten)]
    account: AccountArgs,
}

impl SessionArgs {
    /// Returns the session that `get` returns, or else that of a new login.
    pub(crate) fn session(
        &self,
        output: &Output,
        get: impl FnOnce(&AccountArgs) -> Result<Session, Failure>,
    ) -> Result<Session, Failure> {
        if !self.no_store {
            return get(&self.account);
        }
        let mut account = self.account.select()?;
        account.app = account.app.storage(Storage::Memory);
        login::log_in(&self.login, account, &self.account.service, output)?.with_session()
    }
}

impl AccountArgs {
    /// Returns the session as it is stored. Sends no request.
    pub(crate) fn load(&self) -> Result<Session, Failure> {
        self.select()?.with_session()
    }

    /// Returns the account, after the discovery of its server if the endpoints are not known.
    pub(crate) fn connect(&self) -> Result<Account, Failure> {
        self.select()?.connected(&self.service)
    }

    /// Returns the session with a valid access token. Sends no request unless the token is due for refresh.
    pub(crate) fn fresh(&self, output: &Output) -> Result<Session, Failure> {
        let mut account = self.select()?;
        if account.needs_discovery {
            let session = account.load()?;
            let now = SystemTime::now();
            let due = session.refresh_in(&RefreshPolicy::default(), now) == Some(Duration::ZERO);
            if due && session.refresh_token().is_some() {
                account = match account.clone().connected(&self.service) {
                    Ok(account) => account,
                    Err(failure) => {
                        unless_expired(&session, failure, output, now)?;
                        return Ok((account, session));
                    }
                }
            }
        }
        let session = account.token(output, NativeSession::access_token)?;
        Ok((account, session))
    }
}

impl Account {
    /// Loads the session as it is stored. Sends no request.
    pub(crate) fn load(&self) -> Result<Arc<Authenticated>, Failure> {
        let session = self.stored()?.authenticated();
        let session = session.map_err(|error| self.failure(error))?;
        session.ok_or_else(|| self.not_logged_in())
    }

    /// Loads the session as it is stored, beside the account.
    pub(crate) fn with_session(self) -> Result<Session, Failure> {
        let session = self.load()?;
        Ok((self, session))
    }

    /// Returns the session with the access token that `get` returns, and prints its warning.
    pub(crate) fn token(
        &self,
        output: &Output,
        get: impl FnOnce(&NativeSession) -> Result<Token, SessionError>,
    ) -> Result<Arc<Authenticated>, Failure> {
        let token = get(&self.stored()?).map_err(|error| self.failure(error))?;
        if let Some(warning) = token.warning() {
            output.warn(&Failure::from_error(ErrorKind::Failure, warning));
        }
        Ok(Arc::clone(token.session()))
    }

    /// Removes the session from the store, even if it cannot be read.
    pub(crate) fn log_out(&self) -> Result<LoggedOut, Failure> {
        self.app.log_out().map_err(|error| self.failure(error))
    }

    /// Returns the stored session.
    pub(crate) fn stored(&self) -> Result<NativeSession, Failure> {
        let session = self.app.session().map_err(|error| self.failure(error))?;
        session.ok_or_else(|| self.not_logged_in())
    }

    fn connected(self, args: &ServiceArgs) -> Result<Self, Failure> {
        if !self.needs_discovery {
            return Ok(self);
        }
        // Without a session, there is nothing to discover the server for.
        self.load()?;
        self.discover(args, |login| login)
    }

    /// Makes the failure of an operation on this account.
    pub(crate) fn failure(&self, error: impl Into<NativeError>) -> Failure {
        let error = error.into();
        let mut failure = Failure::from(&error);
        match &error {
            NativeError::NoStore(_) => return self.with_store_options(failure),
            NativeError::Session(
                SessionError::AuthenticationChallenge(_) | SessionError::Ended(_),
            ) => {
                failure.message = format!("{error}: {}", self.login_command());
            }
            NativeError::Session(SessionError::OtherClient(_)) => {
                failure = failure.hint("--account NAME stores a session under another name");
            }
            _ => {}
        }
        match (error.kind(), error.error_response()) {
            (ErrorKind::NotLoggedIn, Some(response)) => failure.cause(format_args!(
                "the service responded with {} ({})",
                response.code().unwrap_or("no error code"),
                response.status().unwrap_or_default()
            )),
            _ => failure,
        }
    }

    /// Names the options for a keyring that does not exist or cannot be opened.
    fn with_store_options(&self, mut failure: Failure) -> Failure {
        if cfg!(target_os = "linux") && matches!(self.app.selected_storage(), Storage::Keyring) {
            failure = failure.hint(
                "--store kernel stores the session in the Linux kernel keyring, until a restart",
            );
        }
        match failure.kind {
            ErrorKind::NoStore => failure.hint(
                "workos-login run --no-store -- COMMAND logs in for that command alone and stores no session; so does token --no-store",
            ),
            _ => failure,
        }
    }

    fn not_logged_in(&self) -> Failure {
        self.failure(SessionError::Ended(SessionEnded::NotLoggedIn.into()))
    }

    fn login_command(&self) -> String {
        match self.app.account_name() {
            "default" => "workos-login login".to_owned(),
            name => format!("workos-login login --account {name}"),
        }
    }
}

/// Prints the failure of a discovery as a warning if the access token is still valid, as after a failed refresh.
fn unless_expired(
    session: &Authenticated,
    failure: Failure,
    output: &Output,
    now: SystemTime,
) -> Result<(), Failure> {
    if session.expires_in(now) == Some(Duration::ZERO) {
        return Err(failure);
    }
    output.warn(&failure);
    Ok(())
}

#[cfg(test)]
#[path = "../tests/unit/session.rs"]
mod tests;
