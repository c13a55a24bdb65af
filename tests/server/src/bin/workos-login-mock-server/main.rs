//! The mock server as a program, for demonstrations and for tests in other languages.

mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use workos_login_mock_server::Server;

use arguments::{Arguments, Command, HELP};

fn main() -> ExitCode {
    let result = match arguments::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => writeln!(io::stdout(), "{HELP}"),
        Ok(Command::Serve(arguments)) => serve(*arguments),
        Err(error) => {
            eprintln!("workos-login-mock-server: {error}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workos-login-mock-server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: Arguments) -> io::Result<()> {
    let users = arguments.users();
    let server = Arc::new(Server::start(arguments.config)?);
    for injection in arguments.injections {
        server.inject(injection);
    }
    writeln!(io::stdout(), "{}", server.base_url())?;
    eprintln!(
        "This is a mock server, not production software: it has no passwords, and its private key is public.\n\
         Client: {}. Users: {users}.",
        server.client_id(),
    );
    if arguments.log {
        let server = Arc::clone(&server);
        thread::spawn(move || log(&server));
    }
    if arguments.end_with_stdin {
        io::copy(&mut io::stdin().lock(), &mut io::sink())?;
        eprintln!("workos-login-mock-server: ends because standard input has ended");
        return Ok(());
    }
    // The end of standard input means nothing by default: a shell gives `/dev/null` to a process in
    // the background.
    loop {
        thread::park();
    }
}

/// Prints each request. It prints no value that can be a secret.
fn log(server: &Server) -> io::Result<()> {
    let mut printed = 0;
    loop {
        if !server.wait_for_requests(printed + 1, Duration::MAX) {
            continue;
        }
        let count = server.request_count();
        let requests = server.requests();
        if server.request_count() != count {
            // Another request arrived in between: the count is not that of the list.
            continue;
        }
        let new = usize::try_from(count - printed).unwrap_or(usize::MAX);
        for request in &requests[requests.len().saturating_sub(new)..] {
            let grant_type = request.parameter("grant_type").unwrap_or_default();
            writeln!(
                io::stdout(),
                "{} {} {grant_type}",
                request.method,
                request.path
            )?;
        }
        printed = count;
    }
}
