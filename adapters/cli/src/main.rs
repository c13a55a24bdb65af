//! `workos-login`: log in to WorkOS from the terminal.
//!
//! One file for each command; arguments are read in [`cli`], and whatever is shown goes through [`output`].

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
mod output;
mod printable;
mod progress;
mod report;

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
    };
    exit.into()
}
