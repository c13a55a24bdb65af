//! The command line.

use std::env;
use std::ffi::OsStr;
use std::process::ExitCode;

use clap::builder::Resettable;
use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::account::{HEADING, RARE};
use crate::commands::with_session::{RunArgs, StatusArgs, SwitchArgs, TokenArgs, WhoamiArgs};
use crate::commands::{accounts, documents, login, logout};
use crate::error_kind::{self, ErrorKind, exit_code};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::NO_STORE_HEADING;

/// Log in to WorkOS from the terminal.
#[derive(Debug, Parser)]
#[command(
    name = "workos-login",
    version,
    about,
    after_help = error_kind::list(),
    after_long_help = error_kind::table(),
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_flag = true,
    disable_version_flag = true
)]
pub(crate) struct Cli {
    /// Print the result or the error as one JSON object
    #[arg(long, global = true, help_heading = HEADING, display_order = 100)]
    pub(crate) json: bool,

    /// Print help; `workos-login help COMMAND` prints more
    #[arg(short, long, global = true, action = ArgAction::HelpShort, help_heading = HEADING, display_order = 101)]
    help: (),

    /// Print version
    #[arg(short = 'V', long, action = ArgAction::Version, help_heading = HEADING, display_order = 102)]
    version: (),

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login(login::Args),
    Token(TokenArgs),
    Run(RunArgs),
    Whoami(WhoamiArgs),
    Status(StatusArgs),
    Switch(SwitchArgs),
    Logout(logout::Args),
    Accounts(accounts::Args),
    Completions(documents::CompletionsArgs),
    Man(documents::ManArgs),
}

impl Cli {
    /// Parses the command line. If there is no command to run, prints the help or the error and returns the exit code.
    pub(crate) fn parse_arguments() -> Result<Self, ExitCode> {
        let mut command = with_environment(Self::command());
        let matches = command.try_get_matches_from_mut(env::args_os());
        let cli = matches.and_then(|matches| Self::from_arg_matches(&matches));
        cli.map_err(|error| {
            let error = error.format(&mut command);
            if !error.use_stderr() {
                // The help or the version. That nothing reads it is no failure.
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            if env::args_os().any(|argument| argument == "--json") {
                return Output::new(true).finish(Err(usage(&error)));
            }
            let _ = error.print();
            exit_code(ErrorKind::Usage).into()
        })
    }
}

/// Makes an environment variable that is empty count as unset, keeps the values of all out of the help, and the rare options out of the
/// short help.
fn with_environment(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
    command
        .mut_args(|argument| {
            let is_rare = RARE.contains(&argument.get_id().as_str())
                || argument.get_help_heading() == Some(NO_STORE_HEADING);
            let argument = match argument.get_env() {
                Some(name) if is_empty(name) => argument.env(Resettable::Reset),
                _ => argument.hide_env_values(true),
            };
            match is_rare {
                true => argument.hide_short_help(true),
                false => argument,
            }
        })
        .mut_subcommands(with_environment)
}

/// Makes a failure of the first paragraph of the error, as one line.
fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let problem = text.split("\n\n").next().unwrap_or_default();
    let problem = problem.trim_start_matches("error: ");
    let words: Vec<_> = problem.split_whitespace().collect();
    Failure::new(ErrorKind::Usage, words.join(" "))
}

#[cfg(test)]
#[path = "../tests/unit/cli.rs"]
mod tests;
