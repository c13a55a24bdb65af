//! The mock server as a program, for demonstrations and for tests in other languages.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use workos_login_mock_server::{Config, Injection, LoginPage, Server};

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Some((config, injections))) => match run(config, injections) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("workos-login-mock-server: {error}");
                ExitCode::FAILURE
            }
        },
        Ok(None) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workos-login-mock-server: {error}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn run(config: Config, injections: Vec<Injection>) -> io::Result<()> {
    let users: Vec<_> = config.users.iter().map(|user| user.email.clone()).collect();
    let server = Server::start(config)?;
    for injection in injections {
        server.inject(injection);
    }
    println!("{}", server.base_url());
    io::stdout().flush()?;
    eprintln!(
        "This is a mock server, not production software: no passwords, a public private key.\n\
         Client {}; users {}. It runs until its standard input ends or Ctrl-C.",
        server.client_id(),
        users.join(", ")
    );
    io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink())?;
    Ok(())
}

/// Parses the command line. Returns `None` for `--help`.
fn parse(
    mut arguments: impl Iterator<Item = String>,
) -> Result<Option<(Config, Vec<Injection>)>, String> {
    let mut config = Config::default();
    let mut injections = Vec::new();
    while let Some(name) = arguments.next() {
        if ["--help", "-h"].contains(&&*name) {
            return Ok(None);
        }
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        match &*name {
            "--auto" => config.login_page = LoginPage::ApproveAs(known(&config, value()?)?),
            "--client-id" => config.client_ids = vec![value()?],
            "--deny" => config.login_page = LoginPage::Deny,
            "--fault" => injections.push(
                value()?
                    .parse::<Injection>()
                    .map_err(|error| error.to_string())?,
            ),
            "--port" => config.address.set_port(
                value()?
                    .parse()
                    .map_err(|_| "the port is no number".to_owned())?,
            ),
            _ => return Err(format!("there is no argument {name}")),
        }
    }
    Ok(Some((config, injections)))
}

fn known(config: &Config, email: String) -> Result<String, String> {
    match config.users.iter().any(|user| user.email == email) {
        true => Ok(email),
        false => Err(format!("there is no user {email}")),
    }
}

const HELP: &str = "A mock WorkOS for tests and demonstrations. Not production software.

workos-login-mock-server [--port N] [--client-id ID] [--auto EMAIL | --deny] [--fault FAULT]..

  --port N         listen on this port instead of a free one
  --client-id ID   the client id
  --auto EMAIL     log this user in at once, without a page
  --deny           deny every login at once, without a page
  --fault FAULT    inject a fault: [ENDPOINT:]NAME[=VALUE][*TIMES|*always], such as
                   hang, delay=2s*always, refresh:response-lost*3, status=429;retry-after=1

The first line of the output is the base URL.";
