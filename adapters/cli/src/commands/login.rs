//! `workos-login login`: logs in, stores the session, and keeps the settings in the index.

use std::time::SystemTime;

use crate::commands::logged_in::LoggedIn;
use crate::demo::Demo;
use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::index::Index;
use crate::login::{self, LoginArgs};
use crate::output::Output;
use crate::selection::{Selection, SelectionArgs};

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

    /// Log in at a mock server inside this program: no account is needed
    ///
    /// The configured client id and service are ignored. If no browser can be opened, the first user of the mock server logs in.
    #[arg(long)]
    demo: bool,

    /// With --demo: log in as this user, alice@example.com for example, without a browser
    #[arg(long = "as", value_name = "EMAIL")]
    demo_user: Option<String>,

    #[command(flatten)]
    selection: SelectionArgs,
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
    let (selection, stored) = login::log_in(&args.login, &args.selection, output, Selection::app)?;
    // The session is stored, so a failure to remember its settings is no failure of the login.
    if let Err(failure) = Index::change(|index| index.put_first(selection.account())) {
        output.warn_failure(&failure);
    }
    let session = login::authenticated(&stored)?;
    if session.refresh_token().is_none() {
        output.warn(
            "the server sent no refresh token: the session ends when the access token expires",
        );
    }
    let location = Some(stored.location());
    Ok(LoggedIn::new(&session, location, SystemTime::now()))
}

fn demo(args: &Args, output: &Output) -> Result<LoggedIn, Failure> {
    let demo = Demo::start(args.demo_user.clone())?;
    output.print_line(format_args!(
        "demo: a mock server at {} takes the place of WorkOS; nothing there is real",
        demo.base_url()
    ));
    let session = login::log_in_demo(&args.login, &demo, output)?;
    let session = login::authenticated(&session)?;
    Ok(LoggedIn::new(&session, None, SystemTime::now()))
}
