//! What is wrong before the login begins.

use serde_json::json;

use crate::support::{program, run};

#[test]
fn without_a_client_id_it_says_where_to_get_one() {
    for (name, value) in [("HOME", "/"), ("WORKOS_CLIENT_ID", "")] {
        let ended = run(program(&["login"]).env(name, value)).with(6);
        assert_eq!(ended.stdout, "");
        ended.says(&["client_…", "WorkOS dashboard", "WORKOS_CLIENT_ID", "--demo"]);
    }
}

#[test]
fn an_api_key_is_no_client_id_and_is_not_repeated() {
    let ended = run(program(&["login", "--json"]).env("WORKOS_CLIENT_ID", "sk_test_oops")).with(6);
    ended.says(&["this is an API key, not a client id"]);
    assert_eq!(ended.json()["error"]["kind"], "configuration");
    assert!(!format!("{ended:?}").contains("oops"), "{ended:?}");

    let help = run(program(&["login", "--help"]).env("WORKOS_CLIENT_ID", "sk_test_oops")).with(0);
    assert!(help.stdout.contains("WORKOS_CLIENT_ID"), "{help:?}");
    assert!(!help.stdout.contains("oops"), "{help:?}");
}

#[test]
fn addresses_that_are_not_safe_are_refused() {
    for (arguments, reason) in [
        (["--base-url", "http://api.example.com"], "use https"),
        (["--base-url", "api.example.com"], "write it whole"),
        (
            ["--redirect-uri", "https://app.example.com/callback"],
            "is not http on 127.0.0.1, [::1] or localhost",
        ),
    ] {
        let mut command = program(&[
            "whoami",
            "--no-store",
            "--no-browser",
            "--client-id",
            "client_1",
        ]);
        let ended = run(command.args(arguments)).with(6);
        ended.says(&[reason]);
    }
}

#[test]
fn a_wrong_command_line_is_told_in_json_too() {
    let ended = run(&mut program(&["login", "--json", "--port", "many"])).with(2);
    let message = "invalid value 'many' for '--port <PORT>': invalid digit found in string";
    assert_eq!(
        ended.json(),
        json!({"error": {"kind": "usage", "message": message}})
    );

    for arguments in [
        &["login", "--port", "many"][..],
        &["login", "--timeout", "0"],
        &[
            "login",
            "--port",
            "1",
            "--redirect-uri",
            "http://127.0.0.1:1/",
        ],
        &["login", "--organization", "", "--demo"],
        &["dance"],
        &[],
    ] {
        let ended = run(&mut program(arguments)).with(2);
        assert_eq!(ended.stdout, "");
        assert_ne!(ended.stderr, "");
    }
}

#[test]
fn the_help_lists_the_exit_codes() {
    let help = run(&mut program(&["--help"])).with(0);
    for line in ["  3  denied", "130  interrupted"] {
        assert!(help.stdout.contains(line), "{help:?}");
    }
}
