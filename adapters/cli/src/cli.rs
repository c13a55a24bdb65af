//! The command line.

use std::env;

use clap::{Parser, Subcommand};

use crate::commands::{login, logout, run, status, switch, token, whoami};
use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::output::Output;

/// Log in to WorkOS from the terminal.
#[derive(Debug, Parser)]
#[command(
    name = "workos-login",
    version,
    about,
    after_help = Exit::table(),
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    /// Print one JSON object on the standard output, errors too
    #[arg(long, global = true, display_order = 100)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Login(login::Args),
    Token(token::Args),
    Run(run::Args),
    Whoami(whoami::Args),
    Status(status::Args),
    Switch(switch::Args),
    Logout(logout::Args),
}

impl Cli {
    /// Reads the command line. What is wrong with it is printed, and so is the help where that was asked for.
    pub(crate) fn read() -> Result<Self, Exit> {
        Self::try_parse().map_err(|error| {
            if !error.use_stderr() {
                // Help or the version. Nobody to read it is no failure.
                let _ = error.print();
                return Exit::Success;
            }
            if env::args_os().any(|argument| argument == "--json") {
                return Output::new(true).fail(&usage(&error));
            }
            let _ = error.print();
            Exit::Usage
        })
    }
}

/// The same in one line, without the usage.
fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    let what = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = what
        .trim_start_matches("error: ")
        .split_whitespace()
        .collect();
    Failure::new(Exit::Usage, words.join(" "))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
