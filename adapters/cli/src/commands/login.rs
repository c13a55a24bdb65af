//! `workos-login login`: logs in and stores the session.
//!
//! The store is checked before the login starts: a session that cannot be stored would be lost when the command exits.

use std::time::SystemTime;

use workos_login::Authenticated;

use crate::client::{AnyClient, ClientArgs};
use crate::commands::logged_in::LoggedIn;
use crate::demo::Demo;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::login::{self, LoginArgs, LoginContext};
use crate::output::Output;
use crate::session::Session;
use crate::session::account::AccountArgs;

/// Log in with the browser, and store the session
///
/// Opens the login page in the system browser and waits for the callback on the loopback interface. On a machine without a browser,
/// --device shows a user code to enter in a browser on any device. The session is stored in the system keyring; with --demo it
/// is not stored. The output is the user that logged in, and never a token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    client: ClientArgs,

    #[command(flatten)]
    account: AccountArgs,

    #[command(flatten)]
    login: LoginArgs,

    /// Log in at a mock server inside this program: no account is needed
    ///
    /// The configured client id and service are ignored. If no browser can be opened, the first user of the mock server logs in.
    #[arg(long)]
    demo: bool,

    /// With --demo: log in as this user, alice@example.com for example, without a browser
    #[arg(long = "as", value_name = "EMAIL")]
    demo_user: Option<String>,
}

/// Logs in.
pub(crate) fn run(args: &Args, output: &Output) -> Result<LoggedIn, Failure> {
    if args.demo {
        return demo(args, output);
    }
    if args.demo_user.is_some() {
        return Err(Failure::new(
            ErrorKind::Usage,
            "--as selects a user of the mock server and needs --demo",
        ));
    }
    let stored = Session::open(&args.client.client()?, &args.account)?;
    let session = log_in_and_store(&stored, || {
        let context = LoginContext::new(&args.login, None, output);
        login::log_in(&context, &login::client(&context, &args.client)?)
    })?;
    if session.refresh_token().is_none() {
        output.warn(
            "the server sent no refresh token: the session ends when the access token expires",
        );
    }
    let store = Some(stored.keyring());
    Ok(LoggedIn::new(&session, store, SystemTime::now()))
}

fn demo(args: &Args, output: &Output) -> Result<LoggedIn, Failure> {
    let demo = Demo::start(args.demo_user.clone())?;
    output.print_line(format_args!(
        "demo: a mock server at {} takes the place of WorkOS; nothing there is real",
        demo.base_url()
    ));
    let client = AnyClient::UserManagement(demo.client()?);
    let context = LoginContext::new(&args.login, Some(&demo), output);
    let session = login::log_in(&context, &client)?;
    Ok(LoggedIn::new(&session, None, SystemTime::now()))
}

/// Logs in and stores the session in place of any other of the account.
///
/// Fails before the login starts if the store is not writable.
fn log_in_and_store(
    stored: &Session,
    log_in: impl FnOnce() -> Result<Authenticated, Failure>,
) -> Result<Authenticated, Failure> {
    stored.check()?;
    let session = log_in()?;
    stored.store(session.clone())?;
    Ok(session)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use workos_login_keyring::Error;
    use workos_login_session::{BlockingStore, Expected, StoreError, StoreLock, StoredSession};

    use super::*;
    use crate::session::fixture::Fixture;

    /// A store that is not writable. Its `check` detects that, or not.
    struct ReadOnly {
        check_fails: bool,
    }

    impl BlockingStore for ReadOnly {
        fn load(&self) -> Result<Option<StoredSession>, StoreError> {
            Ok(None)
        }

        fn save(&self, _: &StoredSession, _: Expected) -> Result<(), StoreError> {
            Err(Error::Busy.into())
        }

        fn clear(&self, _: Expected) -> Result<(), StoreError> {
            Err(Error::Busy.into())
        }

        fn lock(&self, _: Duration, _: Duration) -> Result<Option<StoreLock>, StoreError> {
            Ok(Some(StoreLock::new(())))
        }

        fn check(&self) -> Result<(), StoreError> {
            match self.check_fails {
                true => Err(Error::Busy.into()),
                false => Ok(()),
            }
        }
    }

    #[test]
    fn no_login_starts_if_the_store_is_not_writable() {
        let fixture = Fixture::logged_out();
        let log_in = || panic!("the login was started");
        let failure = log_in_and_store(&fixture.session_in(ReadOnly { check_fails: true }), log_in)
            .unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Store);
        assert_eq!(
            failure.message(),
            "the session cannot be stored; no login was started"
        );
        assert_eq!(failure.causes(), [Error::Busy.to_string()]);
    }

    #[test]
    fn a_login_fails_if_its_session_cannot_be_stored() {
        let fixture = Fixture::logged_out();
        let log_in = || Ok(fixture.new_session("alice@example.com", None));
        let failure =
            log_in_and_store(&fixture.session_in(ReadOnly { check_fails: false }), log_in)
                .unwrap_err();
        assert_eq!(failure.kind(), ErrorKind::Store);
        assert!(
            failure.message().contains("could not be stored"),
            "{failure:?}"
        );
    }

    #[test]
    fn the_session_of_a_login_is_stored_for_the_next_command() {
        let fixture = Fixture::logged_out();
        let log_in = || Ok(fixture.new_session("alice@example.com", None));
        log_in_and_store(&fixture.session(), log_in).unwrap();
        fixture.session().load().unwrap();
    }
}
