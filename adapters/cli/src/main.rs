//! `workos-login`: log in to WorkOS from the terminal.
//!
//! [`cli`] parses the command line, each file of [`commands`] runs one command, and [`output`] prints its result. [`login`] is
//! what the commands that log in share; [`session`] is the stored session. Libraries' errors become a [`failure`].

mod challenge_task;
mod cli;
mod client;
mod commands;
mod demo;
mod error_kind;
mod failure;
mod identity;
mod interrupt;
mod issuer;
mod login;
mod output;
mod session;
mod whole_seconds;

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{Cli, Command};
use crate::commands::{logout, run, status, switch, token, whoami};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::parse_arguments() {
        Ok(cli) => cli,
        Err(exit_code) => return exit_code,
    };
    let output = Arc::new(Output::new(cli.json));
    interrupt::exit_on_ctrl_c(output.clone());
    match cli.command {
        Command::Login(args) => output.finish(commands::login::run(&args, &output)),
        Command::Logout(args) => output.finish(logout::run(&args, &output)),
        Command::Run(args) => output.fail(&run::run(&args, &output)),
        Command::Status(args) => output.finish(status::run(&args)),
        Command::Switch(args) => output.finish(switch::run(&args, &output)),
        Command::Token(args) => output.finish(token::run(&args, &output)),
        Command::Whoami(args) => output.finish(whoami::run(&args, &output)),
    }
}
