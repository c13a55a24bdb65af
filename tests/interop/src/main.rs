//! Runs logins against independent servers over each HTTP adapter.
//!
//! The servers are Node.js programs. `tests/interop/run` installs their packages and starts this program.

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
            eprintln!("usage: workos-login-interop oidc | emulator");
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
    if run_all(checks, server.base_url()) {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nlog of {script}:\n{}", server.log());
    ExitCode::FAILURE
}
