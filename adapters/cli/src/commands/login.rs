//! `workos-login login`: logs in, stores the session, and remembers the settings.

use std::time::{Duration, Instant, SystemTime};

use serde_json::json;
use workos_login::Authenticated;
use workos_login_native::Location;

use crate::account::{AccountArgs, index};
use crate::demo::Demo;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::login::{self, LoginArgs};
use crate::output::Output;
use crate::report::{Report, expiry};

/// Log in with the browser, and store the session
///
/// Opens the login page in the system browser and waits for the callback on the loopback interface. On a machine without a browser,
/// --device shows a user code to enter in a browser on any device. The session is stored in the system keyring, and the settings of the
/// login are remembered, so that later commands need no options; with --demo nothing is stored. The output is the user that logged in,
/// and never a token.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    login: LoginArgs,

    /// Log in at a mock server: no account is needed
    ///
    /// It is part of this program. The configured client ID and service are ignored. If no browser can be opened, the first user of the mock server logs in.
    #[arg(long)]
    demo: bool,

    /// With --demo, log in as this user
    ///
    /// For example alice@example.com. No browser is opened.
    #[arg(long = "as", value_name = "EMAIL")]
    demo_user: Option<String>,

    #[command(flatten)]
    account: AccountArgs,
}

impl Args {
    /// Logs in.
    pub(crate) fn run(&self, output: &Output) -> Result<Report, Failure> {
        if self.demo {
            return self.demo(output);
        }
        if self.demo_user.is_some() {
            let problem = "--as selects a user of the mock server and needs --demo";
            return Err(Failure::new(ErrorKind::Usage, problem));
        }
        let account = self.account.select()?;
        let account = login::log_in(&self.login, account, &self.account.service, output)?;
        // The session is stored, so a failure to remember its settings is no failure of the login.
        if let Some(Err(error)) = index().map(|index| index.put_first(&account.app)) {
            output.warn(&Failure::configuration(error));
        }
        let session = account.load()?;
        if session.refresh_token().is_none() {
            let problem =
                "the server sent no refresh token: the session ends when the access token expires";
            output.warn(&Failure::new(ErrorKind::Failure, problem));
        }
        Ok(report(&session, Some(account.stored()?.location())))
    }

    fn demo(&self, output: &Output) -> Result<Report, Failure> {
        let demo = Demo::start(self.demo_user.as_deref())?;
        output.terminal.print_line(format_args!(
            "demo: a mock server at {} takes the place of WorkOS; nothing there is real",
            demo.base_url()
        ));
        let account = demo.account()?;
        login::run(&self.login, &account, Instant::now(), Some(&demo), output)?;
        Ok(report(&*account.load()?, None))
    }
}

/// `store` is where the session is stored, if it is.
fn report(session: &Authenticated, store: Option<Location>) -> Report {
    let rounded = |left: Duration| left.as_secs_f64().round() as u64;
    let expires_in = session.expires_in(SystemTime::now()).map(rounded);
    Report::of_session(session, |user| format!("Hello {user}!"))
        .row("access token", Some(expiry(expires_in)))
        .row("stored in", store.map(|store| store.to_string()))
        .with(json!({
            "expires_in": expires_in,
            "store": store.map(Location::as_str),
        }))
}
