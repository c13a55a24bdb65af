//! `workos-login run`: runs a command with the access token.

use std::ffi::OsString;
use std::io;
use std::process::Command;

use workos_login::secrecy::ExposeSecret;

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::Output;
use crate::report::Report;
use crate::session::SessionArgs;

/// Run a command with the access token in WORKOS_ACCESS_TOKEN
///
/// The token is refreshed first if it is due for refresh. It expires within minutes: a command that runs for longer gets another
/// one from `workos-login token`. The exit code is that of the command.
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
    session: SessionArgs,
}

impl Args {
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
