//! Failures before the login starts.

use serde_json::json;

use crate::support::{program, run, temporary_path};

#[test]
fn a_missing_client_id_is_reported_with_its_remedy() {
    for (name, value) in [("HOME", "/"), ("WORKOS_CLIENT_ID", "")] {
        let ended = run(program(&["login"]).env(name, value)).with(6);
        assert_eq!(ended.stdout, "");
        ended.says(&["client_…", "WorkOS dashboard", "WORKOS_CLIENT_ID", "--demo"]);
    }
}

#[test]
fn an_authorization_server_has_no_dashboard_of_workos() {
    for client_id in [&[][..], &["--client-id", "white space"]] {
        let mut command = program(&["login", "--issuer", "https://example.org"]);
        command
            .args(["--authorization-endpoint", "https://example.org/authorize"])
            .args(["--token-endpoint", "https://example.org/token"])
            .args(client_id);
        let ended = run(&mut command).with(6);
        ended.says(&["client ID", "authorization server"]);
        assert!(!ended.stderr.contains("WorkOS"), "{ended:?}");
    }
}

#[test]
fn an_empty_environment_variable_counts_as_unset() {
    let variables = [
        "WORKOS_CLIENT_ID",
        "WORKOS_BASE_URL",
        "WORKOS_LOGIN_STORE",
        "WORKOS_LOGIN_ISSUER",
        "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
        "WORKOS_LOGIN_TOKEN_ENDPOINT",
    ];
    let mut command = program(&["status"]);
    command.envs(variables.map(|name| (name, "")));
    let ended = run(&mut command).with(6);
    ended.says(&["no client ID"]);
}

#[test]
fn an_empty_option_is_rejected() {
    let ended = run(&mut program(&["status", "--client-id", ""])).with(6);
    ended.says(&["client ID", "empty"]);
    let ended = run(&mut program(&[
        "status",
        "--client-id",
        "client_1",
        "--base-url",
        "",
    ]))
    .with(6);
    ended.says(&["base URL"]);
}

#[test]
fn an_api_key_is_rejected_as_client_id_and_not_repeated() {
    let ended = run(program(&["login", "--json"]).env("WORKOS_CLIENT_ID", "sk_test_oops")).with(6);
    ended.says(&["API key"]);
    assert_eq!(ended.error()["kind"], "configuration");
    assert!(!format!("{ended:?}").contains("oops"), "{ended:?}");

    let help = run(program(&["login", "--help"]).env("WORKOS_CLIENT_ID", "sk_test_oops")).with(0);
    assert!(help.stdout.contains("WORKOS_CLIENT_ID"), "{help:?}");
    assert!(!help.stdout.contains("oops"), "{help:?}");
}

#[test]
fn urls_that_would_expose_tokens_are_rejected() {
    for (option, value, problem) in [
        ("--base-url", "http://api.example.com", "https"),
        ("--base-url", "api.example.com", "must be absolute"),
        (
            "--redirect-uri",
            "https://app.example.com/callback",
            "127.0.0.1",
        ),
    ] {
        let mut command = program(&["whoami", "--no-store", "--no-browser"]);
        command.args(["--client-id", "client_1", option, value]);
        run(&mut command).with(6).says(&[problem]);
    }
}

#[test]
fn an_invalid_command_line_is_reported_as_json_on_request() {
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
fn the_help_of_a_command_fits_on_a_screen() {
    for command in [
        &["login"][..],
        &["token"],
        &["run"],
        &["whoami"],
        &["status"],
        &["switch"],
        &["logout"],
        &["accounts"],
        &["accounts", "use"],
        &["completions"],
        &["man"],
    ] {
        let arguments = [command, &["--help"]].concat();
        let help = run(program(&arguments).env("COLUMNS", "80")).with(0).stdout;
        let height = help.lines().count();
        assert!(height <= 24, "{height} lines: {help}");
        assert!(help.contains("\nCommon options:\n"), "{help}");
    }
}

#[test]
fn more_help_has_every_option() {
    let help = run(&mut program(&["help", "token"])).with(0).stdout;
    for option in ["--device", "--authorization-endpoint", "--advertises-iss"] {
        assert!(help.contains(option), "{help}");
    }
    let help = run(&mut program(&["help"])).with(0).stdout;
    assert!(help.contains("check the issuer"), "{help}");
}

#[test]
fn completions_and_manual_pages_are_generated_for_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&mut program(&["completions", shell])).with(0).stdout;
        for word in ["accounts", "no-store", "advertises-iss"] {
            assert!(script.contains(word), "no {word} for {shell}");
        }
    }
    let directory = temporary_path("man");
    std::fs::create_dir_all(&directory).unwrap();
    let ended = run(program(&["man"]).arg(&directory)).with(0);
    assert_eq!(ended.stdout, "");
    let page = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    assert!(page("workos-login.1").contains("workos\\-login\\-accounts(1)"));
    assert!(page("workos-login-accounts-use.1").contains("Make an account the default"));
    std::fs::remove_dir_all(&directory).unwrap();
    run(program(&["man"]).arg(&directory))
        .with(1)
        .says(&["cannot be written"]);
}

#[test]
fn the_help_lists_the_exit_codes() {
    let help = run(&mut program(&["--help"])).with(0);
    for row in ["  3  denied", "130  interrupted"] {
        assert!(help.stdout.contains(row), "{help:?}");
    }
}
