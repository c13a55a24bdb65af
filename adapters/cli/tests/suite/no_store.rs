//! `--no-store`: a command logs in for itself, where there is no keyring or none is wanted.

use std::path::PathBuf;
use std::process::Command;

use workos_login_mock_server::Server;

use crate::support::{Waiting, program, run, server, visit};

const ALICE: &str = "alice@example.com";

/// The program where there is no keyring.
fn alone(server: &Server, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")
        .env("WORKOS_CLIENT_ID", server.client_id())
        .env("WORKOS_BASE_URL", server.base_url());
    command
}

#[test]
fn the_token_is_printed_and_nothing_is_kept() {
    let server = server();
    let state =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("no-store-{}", std::process::id()));
    let mut command = alone(&server, &["token", "--no-store", "--no-browser", "--json"]);
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
fn a_command_runs_with_the_token_and_ends_as_it_ends() {
    let server = server();
    let script = "echo \"$WORKOS_ACCESS_TOKEN\"; exit 42";
    let run = [
        "run",
        "--no-store",
        "--no-browser",
        "--",
        "/bin/sh",
        "-c",
        script,
    ];
    let ended = Waiting::start(&mut alone(&server, &run))
        .log_in(&server, ALICE)
        .with(42);
    assert!(ended.stdout.starts_with("eyJ"), "{ended:?}");
    assert_eq!(ended.stdout.lines().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_command_does_not_run_when_somebody_says_no() {
    let server = server();
    let run = [
        "run",
        "--no-store",
        "--no-browser",
        "/bin/sh",
        "-c",
        "echo ran",
    ];
    let waiting = Waiting::start(&mut alone(&server, &run));
    visit(&server.deny(&waiting.address).unwrap());
    assert_eq!(waiting.end().with(3).stdout, "");
}

#[test]
fn a_device_will_do() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(1));
    let mut waiting = Waiting::start(&mut alone(&server, &["token", "--no-store", "--device"]));
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    let ended = waiting.end().with(0);
    assert!(ended.stdout.starts_with("eyJ"), "{ended:?}");
}

#[test]
fn how_to_log_in_is_said_with_it_only() {
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
fn it_goes_with_no_name_for_what_is_kept() {
    for command in ["token", "whoami"] {
        let ended = run(&mut program(&[command, "--no-store", "--account", "work"])).with(2);
        ended.says(&["--no-store", "--account"]);
    }
    for command in ["login", "status", "logout"] {
        run(&mut program(&[command, "--no-store"])).with(2);
    }
}
