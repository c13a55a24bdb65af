//! Many processes of the terminal program share one session in a real Secret Service.
//!
//! `tests/interop/keyring` starts it in a session of its own.

mod desk;
mod kill;
mod locked;
mod race;
mod secret_service;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// That something went as it has to, or what did not.
pub(crate) type Checked<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let Some(program) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("keyring PROGRAM");
        return ExitCode::from(2);
    };
    match check(&program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("keyring: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(program: &Path) -> Checked {
    secret_service::unlock()?;
    race::check(program)?;
    locked::check(program)?;
    kill::check(program)
}

/// Fails with these words unless that is so.
pub(crate) fn ensure(is_so: bool, otherwise: impl Into<String>) -> Checked {
    match is_so {
        true => Ok(()),
        false => Err(otherwise.into().into()),
    }
}
