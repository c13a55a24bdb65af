//! Many processes of the terminal program share one session in a real Secret Service.
//!
//! `tests/interop/keyring` starts it in a session of its own.

mod kill;
mod locked;
mod race;
mod scenario;
mod secret_service;
mod store;

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::secret_service::SecretService;

/// That something went as it has to, or what did not.
pub(crate) type Checked<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(program) = arguments.next().map(PathBuf::from) else {
        eprintln!("keyring PROGRAM [store | race | locked | kill]");
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

/// Fails with these words unless that is so.
pub(crate) fn ensure(is_so: bool, otherwise: impl Into<String>) -> Checked {
    match is_so {
        true => Ok(()),
        false => Err(otherwise.into().into()),
    }
}
