//! The program under test, and the user that logs in with it.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use url::Url;
use workos_login_mock_server::{Config, Server};
use workos_login_ureq::ureq::Agent;

/// The program, in an environment without a browser and without configuration.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workos-login"));
    command.env_clear().stdin(Stdio::null()).args(arguments);
    // Without an index: a test that needs one sets a directory of its own.
    command.env("XDG_CONFIG_HOME", "/nowhere");
    // Windows has no sockets without it.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

/// A command that logs in to `server` and prints the user. It needs no keyring and opens no browser.
pub(crate) fn login(server: &Server, arguments: &[&str]) -> Command {
    let mut command = program(&["whoami", "--no-store", "--no-browser"]);
    command
        .args(["--client-id", server.client_id()])
        .args(["--base-url", server.base_url()])
        .args(arguments);
    command
}

/// Makes the program use `server` by environment variables.
pub(crate) fn configure(command: &mut Command, server: &Server) {
    command
        .env("WORKOS_CLIENT_ID", server.client_id())
        .env("WORKOS_BASE_URL", server.base_url());
}

pub(crate) fn server() -> Server {
    Server::start(Config::default()).unwrap()
}

/// A path of its own for one test.
pub(crate) fn temporary_path(test: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}-{}", std::process::id()))
}

/// A `$BROWSER` that writes the URL that it is to open to a file.
#[cfg(unix)]
pub(crate) fn recording_browser(path: &Path) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser.sh");
    format!("/bin/sh {script} {}", path.display())
}

/// The exit code of a program, and everything that it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Asserts the exit code.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Returns the one JSON object on standard output.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:#?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// Returns the `error` of the JSON object on standard output.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        self.json()["error"].take()
    }

    /// Asserts that standard error contains each of these.
    #[track_caller]
    pub(crate) fn says(&self, parts: &[&str]) {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:#?}");
        }
    }

    /// Asserts that standard output begins with this line.
    #[track_caller]
    pub(crate) fn prints(&self, line: &str) {
        assert_eq!(self.stdout.lines().next(), Some(line), "{self:#?}");
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

/// A program that waits for a login.
pub(crate) struct Waiting {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    read: String,
    /// The URL that it printed for the user.
    pub(crate) url: String,
}

impl Waiting {
    /// Starts the program, and reads standard error until it has printed the URL.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut read = String::new();
        let url = loop {
            let begin = read.len();
            let length = stderr.read_line(&mut read).unwrap();
            assert_ne!(length, 0, "no URL in {read:?}");
            let line = read[begin..].trim_end();
            if line.starts_with("http") {
                break line.to_owned();
            }
        };
        Self {
            child,
            stderr,
            read,
            url,
        }
    }

    /// Reads standard error until a line contains `text`, and returns the line.
    pub(crate) fn read_until(&mut self, text: &str) -> &str {
        loop {
            let begin = self.read.len();
            let length = self.stderr.read_line(&mut self.read).unwrap();
            assert_ne!(length, 0, "no {text:?} in {:?}", self.read);
            if self.read[begin..].contains(text) {
                return self.read[begin..].trim_end();
            }
        }
    }

    /// Returns the user code of a device login.
    pub(crate) fn user_code(&mut self) -> String {
        let line = self.read_until("enter this code");
        line.rsplit(' ').next().unwrap().to_owned()
    }

    /// Returns a parameter of the URL.
    pub(crate) fn parameter(&self, name: &str) -> String {
        let url = Url::parse(&self.url).unwrap();
        let mut pairs = url.query_pairs();
        let (_, value) = pairs.find(|(own, _)| own == name).unwrap();
        value.into_owned()
    }

    /// Returns a callback with the state of this login and these parameters.
    pub(crate) fn callback(&self, parameters: &[(&str, &str)]) -> String {
        let mut url = Url::parse(&self.parameter("redirect_uri")).unwrap();
        url.query_pairs_mut()
            .append_pair("state", &self.parameter("state"))
            .extend_pairs(parameters);
        url.into()
    }

    /// Waits for the end of the program.
    pub(crate) fn end(mut self) -> Ended {
        let mut stdout = String::new();
        self.child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut stdout)
            .unwrap();
        self.stderr.read_to_string(&mut self.read).unwrap();
        Ended {
            code: self.child.wait().unwrap().code(),
            stdout,
            stderr: std::mem::take(&mut self.read),
        }
    }

    /// Logs in as `email` on the login page, follows the redirect, and waits for the end of the program.
    pub(crate) fn log_in(self, server: &Server, email: &str) -> Ended {
        visit(&server.log_in(&self.url, email).unwrap());
        self.end()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // After a failed test the program may still run; after `end` it does not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Requests a URL as a browser does, and returns the page.
pub(crate) fn visit(url: &str) -> String {
    let agent: Agent = Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .build()
        .into();
    agent
        .get(url)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string()
        .unwrap()
}
