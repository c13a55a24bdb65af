//! Checks many processes of the command-line program that share one session in a real Secret Service.
//!
//! `tests/interop/keyring` starts it with a session bus of its own.

mod in_flight;
mod kill;
mod locked;
mod race;
mod responses;
mod scenario;
mod secret_service;
mod store;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::secret_service::SecretService;

/// The result of a check: an error describes the failure.
pub(crate) type Checked<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next().map(PathBuf::from) else {
        eprintln!("usage: keyring PROGRAM [store | race | locked | kill]");
        return ExitCode::from(2);
    };
    let chosen: Vec<_> = arguments.collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|own| own == name);
    match check(&program, is_chosen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyring: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(program: &Path, is_chosen: impl Fn(&str) -> bool) -> Checked {
    let mut service = SecretService::start()?;
    if is_chosen("store") {
        store::check(&mut service)?;
    }
    if is_chosen("race") {
        race::check(program)?;
    }
    if is_chosen("locked") {
        locked::check(program, &mut service)?;
    }
    if is_chosen("kill") {
        kill::check(program, &mut service)?;
    }
    Ok(())
}

/// Returns an error unless `condition` holds.
pub(crate) fn ensure(condition: bool, problem: impl Into<String>) -> Checked {
    match condition {
        true => Ok(()),
        false => Err(problem.into().into()),
    }
}
