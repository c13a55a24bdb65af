//! `workos-login run`: a command that has the access token.

use std::ffi::OsString;
use std::io;
use std::process::Command;

use workos_login::secrecy::ExposeSecret;

use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::source::AnySessionArgs;

/// Run a command with a valid access token in its environment variable WORKOS_ACCESS_TOKEN
///
/// The token is refreshed before, when it is due, and lives for minutes: a command that runs longer asks `workos-login token`
/// for another one. The exit code is the command's.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The command and its arguments
    #[arg(
        value_name = "COMMAND",
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,

    #[command(flatten)]
    session: AnySessionArgs,
}

/// Becomes the command. What comes back is why it did not.
pub(crate) fn run(args: &Args, output: &Output) -> Failure {
    let session = match args.session.get(output, |kept| kept.refreshed(output)) {
        Ok(session) => session,
        Err(failure) => return failure,
    };
    let Some((program, arguments)) = args.command.split_first() else {
        return Failure::new(Exit::Usage, "there is no command to run");
    };
    let mut command = Command::new(program);
    command.args(arguments).env(
        "WORKOS_ACCESS_TOKEN",
        session.access_token().expose_secret(),
    );
    output.hand_over();
    let error = become_command(command);
    Failure::new(
        Exit::Failure,
        format_args!("the command {} cannot be started", program.display()),
    )
    .because(&error)
}

/// Puts the command in the place of this process, so that its signals, its terminal and its exit code are its own.
#[cfg(unix)]
fn become_command(mut command: Command) -> io::Error {
    std::os::unix::process::CommandExt::exec(&mut command)
}

/// Waits for the command, and ends with its exit code. Ctrl-C reaches every process of the console.
#[cfg(not(unix))]
fn become_command(mut command: Command) -> io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}
