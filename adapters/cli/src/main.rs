//! `workos-login`: log in to WorkOS from the terminal.
//!
//! [`cli`] parses the command line, each file of [`commands`] runs one command, and [`output`] prints its result. A command works on the
//! account that [`selection`] makes of the options and of the [`index`]; [`login`] and [`session`] are what several commands share.
//! `workos-login-native` does the work, and its errors become a [`failure`].

mod cli;
mod commands;
mod demo;
mod error_kind;
mod failure;
mod identity;
mod index;
mod interrupt;
mod login;
mod output;
mod selection;
mod service;
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
