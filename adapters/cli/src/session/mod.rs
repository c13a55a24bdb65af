//! The stored session.
//!
//! A [`Session`] is the session of one client and one account name, over the session manager of `workos-login-session`. The
//! manager does everything that has to be right across processes: refresh, lock and store. Here, its errors become the failures of
//! commands, with the command to run next.

pub(crate) mod account;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod source;

use workos_login::session::{Machine, SessionEnded, SessionPolicy};
use workos_login::url::Url;
use workos_login::{Authenticated, BlockingHttpClient, ExchangeLimits, OrganizationId};
use workos_login_keyring::{self as keyring, KeyringStore, Place};
use workos_login_session::{BlockingSessionManager, Error, LoggedOut, Store, Token};
use workos_login_ureq::agent;

use crate::client::{AnyClient, ClientArgs};
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
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
    /// Opens the store of the session.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        Session::open(&self.client()?, &self.account)
    }

    /// Makes the client of the session.
    pub(crate) fn client(&self) -> Result<AnyClient, Failure> {
        self.client.client()
    }

    /// Returns the session logout URL, if the service has one.
    pub(crate) fn logout_url(&self, session: &Authenticated) -> Option<Url> {
        match self.client() {
            Ok(AnyClient::UserManagement(client)) => session.logout_url(&client, None),
            Ok(AnyClient::OAuth(_)) | Err(_) => None,
        }
    }
}

/// The session of one client and one account name. There may be none in the store.
pub(crate) struct Session<S = KeyringStore> {
    manager: BlockingSessionManager<S>,
    name: AccountName,
    place: Place,
}

impl Session {
    /// Opens the store of the session.
    pub(crate) fn open(client: &AnyClient, account: &AccountArgs) -> Result<Self, Failure> {
        let policy = SessionPolicy::default();
        let (machine, id) = match client {
            AnyClient::OAuth(client) => (Machine::new(client, policy), client.id()),
            AnyClient::UserManagement(client) => (Machine::new(client, policy), client.id()),
        };
        let store = account
            .open(id)
            .map_err(|error| no_store(&error, account))?;
        let place = store.place();
        Ok(Self::new(machine, store, account.name.clone(), place))
    }
}

impl<S: Store> Session<S> {
    pub(crate) fn new(machine: Machine, store: S, name: AccountName, place: Place) -> Self {
        let http = agent();
        Self {
            manager: BlockingSessionManager::new(machine, store, move |refreshing, timeout| {
                http.send_within(refreshing, ExchangeLimits::default().timeout(timeout))
            }),
            name,
            place,
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
                Error::Store(cause) => failure.caused_by(&*cause),
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
            Some(warning) => Err(Failure::from_error(ErrorKind::Store, warning)),
        }
    }

    /// Returns the session with a valid access token.
    pub(crate) fn refreshed(&self, output: &Output) -> Result<Authenticated, Failure> {
        self.warn(self.manager.token(), output)?;
        self.load()
    }

    /// Switches the session to another organization.
    pub(crate) fn switch_organization(
        &self,
        organization: OrganizationId,
        output: &Output,
    ) -> Result<(), Failure> {
        self.warn(self.manager.switch(organization), output)
    }

    /// Removes the session from the store.
    pub(crate) fn log_out(&self) -> LoggedOut {
        self.manager.log_out()
    }

    /// Loads the session as it is stored. Sends no request.
    pub(crate) fn load(&self) -> Result<Authenticated, Failure> {
        let session = self
            .manager
            .session()
            .map_err(|error| self.failure(&error))?;
        session.ok_or_else(|| self.not_logged_in(&SessionEnded::NotLoggedIn))
    }

    pub(crate) fn name(&self) -> &AccountName {
        &self.name
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// Prints the warning of a token.
    fn warn(&self, token: Result<Token, Error>, output: &Output) -> Result<(), Failure> {
        let token = token.map_err(|error| self.failure(&error))?;
        if let Some(warning) = token.warning() {
            output.warn_error(warning);
        }
        Ok(())
    }

    fn failure(&self, error: &Error) -> Failure {
        match error {
            Error::Failed(error) => Failure::from(&**error),
            Error::SessionEnded(reason) => self.not_logged_in(reason),
            Error::Store(_) => Failure::from_error(ErrorKind::Store, error),
            Error::TryAgain { .. } => Failure::from_error(ErrorKind::Unavailable, error),
            _ => Failure::from_error(ErrorKind::Failure, error),
        }
    }

    fn not_logged_in(&self, reason: &SessionEnded) -> Failure {
        let mut message = format!("{reason}; log in: workos-login login");
        if !self.name.is_default() {
            message.push_str(" --account ");
            message.push_str(self.name.as_str());
        }
        let failure = Failure::new(ErrorKind::NotLoggedIn, message);
        match reason {
            SessionEnded::Ended(response) | SessionEnded::ResponseLost(response) => failure
                .cause(format_args!(
                    "the service responded with {} ({})",
                    response.code().unwrap_or("no error code"),
                    response.status().unwrap_or_default()
                ))
                .response(response),
            SessionEnded::AuthenticationChallenge(challenge) => failure.cause(format_args!(
                "the authentication challenge is {}",
                challenge.code()
            )),
            _ => failure,
        }
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
    use std::time::Duration;

    use workos_login::secrecy::ExposeSecret;
    use workos_login_mock_server::{Endpoint, Fault, MockResponse};

    use super::*;
    use crate::session::fixture::Fixture;

    #[test]
    fn without_a_session_the_login_command_is_named() {
        let fixture = Fixture::logged_out();
        let session = fixture.session();
        let refreshed = session.refreshed(&fixture.output).unwrap_err();
        let loaded = session.load().unwrap_err();
        for failure in [refreshed, loaded] {
            assert_eq!(failure.kind(), ErrorKind::NotLoggedIn);
            let message = failure.message();
            assert!(
                message.ends_with("log in: workos-login login --account work"),
                "{message}"
            );
        }
        assert_eq!(fixture.server.request_count(), 0);
    }

    #[test]
    fn a_failed_refresh_is_reported_by_its_class() {
        let challenge = r#"{"code":"mfa_enrollment","message":"m","pending_authentication_token":"t","user":{"id":"user_1"}}"#;
        for (response, kind, cause) in [
            (
                MockResponse::oauth_error(400, "invalid_grant", "Over."),
                ErrorKind::NotLoggedIn,
                "the service responded with invalid_grant (400 Bad Request)",
            ),
            (
                MockResponse::json(403, challenge),
                ErrorKind::NotLoggedIn,
                "the authentication challenge is mfa_enrollment",
            ),
            (
                MockResponse::new(503).header("retry-after", "7"),
                ErrorKind::Unavailable,
                "503",
            ),
        ] {
            let fixture = Fixture::logged_in("alice@example.com");
            fixture.expire_access_token();
            fixture.server.respond_with(Endpoint::Refresh, [response]);
            let failure = fixture.session().refreshed(&fixture.output).unwrap_err();
            assert_eq!(failure.kind(), kind, "{failure:?}");
            assert!(failure.causes().concat().contains(cause), "{failure:?}");
            match kind {
                ErrorKind::NotLoggedIn => assert!(
                    failure
                        .message()
                        .ends_with("log in: workos-login login --account work"),
                    "{failure:?}"
                ),
                _ => assert!(
                    failure.message().ends_with("try again in 7 s"),
                    "{failure:?}"
                ),
            }
        }
    }

    #[test]
    fn a_client_error_of_a_refresh_is_a_configuration_failure() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let response = MockResponse::oauth_error(401, "invalid_client", "Who?");
        fixture.server.respond_with(Endpoint::Refresh, [response]);
        let failure = fixture.session().refreshed(&fixture.output).unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Configuration);
        fixture.session().refreshed(&fixture.output).unwrap();
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
        fixture.session().refreshed(&fixture.output).unwrap();
        assert_eq!(fixture.server.request_count(), 2);
    }

    #[test]
    fn processes_share_one_refresh() {
        let fixture = Fixture::logged_in("alice@example.com");
        fixture.expire_access_token();
        let token = || {
            let session = fixture.session().refreshed(&fixture.output).unwrap();
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
