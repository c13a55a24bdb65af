//! `workos-login`: log in to WorkOS from the terminal.
//!
//! One file for each command; arguments are read in [`cli`], and whatever is shown goes through [`output`].

mod browser;
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

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{Cli, Command};
use crate::commands::{logout, run, status, switch, token, whoami};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    let output = Arc::new(Output::new(cli.json));
    interrupt::watch(output.clone());
    let exit = match cli.command {
        Command::Login(args) => output.finish(commands::login::run(&args, &output)),
        Command::Logout(args) => output.finish(logout::run(&args)),
        Command::Run(args) => output.fail(&run::run(&args, &output)),
        Command::Status(args) => output.finish(status::run(&args)),
        Command::Switch(args) => output.finish(switch::run(&args, &output)),
        Command::Token(args) => output.finish(token::run(&args, &output)),
        Command::Whoami(args) => output.finish(whoami::run(&args, &output)),
    };
    exit.into()
}
