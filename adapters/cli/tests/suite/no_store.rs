//! `--no-store`: a login for one command alone.

use std::process::Command;

use workos_login_mock_server::Server;

use crate::support::{Waiting, configure, program, run, server, temporary_path, visit};

const ALICE: &str = "alice@example.com";

/// The program on a machine without a keyring.
fn without_keyring(server: &Server, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    configure(&mut command, server);
    command
}

#[test]
fn the_token_is_printed_and_nothing_is_stored() {
    let server = server();
    let state = temporary_path("no-store");
    let arguments = ["token", "--no-store", "--no-browser", "--json"];
    let mut command = without_keyring(&server, &arguments);
    let ended = Waiting::start(command.env("XDG_STATE_HOME", &state))
        .log_in(&server, ALICE)
        .with(0);
    let token = ended.json();
    assert!(token["access_token"].as_str().unwrap().starts_with("eyJ"));
    assert!(token["expires_in"].as_u64().unwrap() > 200, "{token}");
    assert!(!ended.stderr.contains("eyJ"), "{ended:?}");
    assert!(!state.exists());
}

#[cfg(unix)]
#[test]
fn a_command_runs_with_the_token_and_its_exit_code_is_returned() {
    let server = server();
    let script = "echo \"$WORKOS_ACCESS_TOKEN\"; exit 42";
    let mut command = without_keyring(&server, &["run", "--no-store", "--no-browser", "--"]);
    let ended = Waiting::start(command.args(["/bin/sh", "-c", script]))
        .log_in(&server, ALICE)
        .with(42);
    assert!(ended.stdout.starts_with("eyJ"), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_command_does_not_run_after_a_denied_login() {
    let server = server();
    let mut command = without_keyring(&server, &["run", "--no-store", "--no-browser"]);
    let waiting = Waiting::start(command.args(["/bin/sh", "-c", "echo ran"]));
    visit(&server.deny(&waiting.url).unwrap());
    assert_eq!(waiting.end().with(3).stdout, "");
}

#[test]
fn a_device_login_prints_the_token() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(1));
    let arguments = ["token", "--no-store", "--device"];
    let mut waiting = Waiting::start(&mut without_keyring(&server, &arguments));
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    let ended = waiting.end().with(0);
    assert!(ended.stdout.starts_with("eyJ"), "{ended:?}");
}

#[test]
fn options_of_the_login_need_no_store() {
    for option in [
        &["--device"][..],
        &["--no-browser"],
        &["--organization", "org_1"],
        &["--port", "8080"],
        &["--timeout", "5"],
    ] {
        for command in ["token", "whoami"] {
            let ended = run(program(&[command, "--client-id", "client_1"]).args(option)).with(2);
            ended.says(&["--no-store"]);
        }
    }
}

#[test]
fn no_store_is_rejected_with_an_account_and_by_commands_of_the_stored_session() {
    for command in ["token", "whoami"] {
        let ended = run(&mut program(&[command, "--no-store", "--account", "work"])).with(2);
        ended.says(&["--no-store", "--account"]);
    }
    for command in ["login", "status", "logout"] {
        run(&mut program(&[command, "--no-store"])).with(2);
    }
}
