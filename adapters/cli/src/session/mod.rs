//! The stored session.
//!
//! A [`Session`] is the session of one client and one account, over the session manager of `workos-login-session`. The manager does
//! everything that has to be right across processes: refresh, lock and storage. Here, its errors become the failures of commands,
//! with the command to run next.

pub(crate) mod account;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod source;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use workos_login::url::Url;
use workos_login::{Authenticated, BlockingHttpClient, OrganizationId, RefreshPolicy};
use workos_login_keyring::{self as keyring, Keyring};
use workos_login_session::{
    BlockingSessionManager, BlockingStore, Cause, LoggedOut, Machine, SessionEnded, SessionError,
    SessionPolicy, SessionWarning, StoredSession, Token,
};
use workos_login_ureq::agent;

use crate::client::{AnyClient, ClientArgs};
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::login::{self, LoginContext};
use crate::output::Output;
use crate::session::account::{AccountArgs, AccountName};

/// The options that select a stored session.
#[derive(Debug, clap::Args)]
pub(crate) struct SessionArgs {
    #[command(flatten)]
    account: AccountArgs,

    #[command(flatten)]
    client: ClientArgs,
}

impl SessionArgs {
    /// Opens the store of the session, to load or remove it. Sends no request.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        Session::open(&self.client.client()?, &self.account)
    }

    /// Opens the store of the session, after the discovery of the server if that is necessary.
    pub(crate) fn connect(&self) -> Result<Session, Failure> {
        // Without a session, there is nothing to discover the server for.
        let client = match self.client.needs_discovery() {
            true => {
                self.open()?.load()?;
                let agent = agent();
                self.client
                    .discover(|discovering| Ok(agent.send(discovering)?))?
            }
            false => self.client.client()?,
        };
        Session::open(&client, &self.account)
    }

    /// Returns the session with a valid access token. Sends no request unless the token is due for refresh.
    pub(crate) fn fresh(&self, output: &Output) -> Result<Arc<Authenticated>, Failure> {
        let stored = self.open()?;
        if !self.client.needs_discovery() {
            return stored.fresh(output);
        }
        let session = stored.load()?;
        if session.refresh_token().is_none() {
            return stored.fresh(output);
        }
        if let Some(session) = self.current(SystemTime::now())? {
            return Ok(session);
        }
        match self.connect() {
            Ok(connected) => connected.fresh(output),
            Err(failure) => unless_expired(session, failure, output, SystemTime::now()),
        }
    }

    /// Loads the session; `None` if a request has to be sent before its access token is used.
    fn current(&self, now: SystemTime) -> Result<Option<Arc<Authenticated>>, Failure> {
        let client = self.client.client()?.erase();
        let store = self.account.open(&client);
        let store = store.map_err(|error| no_store(&error, &self.account))?;
        let record = store.load();
        let record = record.map_err(|error| Failure::from_error(ErrorKind::Store, &error))?;
        let is_current = |record: &StoredSession| {
            let due = record.session().refresh_in(&RefreshPolicy::default(), now);
            !record.has_unanswered_refresh() && due != Some(Duration::ZERO)
        };
        let record = record.filter(is_current);
        Ok(record.map(|record| Arc::clone(record.session())))
    }

    /// Makes the client of a login that stores no session.
    pub(crate) fn login_client(&self, context: &LoginContext<'_>) -> Result<AnyClient, Failure> {
        login::client(context, &self.client)
    }

    /// Returns the session logout URL, if the service has one.
    pub(crate) fn logout_url(&self, session: &Authenticated) -> Option<Url> {
        match self.client.client() {
            Ok(AnyClient::UserManagement(client)) => session.logout_url(&client, None),
            Ok(AnyClient::OAuth(..)) | Err(_) => None,
        }
    }
}

/// The session of one client and one account. There may be none in the store.
pub(crate) struct Session {
    manager: BlockingSessionManager,
    name: AccountName,
    keyring: Keyring,
}

impl Session {
    /// Opens the store of the session.
    pub(crate) fn open(client: &AnyClient, account: &AccountArgs) -> Result<Self, Failure> {
        let client = client.erase();
        let store = account
            .open(&client)
            .map_err(|error| no_store(&error, account))?;
        let keyring = store.keyring();
        let machine = Machine::new(client, SessionPolicy::default());
        let manager = BlockingSessionManager::new(machine, store, agent());
        Ok(Self::new(manager, account.name.clone(), keyring))
    }

    pub(crate) fn new(
        manager: BlockingSessionManager,
        name: AccountName,
        keyring: Keyring,
    ) -> Self {
        Self {
            manager,
            name,
            keyring,
        }
    }

    /// Checks that a session can be stored.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.manager.check().map_err(|error| {
            let failure = Failure::new(
                ErrorKind::Store,
                "the session cannot be stored; no login was started",
            );
            match error {
                SessionError::Store(error) => failure.caused_by(&error),
                error => failure.caused_by(&error),
            }
        })
    }

    /// Stores a new session in place of any other of the account.
    pub(crate) fn store(&self, session: Authenticated) -> Result<(), Failure> {
        let token = self
            .manager
            .log_in(session)
            .map_err(|error| self.failure(&error))?;
        match token.warning() {
            None => Ok(()),
            Some(SessionWarning::NotStored(cause)) => Err(Failure::new(
                ErrorKind::Store,
                "the session could not be stored and is lost; log in again",
            )
            .caused_by(&**cause)),
            Some(warning) => Err(Failure::from_error(ErrorKind::Store, warning)),
        }
    }

    /// Returns the session with a valid access token.
    pub(crate) fn fresh(&self, output: &Output) -> Result<Arc<Authenticated>, Failure> {
        self.session_of(self.manager.access_token(), output)
    }

    /// Refreshes the session, due for refresh or not.
    pub(crate) fn refresh(&self, output: &Output) -> Result<Arc<Authenticated>, Failure> {
        self.session_of(self.manager.refresh_now(), output)
    }

    /// Switches the session to another organization.
    pub(crate) fn switch_organization(
        &self,
        organization: &OrganizationId,
        output: &Output,
    ) -> Result<Arc<Authenticated>, Failure> {
        self.session_of(self.manager.switch_organization(organization), output)
    }

    /// Removes the session from the store, even if it cannot be read.
    pub(crate) fn log_out(&self) -> Result<LoggedOut, Failure> {
        let logged_out = self.manager.log_out();
        match logged_out.error() {
            None => Ok(logged_out),
            Some(SessionError::Store(error)) => Err(Failure::new(
                ErrorKind::Store,
                "the session could not be removed from the keyring and is still stored; log out again",
            )
            .caused_by(error)),
            Some(error) => Err(self.failure(error)),
        }
    }

    /// Loads the session as it is stored. Sends no request.
    pub(crate) fn load(&self) -> Result<Arc<Authenticated>, Failure> {
        let session = self
            .manager
            .session()
            .map_err(|error| self.failure(&error))?;
        session.ok_or_else(|| self.ended(&SessionEnded::NotLoggedIn))
    }

    pub(crate) fn name(&self) -> &AccountName {
        &self.name
    }

    pub(crate) fn keyring(&self) -> Keyring {
        self.keyring
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

/// Makes the failure of a keyring that does not exist or cannot be opened.
fn no_store(error: &keyring::Error, account: &AccountArgs) -> Failure {
    let kind = match error {
        keyring::Error::NoKeyring(_) => ErrorKind::NoStore,
        _ => ErrorKind::Store,
    };
    let mut failure = Failure::from_error(kind, error);
    if cfg!(target_os = "linux") && account.is_system_keyring() {
        failure = failure
            .hint("--store kernel stores the session in the Linux kernel keyring, until a restart");
    }
    match kind {
        ErrorKind::NoStore => failure.hint(
            "workos-login run --no-store -- COMMAND logs in for that command alone and stores no session; so does token --no-store",
        ),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use serde_json::Value;
    use workos_login::secrecy::ExposeSecret;
    use workos_login_mock_server::{Endpoint, Fault, MockResponse};

    use super::*;
    use crate::session::fixture::Fixture;

    #[test]
    fn without_a_session_the_login_command_is_named() {
        let fixture = Fixture::logged_out();
        let session = fixture.session();
        let fresh = session.fresh(&fixture.output).unwrap_err();
        let loaded = session.load().unwrap_err();
        for failure in [fresh, loaded] {
            assert_eq!(failure.kind(), ErrorKind::NotLoggedIn);
            assert_eq!(
                failure.message(),
                "no user is logged in; log in: workos-login login --account work"
            );
        }
        assert_eq!(fixture.server.request_count(), 0);
    }

    /// Checks the failure of a command whose refresh has this response.
    #[track_caller]
    fn check(response: MockResponse, kind: ErrorKind, message: &str, cause: &str) {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let fault = Fault::Response(response).on(Endpoint::Refresh);
        fixture.server.inject(fault.always());
        let failure = fixture.session().fresh(&fixture.output).unwrap_err();
        assert_eq!(failure.kind(), kind, "{failure:?}");
        assert!(failure.message().ends_with(message), "{failure:?}");
        assert!(failure.causes().concat().contains(cause), "{failure:?}");
    }

    #[test]
    fn a_refresh_that_ends_the_session_names_the_login_command() {
        let challenge = r#"{"code":"mfa_enrollment","message":"m","pending_authentication_token":"t","user":{"id":"user_1"}}"#;
        let login = "log in: workos-login login --account work";
        let again = "log in again: workos-login login --account work";
        let invalid_grant = MockResponse::oauth_error(400, "invalid_grant", "Over.");
        let cause = "the service responded with invalid_grant (400 Bad Request)";
        check(invalid_grant, ErrorKind::NotLoggedIn, login, cause);
        let challenge = MockResponse::json(403, challenge);
        check(challenge, ErrorKind::AuthenticationChallenge, again, "");
    }

    #[test]
    fn a_refresh_without_a_usable_response_is_unavailable_and_has_the_cause() {
        let html = MockResponse::new(200).header("content-type", "text/html");
        let redirect = MockResponse::new(302).header("location", "https://portal.example/");
        let unavailable = MockResponse::new(503).header("retry-after", "7");
        for (response, retry_in, cause) in [
            (unavailable, 7, "503"),
            (redirect, 1, "response is a redirect to portal.example"),
            (html.body("<!doctype html>"), 1, "text/html"),
        ] {
            let message = format!("has not ended; try again in {retry_in} s");
            check(response, ErrorKind::Unavailable, &message, cause);
        }
    }

    #[test]
    fn a_failed_refresh_has_the_details_of_the_response() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let response = MockResponse::new(503)
            .header("retry-after", "7")
            .header("x-request-id", "req_7");
        let fault = Fault::Response(response).on(Endpoint::Refresh);
        fixture.server.inject(fault.always());
        let failure = fixture.session().fresh(&fixture.output).unwrap_err();
        let json: Value = serde_json::to_value(&failure).unwrap();
        for (member, value) in [
            ("kind", Value::from("unavailable")),
            ("status", 503.into()),
            ("retry_in", 7.into()),
            ("request_id", "req_7".into()),
        ] {
            assert_eq!(json[member], value, "{json}");
        }
    }

    #[test]
    fn a_client_error_does_not_end_the_session() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let response = MockResponse::oauth_error(401, "invalid_client", "Who?");
        fixture.server.respond_with(Endpoint::Refresh, [response]);
        let failure = fixture.session().fresh(&fixture.output).unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Configuration);
        // The backoff.
        fixture.advance(Duration::from_secs(60));
        fixture.session().fresh(&fixture.output).unwrap();
    }

    #[test]
    fn a_lost_response_is_retried() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        fixture
            .server
            .configure(|config| config.replay_window = Duration::from_secs(10));
        fixture
            .server
            .inject(Fault::ResponseLost.on(Endpoint::Refresh));
        fixture.session().fresh(&fixture.output).unwrap();
        assert_eq!(fixture.server.request_count(), 2);
    }

    #[test]
    fn a_failed_discovery_leaves_an_access_token_that_has_not_expired() {
        let fixture = Fixture::logged_in("alice@example.com");
        let after = |seconds| {
            let session = fixture.session().load().unwrap();
            let failure = Failure::new(ErrorKind::Unavailable, "no response");
            let now = fixture.now() + Duration::from_secs(seconds);
            unless_expired(session, failure, &fixture.output, now)
        };
        after(200).unwrap();
        assert_eq!(after(301).unwrap_err().kind(), ErrorKind::Unavailable);
    }

    #[test]
    fn processes_share_one_refresh() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let token = || {
            let session = fixture.session().fresh(&fixture.output).unwrap();
            session.access_token().expose_secret().to_owned()
        };
        let mut tokens: Vec<String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(token)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        assert_eq!(fixture.server.request_count(), 1);
    }
}
