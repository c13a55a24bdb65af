//! The commands that use a session which an earlier run has kept: in the keyring of the kernel, where this process may use it.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use workos_login_mock_server::{Config, Endpoint, MockResponse, Organization, Server};

use crate::support::{Ended, Waiting, program, run};

/// A server, and a program that keeps its sessions under a name of one test alone.
struct Kept {
    server: Server,
    name: String,
    state: PathBuf,
}

impl Kept {
    /// Returns `None` where there is no such keyring, as in many containers, after a look at what the program says then.
    #[track_caller]
    fn start(test: &str) -> Option<Self> {
        let name = format!("{test}-{}", std::process::id());
        let kept = Self {
            server: Server::start(Config::default()).unwrap(),
            state: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&name),
            name,
        };
        let ended = kept.run(&["status"]);
        if ended.code == Some(9) {
            ended.says(&["there is no keyring here"]);
            let ended = kept.run(&["login", "--no-browser"]).with(9);
            ended.says(&["there is no keyring here", "--no-store"]);
            assert_eq!(kept.server.request_count(), 0);
            return None;
        }
        ended
            .with(8)
            .says(&["nobody is signed in; sign in: workos-login login --account"]);
        Some(kept)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = program(arguments);
        program
            .env("WORKOS_CLIENT_ID", self.server.client_id())
            .env("WORKOS_BASE_URL", self.server.base_url())
            .env("WORKOS_LOGIN_STORE", "kernel")
            .env("XDG_STATE_HOME", &self.state);
        program
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let (command, rest) = arguments.split_first().unwrap();
        let mut program = self.program(&[command, "--account", &self.name]);
        program.args(rest);
        program
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        run(&mut self.command(arguments))
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Value {
        let mut command = self.command(arguments);
        run(command.arg("--json")).with(0).json()
    }

    #[track_caller]
    fn log_in(&self, email: &str, arguments: &[&str]) -> Ended {
        let mut command = self.command(&["login", "--no-browser"]);
        Waiting::start(command.args(arguments))
            .log_in(&self.server, email)
            .with(0)
    }

    /// Signs somebody in, and waits until the access token is spent: it has the shortest life that one can have.
    fn sign_in_for_a_second(&self) {
        let life = |life| {
            self.server
                .configure(|config| config.access_token_lifetime = life)
        };
        life(Duration::from_secs(1));
        self.log_in("alice@example.com", &[]);
        life(Duration::from_secs(300));
        thread::sleep(Duration::from_secs(1));
        self.server.clear_requests();
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.run(&["logout", "--no-browser"]);
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

#[test]
fn a_login_lasts_from_one_program_to_the_next() {
    let Some(kept) = Kept::start("lasts") else {
        return;
    };
    let ended = kept.log_in("alice@example.com", &[]);
    assert!(
        ended
            .stdout
            .contains("kept in          the keyring of the Linux kernel")
    );
    kept.server.clear_requests();

    let first = kept.run(&["token"]).with(0);
    let second = kept.run(&["token"]).with(0);
    assert!(first.stdout.starts_with("eyJ"), "{first:?}");
    assert_eq!(first.stdout.lines().count(), 1);
    assert_eq!((&first.stdout, &*first.stderr), (&second.stdout, ""));

    assert_eq!(kept.json(&["whoami"])["user"]["email"], "alice@example.com");
    let status = kept.json(&["status"]);
    assert_eq!(status["account"], kept.name);
    assert_eq!(status["kept_in"], "kernel_keyring");
    assert!(status["expires_in"].as_u64().unwrap() > 200);
    assert_eq!(kept.server.request_count(), 0);
}

#[test]
fn a_token_that_is_due_is_refreshed() {
    let Some(kept) = Kept::start("due") else {
        return;
    };
    kept.sign_in_for_a_second();
    let first = kept.json(&["token"]);
    let second = kept.json(&["token"]);
    assert!(first["expires_in"].as_u64().unwrap() > 200, "{first}");
    assert_eq!(first["access_token"], second["access_token"]);
    assert_eq!(kept.server.request_count(), 1);
}

#[test]
fn a_session_that_the_service_ended_is_forgotten() {
    let Some(kept) = Kept::start("ended") else {
        return;
    };
    kept.sign_in_for_a_second();
    kept.server.end_all_sessions();
    let ended = kept.run(&["token", "--json"]).with(8);
    assert_eq!(ended.json()["error"]["kind"], "signed_out");
    ended.says(&["the service has ended the session"]);
    kept.run(&["token"]).with(8).says(&["nobody is signed in"]);
}

#[test]
fn a_service_that_cannot_answer_ends_nothing() {
    let Some(kept) = Kept::start("busy") else {
        return;
    };
    kept.sign_in_for_a_second();
    let answer = MockResponse::new(503).header("retry-after", "3");
    kept.server.respond_with(Endpoint::Refresh, [answer]);
    kept.run(&["token"]).with(5).says(&["try again in 3 s"]);
    kept.run(&["token"]).with(0);
}

#[test]
fn a_command_runs_with_the_token_and_ends_as_it_ends() {
    let Some(kept) = Kept::start("run") else {
        return;
    };
    kept.run(&["run", "--", "/bin/sh", "-c", "echo ran"])
        .with(8);
    kept.log_in("alice@example.com", &[]);
    let token = kept.run(&["token"]).with(0).stdout;
    let script = "echo \"$WORKOS_ACCESS_TOKEN\"; exit 42";
    let ended = kept.run(&["run", "--", "/bin/sh", "-c", script]).with(42);
    assert_eq!(ended.stdout, token);
    // A signal reaches the command itself: there is no other process.
    let ended = kept.run(&["run", "/bin/sh", "-c", "kill -TERM $$"]);
    assert_eq!(ended.code, None);
    let ended = kept.run(&["run", "--", "/nowhere/program"]).with(1);
    ended.says(&["the command /nowhere/program cannot be started"]);
}

#[test]
fn the_session_moves_to_another_organization() {
    let Some(kept) = Kept::start("switch") else {
        return;
    };
    kept.log_in(
        "bob@example.com",
        &["--organization", Organization::ACME_ID],
    );
    let who = kept.json(&["switch", Organization::GLOBEX_ID]);
    assert_eq!(who["organization_id"], Organization::GLOBEX_ID);
    kept.run(&["switch", "org_nowhere"]).with(3);
    assert_eq!(kept.json(&["whoami"]), who);
}

#[test]
fn a_logout_forgets_the_session_and_shows_where_it_ends() {
    let Some(kept) = Kept::start("logout") else {
        return;
    };
    kept.log_in("alice@example.com", &[]);
    let session = kept.server.sessions().remove(0);
    let ended = kept.json(&["logout", "--no-browser"]);
    assert_eq!(ended["was_signed_in"], true);
    assert_eq!(ended["opened"], false);
    let url = ended["logout_url"].as_str().unwrap();
    assert!(url.ends_with(&session), "{url}");
    kept.run(&["whoami"]).with(8);
    let ended = kept.run(&["logout"]).with(0);
    assert_eq!(ended.stdout, "Nobody was signed in.\n");
}

#[test]
fn without_a_keyring_a_login_is_not_begun() {
    let server = Server::start(Config::default()).unwrap();
    let command = |name| {
        let mut command = program(&[name, "--json"]);
        command
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
            .env("WORKOS_CLIENT_ID", server.client_id())
            .env("WORKOS_BASE_URL", server.base_url());
        command
    };
    for name in ["login", "token", "whoami", "status", "logout"] {
        let ended = run(&mut command(name)).with(9);
        assert_eq!(ended.json()["error"]["kind"], "no_store");
        ended.says(&[
            "there is no keyring here",
            "--store kernel",
            "workos-login run --no-store -- COMMAND",
        ]);
    }
    assert_eq!(server.request_count(), 0);
}

#[test]
fn a_login_for_one_command_leaves_the_kept_session_alone() {
    let Some(kept) = Kept::start("alone") else {
        return;
    };
    let mut command = kept.program(&["token", "--no-store", "--no-browser"]);
    let token = Waiting::start(&mut command)
        .log_in(&kept.server, "alice@example.com")
        .with(0)
        .stdout;
    kept.run(&["whoami"]).with(8);
    kept.log_in("carol@example.com", &[]);
    let mut command = kept.program(&["token", "--no-store", "--no-browser"]);
    Waiting::start(&mut command)
        .log_in(&kept.server, "alice@example.com")
        .with(0);
    assert_eq!(kept.json(&["whoami"])["user"]["email"], "carol@example.com");
    assert_ne!(kept.run(&["token"]).with(0).stdout, token);
}
