//! The session that is kept from one run to the next.

pub(crate) mod account;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod source;

use workos_login::session::{Machine, SessionEnded, SessionPolicy};
use workos_login::url::Url;
use workos_login::{Authenticated, BlockingHttpClient, ExchangeLimits, OrganizationId};
use workos_login_keyring::{self as keyring, KeyringStore, Place};
use workos_login_session::{BlockingSessionManager, Error, LoggedOut, Store};
use workos_login_ureq::agent;

use crate::client::{AnyClient, ClientArgs};
use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::account::{Account, Name};

/// The options that say which session a command is about.
#[derive(Debug, clap::Args)]
pub(crate) struct SessionArgs {
    #[command(flatten)]
    account: Account,

    #[command(flatten)]
    client: ClientArgs,
}

impl SessionArgs {
    /// Opens the place where the session is kept.
    pub(crate) fn open(&self) -> Result<Session, Failure> {
        Session::open(&self.client()?, &self.account)
    }

    /// Returns the client that the session is of.
    pub(crate) fn client(&self) -> Result<AnyClient, Failure> {
        self.client.client()
    }

    /// Returns the address where the session ends at the service, if there is one.
    pub(crate) fn logout_url(&self, session: &Authenticated) -> Option<Url> {
        match self.client() {
            Ok(AnyClient::WorkOs(client)) => session.logout_url(&client, None),
            Ok(AnyClient::Standard(_)) | Err(_) => None,
        }
    }
}

/// A session of one client under one name, and its keeper. Nobody may be signed in.
pub(crate) struct Session<S = KeyringStore> {
    keeper: BlockingSessionManager<S>,
    name: Name,
    place: Place,
}

impl Session {
    /// Opens the place where the session is kept.
    pub(crate) fn open(client: &AnyClient, account: &Account) -> Result<Self, Failure> {
        let policy = SessionPolicy::default();
        let (machine, id) = match client {
            AnyClient::Standard(client) => (Machine::new(client, policy), client.id()),
            AnyClient::WorkOs(client) => (Machine::new(client, policy), client.id()),
        };
        let store = account
            .open(id)
            .map_err(|error| no_store(&error, account))?;
        let place = store.place();
        Ok(Self::new(machine, store, account.name.clone(), place))
    }
}

impl<S: Store> Session<S> {
    pub(crate) fn new(machine: Machine, store: S, name: Name, place: Place) -> Self {
        let http = agent();
        Self {
            keeper: BlockingSessionManager::new(machine, store, move |refreshing, limit| {
                http.send_within(refreshing, ExchangeLimits::default().timeout(limit))
            }),
            name,
            place,
        }
    }

    /// Finds out whether a session could be kept.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.keeper.check().map_err(|error| {
            let failure = Failure::new(
                Exit::Store,
                "the session could not be kept, so the login was not begun",
            );
            match error {
                Error::Store(cause) => failure.because(&*cause),
                error => failure.because(&error),
            }
        })
    }

    /// Keeps a new session, in place of any other of that name.
    pub(crate) fn keep(&self, session: Authenticated) -> Result<(), Failure> {
        let token = self
            .keeper
            .log_in(session)
            .map_err(|error| self.failure(&error))?;
        match token.warning() {
            None => Ok(()),
            Some(warning) => Err(Failure::of(Exit::Store, warning)),
        }
    }

    /// Returns the session with a good access token. What went wrong although there is one is said.
    pub(crate) fn refreshed(&self, output: &Output) -> Result<Authenticated, Failure> {
        let token = self.keeper.token().map_err(|error| self.failure(&error))?;
        if let Some(warning) = token.warning() {
            output.warn(warning);
        }
        self.get()
    }

    /// Moves the session to another organization.
    pub(crate) fn switch(
        &self,
        organization: OrganizationId,
        output: &Output,
    ) -> Result<(), Failure> {
        let token = self
            .keeper
            .switch(organization)
            .map_err(|error| self.failure(&error))?;
        if let Some(warning) = token.warning() {
            output.warn(warning);
        }
        Ok(())
    }

    /// Forgets the session.
    pub(crate) fn log_out(&self) -> LoggedOut {
        self.keeper.log_out()
    }

    /// Returns the session as it is. Nothing is sent.
    pub(crate) fn get(&self) -> Result<Authenticated, Failure> {
        let session = self
            .keeper
            .session()
            .map_err(|error| self.failure(&error))?;
        session.ok_or_else(|| self.signed_out(&SessionEnded::NotLoggedIn))
    }

    pub(crate) fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) fn place(&self) -> Place {
        self.place
    }

    fn failure(&self, error: &Error) -> Failure {
        match error {
            Error::Failed(error) => Failure::told(error),
            Error::SessionEnded(reason) => self.signed_out(reason),
            Error::Store(_) => Failure::of(Exit::Store, error),
            Error::TryAgain { .. } => Failure::of(Exit::Unavailable, error),
            _ => Failure::of(Exit::Failure, error),
        }
    }

    fn signed_out(&self, reason: &SessionEnded) -> Failure {
        let failure = match self.name.is_default() {
            true => format!("{reason}; sign in: workos-login login"),
            false => format!(
                "{reason}; sign in: workos-login login --account {}",
                self.name.as_str()
            ),
        };
        let failure = Failure::new(Exit::SessionEnded, failure);
        match reason {
            SessionEnded::Ended(answer) | SessionEnded::ResponseLost(answer) => {
                failure.answered(answer)
            }
            SessionEnded::AuthenticationChallenge(step) => {
                failure.cause(format_args!("the step is {}", step.code()))
            }
            _ => failure,
        }
    }
}

/// There is no keyring, or it cannot be opened.
fn no_store(error: &keyring::Error, account: &Account) -> Failure {
    let exit = match error {
        keyring::Error::NoKeyring(_) => Exit::NoStore,
        _ => Exit::Store,
    };
    let mut failure = Failure::of(exit, error);
    if cfg!(target_os = "linux") && account.is_in_the_systems() {
        failure = failure.hint(
            "--store kernel keeps the session in the keyring of the Linux kernel, until a restart",
        );
    }
    match exit {
        Exit::NoStore => failure.hint(
            "workos-login run --no-store -- COMMAND logs in for that command alone, and keeps nothing; so does token --no-store",
        ),
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use workos_login::secrecy::ExposeSecret;
    use workos_login_mock_server::{Endpoint, Fault, MockResponse};

    use super::*;
    use crate::session::fixture::Stage;

    /// What is told when the token is spent, and a refresh goes like this.
    #[track_caller]
    fn check(answer: MockResponse, exit: Exit, message: &str, causes: &str) {
        let stage = Stage::with("alice@example.com");
        stage.spend();
        let answer = answer.header("x-request-id", "req_7");
        stage.server.respond_with(Endpoint::Refresh, [answer]);
        let failure = stage.session().refreshed(&stage.output).unwrap_err();
        assert_eq!(failure.exit(), exit, "{failure:?}");
        assert_eq!(failure.message(), message);
        assert!(failure.causes().concat().contains(causes), "{failure:?}");
    }

    #[test]
    fn where_nobody_is_signed_in_the_command_to_do_so_is_named() {
        let stage = Stage::empty();
        let session = stage.session();
        let token = session.refreshed(&stage.output).unwrap_err();
        let get = session.get().unwrap_err();
        for failure in [token, get] {
            assert_eq!(failure.exit(), Exit::SessionEnded);
            assert_eq!(
                failure.message(),
                "nobody is signed in; sign in: workos-login login --account work"
            );
        }
        assert_eq!(stage.server.request_count(), 0);
    }

    #[test]
    fn a_session_that_the_service_ended_is_told_with_its_answer() {
        check(
            MockResponse::oauth_error(400, "invalid_grant", "Over."),
            Exit::SessionEnded,
            "the service has ended the session; sign in: workos-login login --account work",
            "the service answered invalid_grant (400 Bad Request)",
        );
    }

    #[test]
    fn a_step_that_is_asked_for_is_named() {
        let step = r#"{"code":"mfa_enrollment","message":"m","pending_authentication_token":"t","user":{"id":"user_1"}}"#;
        check(
            MockResponse::json(403, step),
            Exit::SessionEnded,
            "the service asks for one more step before the session goes on; sign in: workos-login login --account work",
            "the step is mfa_enrollment",
        );
    }

    #[test]
    fn a_service_that_cannot_answer_ends_nothing() {
        check(
            MockResponse::new(503).header("retry-after", "7"),
            Exit::Unavailable,
            "the session cannot be refreshed now, and is not lost: try again in 7 s",
            "503",
        );
    }

    #[test]
    fn a_client_that_is_refused_is_a_matter_of_configuration() {
        let stage = Stage::with("alice@example.com");
        stage.spend();
        let answer = MockResponse::oauth_error(401, "invalid_client", "Who?");
        stage.server.respond_with(Endpoint::Refresh, [answer]);
        let failure = stage.session().refreshed(&stage.output).unwrap_err();
        assert_eq!(failure.exit(), Exit::Configuration);
        stage.session().refreshed(&stage.output).unwrap();
    }

    #[test]
    fn a_lost_answer_is_asked_for_again() {
        let stage = Stage::with("alice@example.com");
        stage.spend();
        stage
            .server
            .configure(|config| config.replay_window = std::time::Duration::from_secs(10));
        stage
            .server
            .inject(Fault::ResponseLost.on(Endpoint::Refresh));
        stage.session().refreshed(&stage.output).unwrap();
        assert_eq!(stage.server.request_count(), 2);
    }

    #[test]
    fn many_programs_share_one_refresh() {
        let stage = Stage::with("alice@example.com");
        stage.spend();
        let token = || {
            let session = stage.session().refreshed(&stage.output).unwrap();
            session.access_token().expose_secret().to_owned()
        };
        let mut tokens: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(token)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        assert_eq!(stage.server.request_count(), 1);
    }
}
