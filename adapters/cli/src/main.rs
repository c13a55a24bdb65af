//! `workos-login`: log in to WorkOS from the terminal.
//!
//! [`cli`] parses the command line, each file of `commands` runs one command, and [`output`] prints its result. A command works on the
//! [`account`] that its options select. [`session`] and [`login`] are what several commands share. `workos-login-native` does the work, and
//! its errors become a [`failure`].

mod account;
mod cli;
mod commands {
    pub(crate) mod accounts;
    pub(crate) mod documents;
    pub(crate) mod login;
    pub(crate) mod logout;
    pub(crate) mod with_session;
}
mod demo;
mod error_kind;
mod failure;
mod login;
mod output;
mod report;
mod session;

use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;

use crate::cli::{Cli, Command};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::parse_arguments() {
        Ok(cli) => cli,
        Err(exit_code) => return exit_code,
    };
    let output = Arc::new(Output::new(cli.json));
    output.exit_on_ctrl_c();
    let result = match cli.command {
        Command::Accounts(args) => args.run(&output),
        Command::Completions(args) => args.run(Cli::command()),
        Command::Man(args) => args.run(Cli::command()),
        Command::Login(args) => args.run(&output),
        Command::Logout(args) => args.run(&output),
        Command::Run(args) => args.run(&output),
        Command::Status(args) => args.run(),
        Command::Switch(args) => args.run(&output),
        Command::Token(args) => args.run(&output),
        Command::Whoami(args) => args.run(&output),
    };
    output.finish(result)
}
