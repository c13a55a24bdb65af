//! Checks many processes that share one session: in a real Secret Service, or in an encrypted file.
//!
//! `tests/interop/keyring` starts it with a session bus of its own and the command-line program, `tests/interop/file` with the program
//! `file_app`.

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
    let store = arguments.next();
    let (Some(store), Some(program)) = (store, arguments.next().map(PathBuf::from)) else {
        eprintln!("usage: shared_session keyring PROGRAM [store | race | locked | kill]");
        eprintln!("       shared_session file PROGRAM [race | kill]");
        return ExitCode::from(2);
    };
    let chosen: Vec<_> = arguments.collect();
    let is_chosen = |name: &str| chosen.is_empty() || chosen.iter().any(|own| own == name);
    let checked = if store == "file" {
        check_file(&program, is_chosen)
    } else {
        check_keyring(&program, is_chosen)
    };
    match checked {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("shared_session: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check_keyring(program: &Path, is_chosen: impl Fn(&str) -> bool) -> Checked {
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
        kill::check(program, Some(&mut service))?;
    }
    Ok(())
}

fn check_file(program: &Path, is_chosen: impl Fn(&str) -> bool) -> Checked {
    if is_chosen("race") {
        race::check(program)?;
    }
    if is_chosen("kill") {
        kill::check(program, None)?;
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
