//! The stored session of an account.
//!
//! `workos-login-native` does everything that has to be right across processes: refresh, lock and storage. Here, its errors become the
//! failures of commands, with the command to run next.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::{Authenticated, OrganizationId, RefreshPolicy};
use workos_login_native::{Location, LoggedOut, NativeApp, NativeError, NativeSession};
use workos_login_session::{Cause, SessionEnded, SessionError, Token};

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::login::{self, LoginArgs};
use crate::output::Output;
use crate::selection::{AccountName, Selection, SelectionArgs, StoreOption};

/// The session of one account. There may be none in the store.
pub(crate) struct Session {
    app: NativeApp,
    name: AccountName,
    store: StoreOption,
}

/// The options that select the session of a command: the stored one, or one of a login for this command alone.
#[derive(Debug, clap::Args)]
#[command(mut_group("LoginArgs", |login| login.requires("no_store")))]
pub(crate) struct SessionSourceArgs {
    /// Log in for this command alone and store no session: no keyring is needed
    ///
    /// The access token expires within minutes and is not refreshed.
    #[arg(long, conflicts_with = "name")]
    no_store: bool,

    #[command(flatten, next_help_heading = "Options for the login of --no-store")]
    login: LoginArgs,

    #[command(flatten)]
    selection: SelectionArgs,
}

impl SessionSourceArgs {
    /// Returns the session that `get` returns, or else that of a new login, and its account.
    pub(crate) fn session(
        &self,
        output: &Output,
        get: impl FnOnce(&SelectionArgs) -> Result<Arc<Authenticated>, Failure>,
    ) -> Result<Arc<Authenticated>, Failure> {
        if !self.no_store {
            return get(&self.selection);
        }
        Ok(self.log_in(output)?.1)
    }

    /// Logs in for this command alone.
    fn log_in(&self, output: &Output) -> Result<(Selection, Arc<Authenticated>), Failure> {
        let app = Selection::unstored_app;
        let (selection, session) = login::log_in(&self.login, &self.selection, output, app)?;
        Ok((selection, login::authenticated(&session)?))
    }
}

impl SelectionArgs {
    /// Opens the session, to load or remove it. Sends no request.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        Ok(Session::new(&self.select()?))
    }

    /// Opens the session, after the discovery of the server if its endpoints are not known.
    pub(crate) fn connect(&self) -> Result<Session, Failure> {
        self.connect_selection(self.select()?)
            .map(|(session, _)| session)
    }

    fn connect_selection(&self, selection: Selection) -> Result<(Session, Selection), Failure> {
        let mut selection = selection;
        if selection.service.needs_discovery {
            // Without a session, there is nothing to discover the server for.
            Session::new(&selection).load()?;
            let args = &self.options.service;
            selection.service = selection.service.discover(args, |login| login)?;
        }
        Ok((Session::new(&selection), selection))
    }

    /// Returns the session with a valid access token, and its account. Sends no request unless the token is due for refresh.
    pub(crate) fn fresh(
        &self,
        output: &Output,
    ) -> Result<(Arc<Authenticated>, Selection), Failure> {
        let selection = self.select()?;
        let stored = Session::new(&selection);
        if !selection.service.needs_discovery {
            return Ok((stored.fresh(output)?, selection));
        }
        let session = stored.load()?;
        let now = SystemTime::now();
        if session.refresh_in(&RefreshPolicy::default(), now) != Some(Duration::ZERO) {
            return Ok((session, selection));
        }
        if session.refresh_token().is_none() {
            return Ok((stored.fresh(output)?, selection));
        }
        match self.connect_selection(selection.clone()) {
            Ok((connected, selection)) => Ok((connected.fresh(output)?, selection)),
            Err(failure) => Ok((unless_expired(session, failure, output, now)?, selection)),
        }
    }
}

impl Session {
    pub(crate) fn new(selection: &Selection) -> Self {
        Self {
            app: selection.app(),
            name: selection.name.clone(),
            store: selection.store,
        }
    }

    /// Returns the session with a valid access token.
    pub(crate) fn fresh(&self, output: &Output) -> Result<Arc<Authenticated>, Failure> {
        self.session_of(self.stored()?.access_token(), output)
    }

    /// Refreshes the session, due for refresh or not.
    pub(crate) fn refresh(&self, output: &Output) -> Result<Arc<Authenticated>, Failure> {
        self.session_of(self.stored()?.refresh_now(), output)
    }

    /// Switches the session to another organization.
    pub(crate) fn switch_organization(
        &self,
        organization: &OrganizationId,
        output: &Output,
    ) -> Result<Arc<Authenticated>, Failure> {
        self.session_of(self.stored()?.switch_organization(organization), output)
    }

    /// Removes the session from the store, even if it cannot be read.
    pub(crate) fn log_out(&self) -> Result<LoggedOut, Failure> {
        self.app.log_out().map_err(|error| self.native(error))
    }

    /// Loads the session as it is stored. Sends no request.
    pub(crate) fn load(&self) -> Result<Arc<Authenticated>, Failure> {
        let session = self.stored()?.authenticated();
        let session = session.map_err(|error| self.failure(&error))?;
        session.ok_or_else(|| self.ended(&SessionEnded::NotLoggedIn))
    }

    pub(crate) fn name(&self) -> &AccountName {
        &self.name
    }

    pub(crate) fn location(&self) -> Result<Location, Failure> {
        Ok(self.stored()?.location())
    }

    fn stored(&self) -> Result<NativeSession, Failure> {
        let session = self.app.session().map_err(|error| self.native(error))?;
        session.ok_or_else(|| self.ended(&SessionEnded::NotLoggedIn))
    }

    /// Returns the session of a token, and prints its warning.
    fn session_of(
        &self,
        token: Result<Token, SessionError>,
        output: &Output,
    ) -> Result<Arc<Authenticated>, Failure> {
        let token = token.map_err(|error| self.failure(&error))?;
        if let Some(warning) = token.warning() {
            output.warn_error(warning);
        }
        Ok(Arc::clone(token.session()))
    }

    /// Makes the failure of an operation on this session.
    pub(crate) fn native(&self, error: NativeError) -> Failure {
        match error {
            NativeError::NoStore(error) => Failure::no_store(&error, self.store),
            NativeError::Session(error) => self.failure(&error),
            error => error.into(),
        }
    }

    fn failure(&self, error: &SessionError) -> Failure {
        match error {
            SessionError::AuthenticationChallenge(challenge) => Failure::with_challenge(
                challenge,
                format_args!("{error}: {}", self.login_command()),
            ),
            SessionError::Ended(reason) => self.ended(reason),
            SessionError::Failed(error) => Failure::from(&**error),
            SessionError::OtherClient(error) => Failure::new(
                ErrorKind::Configuration,
                "the keyring holds a session of another client for this account; use another --account",
            )
            .caused_by(&**error),
            SessionError::Store(error) => Failure::from_error(ErrorKind::Store, error),
            SessionError::Unavailable { retry_in, cause } => unavailable(error, cause.as_ref())
                .retry_in(Some(*retry_in)),
            _ => Failure::from_error(ErrorKind::Failure, error),
        }
    }

    fn ended(&self, reason: &SessionEnded) -> Failure {
        let message = format_args!("{reason}; log in: {}", self.login_command());
        let failure = Failure::new(ErrorKind::NotLoggedIn, message);
        match reason {
            SessionEnded::Service(response) | SessionEnded::ResponseLost(response) => failure
                .cause(format_args!(
                    "the service responded with {} ({})",
                    response.code().unwrap_or("no error code"),
                    response.status().unwrap_or_default()
                ))
                .response(response),
            _ => failure,
        }
    }

    fn login_command(&self) -> String {
        match self.name.is_default() {
            true => "workos-login login".to_owned(),
            false => format!("workos-login login --account {}", self.name.as_str()),
        }
    }
}

/// Returns the session of a failed discovery if its access token is still valid, as after a failed refresh.
fn unless_expired(
    session: Arc<Authenticated>,
    failure: Failure,
    output: &Output,
    now: SystemTime,
) -> Result<Arc<Authenticated>, Failure> {
    if session.expires_in(now) == Some(Duration::ZERO) {
        return Err(failure);
    }
    output.warn(failure.message());
    Ok(session)
}

/// Makes the failure of a session that cannot be refreshed now.
fn unavailable(error: &SessionError, cause: Option<&Cause>) -> Failure {
    let failure = Failure::from_error(ErrorKind::Unavailable, error);
    let cause = cause.and_then(|cause| cause.downcast_ref::<workos_login::Error>());
    match cause.and_then(workos_login::Error::error_response) {
        Some(response) => failure.response(response),
        None => failure,
    }
}

#[cfg(test)]
#[path = "../tests/unit/session.rs"]
mod tests;
