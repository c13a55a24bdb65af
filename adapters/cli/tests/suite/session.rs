//! The commands that use the session of an earlier command, in the Linux kernel keyring.
//!
//! Without access to that keyring, as in many containers, each test checks only the failure that is reported then.

use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use workos_login_mock_server::{Config, Endpoint, Fault, MockResponse, Organization, Server};

use crate::discovery::OPENID_CONNECT;
use crate::oauth_server::{CLIENT_ID, OAuthServer};
use crate::support::{Ended, Waiting, configure, program, run, temporary_path, visit};

const ALICE: &str = "alice@example.com";

/// A server, and the account of one test.
struct Account {
    server: Server,
    name: String,
    state: PathBuf,
}

impl Account {
    /// Returns `None` without a keyring, after a check of the failure.
    #[track_caller]
    fn new(test: &str) -> Option<Self> {
        let state = temporary_path(test);
        let account = Self {
            server: Server::start(Config::default()).unwrap(),
            name: state.file_name().unwrap().to_str().unwrap().to_owned(),
            state,
        };
        let ended = account.run(&["status"]);
        if ended.code == Some(9) {
            let ended = account.run(&["login", "--no-browser"]).with(9);
            ended.says(&["no keyring", "--no-store"]);
            assert_eq!(account.server.request_count(), 0);
            return None;
        }
        ended
            .with(8)
            .says(&["log in: workos-login login --account"]);
        Some(account)
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut program = program(arguments);
        configure(&mut program, &self.server);
        program
            .env("WORKOS_LOGIN_STORE", "kernel")
            .env("XDG_STATE_HOME", &self.state)
            .env("XDG_CONFIG_HOME", self.state.join("config"));
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

    /// Logs in, and waits until the access token has expired. It has the shortest possible lifetime.
    fn log_in_with_expired_token(&self) {
        let set_lifetime = |lifetime| {
            self.server
                .configure(|config| config.access_token_lifetime = lifetime)
        };
        set_lifetime(Duration::from_secs(1));
        self.log_in(ALICE, &[]);
        set_lifetime(Duration::from_secs(300));
        thread::sleep(Duration::from_secs(1));
        self.server.clear_requests();
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        self.run(&["logout", "--no-browser"]);
        let _ = std::fs::remove_dir_all(&self.state);
    }
}

#[test]
fn later_commands_use_the_session_of_a_login() {
    let Some(account) = Account::new("later") else {
        return;
    };
    let ended = account.log_in(ALICE, &[]);
    assert!(
        ended.stdout.contains("  stored in        the "),
        "{ended:?}"
    );
    account.server.clear_requests();

    let first = account.run(&["token"]).with(0);
    let second = account.run(&["token"]).with(0);
    assert!(first.stdout.starts_with("eyJ"), "{first:?}");
    assert_eq!(first.stdout.lines().count(), 1);
    assert_eq!((&first.stdout, &*first.stderr), (&second.stdout, ""));

    assert_eq!(account.json(&["whoami"])["user"]["email"], ALICE);
    let status = account.json(&["status"]);
    assert_eq!(status["account"], account.name);
    assert_eq!(status["store"], "kernel_keyring");
    assert!(status["expires_in"].as_u64().unwrap() > 200);
    assert_eq!(account.server.request_count(), 0);
}

#[test]
fn later_commands_need_no_options() {
    let Some(account) = Account::new("remembered") else {
        return;
    };
    account.log_in(ALICE, &[]);
    let bare = |arguments: &[&str]| {
        let mut command = program(arguments);
        command
            .env("XDG_STATE_HOME", &account.state)
            .env("XDG_CONFIG_HOME", account.state.join("config"));
        run(&mut command)
    };
    let token = bare(&["token"]).with(0).stdout;
    assert_eq!(token, account.run(&["token"]).with(0).stdout);
    assert_eq!(bare(&["status", "--json"]).json()["account"], account.name);
    bare(&["accounts"])
        .with(0)
        .prints(&format!("{} (default)", account.name));

    let index = std::fs::read_to_string(account.state.join("config/workos-login/accounts.json"));
    let index = index.unwrap();
    for secret in [token.trim(), "refresh_token", "access_token"] {
        assert!(!index.contains(secret), "{index}");
    }
    // The account is removed from the index and from the keyring.
    let ended = bare(&["accounts", "remove", &account.name]).with(0);
    ended.prints("No account; log in: workos-login login");
    bare(&["token"]).with(6).says(&["no client ID"]);
    account.run(&["whoami"]).with(8);
}

#[test]
fn what_was_discovered_is_remembered() {
    let Some(account) = Account::new("discovered") else {
        return;
    };
    let server = OAuthServer::start();
    server.publish(&json!({}));
    let bare = |arguments: &[&str]| {
        let mut command = program(arguments);
        command
            .env("XDG_STATE_HOME", &account.state)
            .env("XDG_CONFIG_HOME", account.state.join("config"));
        command
    };
    let mut tokens = server.tokens(&json!({"name": "Ivy Ives"}));
    tokens["refresh_token"] = json!("refresh_1");
    server.respond(200, tokens.clone());
    let mut login = bare(&["login", "--no-browser", "--store", "kernel"]);
    login
        .args(["--issuer", &server.issuer()])
        .args(["--client-id", CLIENT_ID]);
    let waiting = Waiting::start(&mut login);
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1")]));
    waiting.end().with(0);
    assert_eq!(server.take_paths(), [OPENID_CONNECT, "/token"]);

    tokens["access_token"] = json!("second");
    tokens.as_object_mut().unwrap().remove("id_token");
    server.respond(200, tokens);
    run(&mut bare(&["token", "--refresh"]))
        .with(0)
        .prints("second");
    assert_eq!(server.take_paths(), ["/token"]);

    // A later login without options is one at the same server, which is not discovered again.
    let waiting = Waiting::start(&mut bare(&["login", "--no-browser"]));
    assert!(waiting.url.starts_with(&server.issuer()), "{}", waiting.url);
    drop(waiting);
    run(&mut bare(&["login", "--organization", "org_1"]))
        .with(2)
        .says(&["--organization cannot be used with an OAuth"]);
    // The revocation endpoint was discovered, too.
    run(&mut bare(&["logout"])).with(0);
    assert_eq!(server.take_paths(), ["/revoke"]);
}

#[test]
fn an_expired_token_is_refreshed_once() {
    let Some(account) = Account::new("refreshed") else {
        return;
    };
    account.log_in_with_expired_token();
    let first = account.json(&["token"]);
    let second = account.json(&["token"]);
    assert!(first["expires_in"].as_u64().unwrap() > 200, "{first}");
    assert_eq!(first["access_token"], second["access_token"]);
    assert_eq!(account.server.request_count(), 1);
}

#[test]
fn a_refresh_can_be_forced() {
    let Some(account) = Account::new("forced") else {
        return;
    };
    account.log_in(ALICE, &[]);
    account.server.clear_requests();
    let first = account.run(&["token"]).with(0).stdout;
    let second = account.run(&["token", "--refresh"]).with(0).stdout;
    assert_ne!(first, second);
    assert_eq!(account.run(&["token"]).with(0).stdout, second);
    assert_eq!(account.server.request_count(), 1);
    account.run(&["token", "--refresh", "--no-store"]).with(2);
}

#[test]
fn a_session_that_the_service_has_ended_is_removed() {
    let Some(account) = Account::new("ended") else {
        return;
    };
    account.log_in_with_expired_token();
    account.server.end_all_sessions();
    let ended = account.run(&["token", "--json"]).with(8);
    assert_eq!(ended.error()["kind"], "not_logged_in");
    ended.says(&["ended", "invalid_grant"]);
    let again = account.run(&["token"]).with(8);
    assert!(!again.stderr.contains("invalid_grant"), "{again:?}");
}

#[test]
fn a_transient_error_does_not_end_the_session() {
    let Some(account) = Account::new("transient") else {
        return;
    };
    account.log_in_with_expired_token();
    // Later than the retries of one command.
    let response = MockResponse::new(503).header("retry-after", "30");
    account.server.respond_with(Endpoint::Refresh, [response]);
    let ended = account.run(&["token", "--json"]).with(5);
    ended.says(&["try again in 30 s", "503"]);
    assert_eq!(ended.error()["retry_in"], 30);
    // The backoff is respected by the next command.
    account.run(&["token"]).with(5);
    assert_eq!(account.server.request_count(), 1);
    assert_eq!(account.json(&["whoami"])["user"]["email"], ALICE);
}

#[test]
fn a_command_runs_with_the_token_and_its_exit_code_is_returned() {
    let Some(account) = Account::new("run") else {
        return;
    };
    account
        .run(&["run", "--", "/bin/sh", "-c", "echo ran"])
        .with(8);
    account.log_in(ALICE, &[]);
    let token = account.run(&["token"]).with(0).stdout;
    let script = "echo \"$WORKOS_ACCESS_TOKEN\"; exit 42";
    let ended = account
        .run(&["run", "--", "/bin/sh", "-c", script])
        .with(42);
    assert_eq!(ended.stdout, token);
    // A signal ends the command itself: it replaced the process.
    let ended = account.run(&["run", "/bin/sh", "-c", "kill -TERM $$"]);
    assert_eq!(ended.code, None);
    let ended = account.run(&["run", "--", "/nowhere/program"]).with(1);
    ended.says(&["cannot start the command /nowhere/program"]);
}

#[test]
fn a_rejected_organization_switch_leaves_the_session_unchanged() {
    let Some(account) = Account::new("switch") else {
        return;
    };
    account.log_in(
        "bob@example.com",
        &["--organization", Organization::ACME_ID],
    );
    let identity = account.json(&["switch", Organization::GLOBEX_ID]);
    assert_eq!(identity["organization_id"], Organization::GLOBEX_ID);
    account.run(&["switch", "org_nowhere"]).with(3);
    assert_eq!(account.json(&["whoami"]), identity);
}

#[test]
fn a_logout_removes_the_session_and_prints_its_logout_url() {
    let Some(account) = Account::new("logout") else {
        return;
    };
    account.log_in(ALICE, &[]);
    let session = account.server.sessions().remove(0);
    let result = account.json(&["logout", "--no-browser"]);
    assert_eq!(result["was_logged_in"], true);
    assert_eq!(result["opened"], false);
    let url = result["logout_url"].as_str().unwrap();
    assert!(url.ends_with(&session), "{url}");
    account.run(&["whoami"]).with(8);
    let ended = account.run(&["logout"]).with(0);
    assert_eq!(ended.stdout, "No user was logged in.\n");
}

#[test]
fn one_client_id_has_a_session_at_each_service() {
    let Some(account) = Account::new("services") else {
        return;
    };
    let other = Server::start(Config::default()).unwrap();
    assert_eq!(account.server.client_id(), other.client_id());
    let at_other = |arguments: &[&str]| {
        let mut command = account.command(arguments);
        configure(&mut command, &other);
        command
    };
    account.log_in(ALICE, &[]);
    run(&mut at_other(&["whoami"])).with(8);
    Waiting::start(&mut at_other(&["login", "--no-browser"]))
        .log_in(&other, "carol@example.com")
        .with(0);
    run(&mut at_other(&["whoami"]))
        .with(0)
        .prints("Carol Clark");
    account.run(&["whoami"]).with(0).prints("Alice Adams");
    run(&mut at_other(&["logout"])).with(0);
    account.run(&["whoami"]).with(0);
}

#[test]
fn a_session_without_a_refresh_token_is_reported_by_login_and_status() {
    let Some(account) = Account::new("short-lived") else {
        return;
    };
    let server = OAuthServer::start();
    let command = |arguments: &[&str]| {
        let mut command = account.command(arguments);
        server.configure(&mut command);
        command.env("WORKOS_BASE_URL", "");
        command
    };
    server.respond(200, server.tokens(&json!({})));
    let waiting = Waiting::start(&mut command(&["login", "--no-browser"]));
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1")]));
    let ended = waiting.end().with(0);
    ended.says(&["warning: the server sent no refresh token"]);

    let ended = run(&mut command(&["status"])).with(0);
    assert!(ended.stdout.contains("expires in"), "{ended:?}");
    assert!(!ended.stdout.contains("refresh"), "{ended:?}");
    let status = run(&mut command(&["status", "--json"])).with(0).json();
    assert!(status["expires_in"].as_u64().unwrap() > 3000, "{status}");
    assert!(status["refresh_in"].is_null(), "{status}");
    run(&mut command(&["logout"])).with(0);
}

#[test]
fn without_an_index_the_server_is_discovered_when_a_refresh_is_due() {
    let Some(account) = Account::new("discovery") else {
        return;
    };
    let server = OAuthServer::start();
    server.publish(&json!({}));
    let command = |arguments: &[&str]| {
        let mut command = account.command(arguments);
        command
            .env("WORKOS_BASE_URL", "")
            .env("WORKOS_CLIENT_ID", CLIENT_ID)
            .env("WORKOS_LOGIN_ISSUER", server.issuer());
        command
    };
    let tokens = |lifetime: u32, token: &str| {
        let mut tokens = server.tokens(&json!({"name": "Ivy Ives"}));
        tokens["expires_in"] = json!(lifetime);
        tokens["access_token"] = json!(token);
        tokens["refresh_token"] = json!(format!("refresh_{token}"));
        tokens
    };
    server.respond(200, tokens(1, "first"));
    let waiting = Waiting::start(&mut command(&["login", "--no-browser"]));
    visit(&waiting.url);
    visit(&waiting.callback(&[("code", "code_1")]));
    waiting.end().with(0);
    assert_eq!(server.take_paths(), [OPENID_CONNECT, "/token"]);
    std::fs::remove_dir_all(account.state.join("config")).unwrap();

    thread::sleep(Duration::from_secs(1));
    server.publish(&json!({"issuer": "https://example.org"}));
    let ended = run(&mut command(&["token", "--json"])).with(1);
    assert_eq!(ended.error()["kind"], "malformed");
    assert_eq!(server.take_paths(), [OPENID_CONNECT]);
    server.publish(&json!({}));

    // The ID token of a refresh has no nonce, so it has none here.
    let mut refreshed = tokens(3600, "second");
    refreshed.as_object_mut().unwrap().remove("id_token");
    server.respond(200, refreshed);
    run(&mut command(&["token"])).with(0).prints("second");
    assert_eq!(server.take_paths(), [OPENID_CONNECT, "/token"]);

    run(&mut command(&["token"])).with(0).prints("second");
    run(&mut command(&["whoami"])).with(0).prints("Ivy Ives");
    run(&mut command(&["status"])).with(0);
    run(&mut command(&["logout"])).with(0);
    run(&mut command(&["token", "--refresh"])).with(8);
    assert_eq!(server.take_paths(), Vec::<String>::new());
}

#[test]
fn without_a_keyring_no_login_starts() {
    let server = Server::start(Config::default()).unwrap();
    for name in ["login", "token", "whoami", "status", "logout"] {
        let mut command = program(&[name, "--json"]);
        configure(&mut command, &server);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
        let ended = run(&mut command).with(9);
        assert_eq!(ended.error()["kind"], "no_store");
        ended.says(&[
            "no keyring",
            "--store kernel",
            "workos-login run --no-store -- COMMAND",
        ]);
    }
    assert_eq!(server.request_count(), 0);
}

#[test]
fn a_login_for_one_command_leaves_the_stored_session_unchanged() {
    let Some(account) = Account::new("alone") else {
        return;
    };
    let log_in_for_one_command = || {
        let mut command = account.program(&["token", "--no-store", "--no-browser"]);
        Waiting::start(&mut command)
            .log_in(&account.server, ALICE)
            .with(0)
            .stdout
    };
    let token = log_in_for_one_command();
    account.run(&["whoami"]).with(8);
    account.log_in("carol@example.com", &[]);
    log_in_for_one_command();
    assert_eq!(
        account.json(&["whoami"])["user"]["email"],
        "carol@example.com"
    );
    assert_ne!(account.run(&["token"]).with(0).stdout, token);
}

#[test]
fn a_refresh_that_ends_the_session_names_the_login_command() {
    let Some(account) = Account::new("ending") else {
        return;
    };
    let challenge = r#"{"code":"mfa_enrollment","message":"m","pending_authentication_token":"t","user":{"id":"user_1"}}"#;
    let invalid_grant = MockResponse::oauth_error(400, "invalid_grant", "Over.");
    for (response, code, remedy) in [
        (MockResponse::json(403, challenge), 7, "log in again"),
        (invalid_grant, 8, "log in"),
    ] {
        account.log_in_with_expired_token();
        account.server.respond_with(Endpoint::Refresh, [response]);
        let command = format!("{remedy}: workos-login login --account {}", account.name);
        account.run(&["token"]).with(code).says(&[&command]);
    }
}

#[test]
fn a_refresh_without_a_usable_response_is_unavailable_and_has_the_cause() {
    let Some(account) = Account::new("unusable") else {
        return;
    };
    let html = MockResponse::new(200).header("content-type", "text/html");
    let redirect = MockResponse::new(302).header("location", "https://portal.example/");
    for (response, cause) in [
        (redirect, "response is a redirect to portal.example"),
        (html.body("<!doctype html>"), "text/html"),
    ] {
        account.log_in_with_expired_token();
        let fault = Fault::Response(response).on(Endpoint::Refresh);
        account.server.inject(fault.always());
        let ended = account.run(&["token"]).with(5);
        ended.says(&["has not ended; try again in", cause]);
        account.server.clear_faults();
    }
}

#[test]
fn a_failed_refresh_has_the_details_of_the_response() {
    let Some(account) = Account::new("details") else {
        return;
    };
    account.log_in_with_expired_token();
    let response = MockResponse::new(503)
        .header("retry-after", "30")
        .header("x-request-id", "req_7");
    account.server.respond_with(Endpoint::Refresh, [response]);
    let error = account.run(&["token", "--json"]).with(5).error();
    for (member, value) in [
        ("kind", Value::from("unavailable")),
        ("status", 503.into()),
        ("retry_in", 30.into()),
        ("request_id", "req_7".into()),
    ] {
        assert_eq!(error[member], value, "{error}");
    }
}

#[test]
fn a_client_error_does_not_end_the_session() {
    let Some(account) = Account::new("client-error") else {
        return;
    };
    account.log_in_with_expired_token();
    let response = MockResponse::oauth_error(401, "invalid_client", "Who?");
    account.server.respond_with(Endpoint::Refresh, [response]);
    account.run(&["token"]).with(6);
    account.run(&["whoami"]).with(0);
}

#[test]
fn a_lost_response_is_retried() {
    let Some(account) = Account::new("lost") else {
        return;
    };
    account.log_in_with_expired_token();
    account
        .server
        .configure(|config| config.replay_window = Duration::from_secs(10));
    let fault = Fault::ResponseLost.on(Endpoint::Refresh);
    account.server.inject(fault);
    account.run(&["token"]).with(0);
    assert_eq!(account.server.request_count(), 2);
}

#[test]
fn processes_share_one_refresh() {
    let Some(account) = Account::new("shared") else {
        return;
    };
    account.log_in_with_expired_token();
    let mut tokens: Vec<String> = thread::scope(|scope| {
        let token = || account.run(&["token"]).with(0).stdout;
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(token)).collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    assert_eq!(account.server.request_count(), 1);
}

#[test]
fn no_login_starts_if_the_store_is_not_writable() {
    let Some(account) = Account::new("read-only") else {
        return;
    };
    let mut command = account.command(&["login", "--no-browser"]);
    let ended = run(command.env("XDG_STATE_HOME", "/dev/null")).with(10);
    ended.says(&[
        "the session cannot be stored; no login was started",
        "lock file",
    ]);
    assert_eq!(account.server.request_count(), 0);
}

#[test]
fn a_login_fails_if_its_session_cannot_be_stored() {
    let Some(account) = Account::new("lost-store") else {
        return;
    };
    let state = account.state.join("state");
    let mut command = account.command(&["login", "--no-browser"]);
    let waiting = Waiting::start(command.env("XDG_STATE_HOME", &state));
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::write(&state, "").unwrap();
    let ended = waiting.log_in(&account.server, ALICE);
    ended.with(10).says(&["could not be stored"]);
}

#[test]
fn a_logout_revokes_the_refresh_token_or_says_that_it_could_not() {
    let Some(account) = Account::new("revoked") else {
        return;
    };
    for (status, revoked) in [(200, true), (503, false)] {
        let server = OAuthServer::start();
        let endpoint = format!("{}/revoke", server.issuer());
        server.publish(&json!({"revocation_endpoint": endpoint}));
        let command = |arguments: &[&str]| {
            let mut command = account.command(arguments);
            command
                .env("WORKOS_BASE_URL", "")
                .env("WORKOS_CLIENT_ID", CLIENT_ID)
                .env("WORKOS_LOGIN_ISSUER", server.issuer());
            command
        };
        let mut tokens = server.tokens(&json!({"name": "Ivy Ives"}));
        tokens["refresh_token"] = json!("refresh_1");
        server.respond(200, tokens);
        let waiting = Waiting::start(&mut command(&["login", "--no-browser"]));
        visit(&waiting.url);
        visit(&waiting.callback(&[("code", "code_1")]));
        waiting.end().with(0);

        server.respond(status, json!({}));
        let ended = run(&mut command(&["logout", "--json"])).with(0);
        let result = ended.json();
        assert_eq!(result["was_logged_in"], true);
        assert_eq!(result["revoked"], revoked);
        assert_eq!(server.requests().last().unwrap().form["token"], "refresh_1");
        assert_eq!(ended.stderr.contains("could not be revoked"), !revoked);
        assert_eq!(ended.stderr.contains("caused by"), !revoked);
        run(&mut command(&["whoami"])).with(8);
    }
}

#[test]
fn a_logout_ends_the_session_once() {
    let Some(account) = Account::new("logout-once") else {
        return;
    };
    account.log_in(ALICE, &[]);
    account.server.clear_requests();
    assert_eq!(
        account.json(&["logout", "--no-browser"])["was_logged_in"],
        true
    );
    assert_eq!(account.json(&["logout"])["was_logged_in"], false);
    assert_eq!(account.server.request_count(), 0);
}
