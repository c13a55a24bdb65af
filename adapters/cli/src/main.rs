//! `workos-login`: log in to WorkOS from the terminal.
//!
//! One file for each command; arguments are read in [`cli`], and whatever is shown goes through [`output`].

mod account;
mod any_session;
mod asking;
mod browser;
mod cli;
mod client;
mod demo;
mod exit;
mod failure;
mod interrupt;
mod issuer;
mod logged_in;
mod login;
mod logout;
mod output;
mod printable;
mod progress;
mod report;
mod run;
mod session;
#[cfg(test)]
mod stage;
mod status;
mod switch;
mod token;
mod who;
mod whoami;

use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{Cli, Command};
use crate::output::Output;

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(exit) => return exit.into(),
    };
    let output = Arc::new(Output::new(cli.json));
    interrupt::watch(output.clone());
    let exit = match cli.command {
        Command::Login(args) => output.finish(login::run(&args, &output)),
        Command::Logout(args) => output.finish(logout::run(&args)),
        Command::Run(args) => output.fail(&run::run(&args, &output)),
        Command::Status(args) => output.finish(status::run(&args)),
        Command::Switch(args) => output.finish(switch::run(&args, &output)),
        Command::Token(args) => output.finish(token::run(&args, &output)),
        Command::Whoami(args) => output.finish(whoami::run(&args, &output)),
    };
    exit.into()
}
