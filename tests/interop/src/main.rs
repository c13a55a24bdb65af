//! Runs logins against independent servers over each HTTP adapter.
//!
//! The servers are Node.js and Python programs. `tests/interop/run` installs their packages and starts this program.

mod adapter;
mod checks;
mod django_oauth_toolkit;
mod emulator;
mod glewlwyd;
mod oauth;
mod oidc_provider;
mod page;
mod peer;
mod server;
mod steps;
mod user_agent;

use std::process::ExitCode;

use crate::checks::run_all;
use crate::oauth::Target;
use crate::peer::PEERS;
use crate::server::ServerProcess;

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    if name == "emulator" {
        return with_server("workos-emulator/server.js", &[], |base_url| {
            run_all(emulator::CHECKS, &*base_url, true)
        });
    }
    let Some(peer) = PEERS.iter().find(|peer| peer.name == name) else {
        let names: Vec<_> = PEERS.iter().map(|peer| peer.name).collect();
        eprintln!(
            "usage: workos-login-interop emulator | {}",
            names.join(" | ")
        );
        return ExitCode::from(2);
    };
    with_server(peer.script, peer.arguments, |issuer| {
        run_all(
            &peer.checks.concat(),
            &Target { peer, issuer },
            peer.is_parallel,
        )
    })
}

/// Starts a server and runs its checks with its base URL, which return whether all passed.
fn with_server(script: &str, arguments: &[&str], checks: impl FnOnce(String) -> bool) -> ExitCode {
    let server = match ServerProcess::start(script, arguments) {
        Ok(server) => server,
        Err(error) => {
            eprintln!("{script} did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    if checks(server.base_url().to_owned()) {
        return ExitCode::SUCCESS;
    }
    eprintln!("\nlog of {script}:\n{}", server.log());
    ExitCode::FAILURE
}
