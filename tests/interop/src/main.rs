//! Logins against servers that were written elsewhere, over each HTTP adapter.
//!
//! The servers are Node programs: `tests/interop/run` installs what they need, and starts this program.

mod adapter;
mod checks;
mod emulator;
mod oidc;
mod page;
mod server;
mod steps;
mod user_agent;

use std::process::ExitCode;

use crate::checks::{Check, run_all};
use crate::server::ServerProcess;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    let (script, checks): (_, &[Check]) = match &*name {
        "emulator" => ("workos-emulator/server.js", emulator::CHECKS),
        "oidc" => ("oidc-provider/server.js", oidc::CHECKS),
        _ => {
            eprintln!("workos-login-interop oidc | emulator");
            return ExitCode::from(2);
        }
    };
    let server = match ServerProcess::start(script) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{script} did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    if run_all(checks, server.address()) {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nWhat {script} wrote:\n{}", server.log());
    ExitCode::FAILURE
}
