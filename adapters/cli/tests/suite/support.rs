//! The program under test, and the person who logs in with it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use url::Url;
use workos_login_mock_server::{Config, Server};
use workos_login_ureq::ureq::Agent;

/// The program, in an environment in which no browser can be found and nothing is configured.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workos-login"));
    command.env_clear().stdin(Stdio::null()).args(arguments);
    // Without it there are no sockets on Windows.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

/// The program that logs in to `server` and prints who it was. It needs no keyring, and shows the address instead of opening it.
pub(crate) fn login(server: &Server, arguments: &[&str]) -> Command {
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .args([
            "--client-id",
            server.client_id(),
            "--base-url",
            server.base_url(),
        ])
        .args(arguments);
    command
}

pub(crate) fn server() -> Server {
    Server::start(Config::default()).unwrap()
}

/// How a program ended, and all that it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The one JSON object on the standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:#?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Says that the error output has each of these.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A program that waits for somebody to log in.
pub(crate) struct Waiting {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
    /// The address of the login page.
    pub(crate) address: String,
}

impl Waiting {
    /// Starts the program, and reads what it says until it has said the address.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let begin = said.len();
            let length = stderr.read_line(&mut said).unwrap();
            assert_ne!(length, 0, "there was no address in {said:?}");
            let line = said[begin..].trim_end();
            if line.starts_with("http") {
                break line.to_owned();
            }
        };
        Self {
            child,
            stderr,
            said,
            address,
        }
    }

    /// Reads on until the program has said this, and returns the line.
    pub(crate) fn read_until(&mut self, text: &str) -> &str {
        loop {
            let begin = self.said.len();
            let length = self.stderr.read_line(&mut self.said).unwrap();
            assert_ne!(length, 0, "there was no {text:?} in {:?}", self.said);
            if self.said[begin..].contains(text) {
                return self.said[begin..].trim_end();
            }
        }
    }

    /// The code that a device shows.
    pub(crate) fn user_code(&mut self) -> String {
        let line = self.read_until("enter this code");
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// The value of a parameter of the address.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let url = Url::parse(&self.address).unwrap();
        let mut pairs = url.query_pairs();
        let (_, value) = pairs.find(|(own, _)| own == name).unwrap();
        value.into_owned()
    }

    /// The callback with these parameters beside the state of this login.
    pub(crate) fn callback(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&self.parameter("redirect_uri")).unwrap();
        url.query_pairs_mut()
            .append_pair("state", &self.parameter("state"))
            .extend_pairs(parameters);
        url.into()
    }

    /// Waits until the program has ended.
    pub(crate) fn end(mut self) -> Ended {
        let mut stdout = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        self.stderr.read_to_string(&mut self.said).unwrap();
        Ended {
            code: self.child.wait().unwrap().code(),
            stdout,
            stderr: std::mem::take(&mut self.said),
        }
    }

    /// Signs in as `email` at the login page, returns to the program, and waits until it has ended.
    pub(crate) fn log_in(self, server: &Server, email: &str) -> Ended {
        visit(&server.log_in(&self.address, email).unwrap());
        self.end()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // A test that failed must not leave it behind. After `end` there is nothing left to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Goes where the login page leads, and returns the page that is shown there.
pub(crate) fn visit(address: &str) -> String {
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .build()
        .into();
    agent
        .get(address)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap()
}
