//! `login --demo`: the whole flow inside one process.

#[cfg(unix)]
use std::path::Path;

use serde_json::json;
use workos_login_mock_server::{Organization, User};

use crate::support::{Waiting, program, run, visit};

#[test]
fn the_person_who_is_named_logs_in() {
    let ended = run(&mut program(&[
        "login",
        "--demo",
        "--as",
        "carol@example.com",
    ]))
    .with(0);
    assert!(
        ended.stdout.starts_with("Hello Carol Clark!\n"),
        "{ended:?}"
    );
    assert!(ended.stdout.contains(User::CAROL_ID), "{ended:?}");
    ended.says(&["carol@example.com signs in at the login page"]);
}

#[test]
fn json_has_the_user_and_no_secret() {
    let ended = run(&mut program(&[
        "login",
        "--demo",
        "--as",
        "alice@example.com",
        "--json",
    ]))
    .with(0);
    let expected = json!({
        "user": {
            "id": User::ALICE_ID,
            "email": "alice@example.com",
            "email_verified": true,
            "name": "Alice Adams",
            "first_name": "Alice",
            "last_name": "Adams",
        },
        "organization_id": Organization::ACME_ID,
        "authentication_method": "Password",
        "impersonated_by": null,
        "expires_in": 300,
        "kept_in": null,
    });
    assert_eq!(ended.json(), expected);
}

#[test]
fn without_a_browser_the_first_user_logs_in() {
    let ended = run(&mut program(&["login", "--demo"])).with(0);
    assert!(
        ended.stdout.starts_with("Hello Alice Adams!\n"),
        "{ended:?}"
    );
    ended.says(&[
        "no browser can be opened here",
        "so alice@example.com signs in",
    ]);
}

#[cfg(unix)]
#[test]
fn a_browser_that_fails_or_would_take_the_terminal_is_none() {
    for browser in [
        "/bin/false",
        "/nowhere/firefox",
        "w3m",
        "/bin/false:/usr/bin/lynx",
    ] {
        let ended =
            run(program(&["login", "--demo", "--timeout", "60"]).env("BROWSER", browser)).with(0);
        ended.says(&[
            "no browser can be opened here",
            "so alice@example.com signs in",
        ]);
    }
}

#[cfg(unix)]
#[test]
fn the_browser_is_opened_with_the_login_page() {
    // A browser that only repeats what it was asked to open, on an output that must not be the terminal's.
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("opened-{}", std::process::id()));
    let browser = format!(
        "/bin/sh {} {}",
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser.sh"),
        path.display()
    );
    let waiting = Waiting::start(program(&["login", "--demo"]).env("BROWSER", browser));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), waiting.address);
    std::fs::remove_file(&path).unwrap();

    visit(&waiting.callback(&[("error", "access_denied")]));
    let ended = waiting.end().with(3);
    ended.says(&["the login page is open in your browser"]);
    assert_eq!(ended.stdout, "");
    assert!(!ended.stderr.contains("noise"), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_of_a_desktop_needs_a_screen() {
    let command = |timeout| {
        let mut command = program(&["login", "--demo", "--timeout", timeout]);
        command.env(
            "PATH",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/desktop"),
        );
        command
    };
    run(&mut command("60"))
        .with(0)
        .says(&["no browser can be opened here"]);
    for screen in ["DISPLAY", "WAYLAND_DISPLAY"] {
        let ended = run(command("1").env(screen, ":0")).with(4);
        ended.says(&["the login page is open in your browser"]);
    }
}

#[test]
fn with_no_browser_it_waits_for_somebody() {
    let waiting = Waiting::start(&mut program(&["login", "--demo", "--no-browser"]));
    visit(&waiting.callback(&[("error", "access_denied")]));
    waiting.end().with(3);
}

#[test]
fn an_organization_has_to_be_chosen_where_there_are_several() {
    let arguments = ["login", "--demo", "--as", "bob@example.com"];
    let ended = run(&mut program(&arguments)).with(7);
    assert_eq!(ended.stdout, "");
    ended.says(&[
        "organization_selection_required",
        "log in again",
        "--organization",
        Organization::GLOBEX_ID,
    ]);

    let mut again = program(&arguments);
    again.args(["--organization", Organization::GLOBEX_ID]);
    let ended = run(&mut again).with(0);
    assert!(ended.stdout.contains(Organization::GLOBEX_ID), "{ended:?}");
}

#[test]
fn somebody_unknown_is_told_who_is_known() {
    let ended = run(&mut program(&[
        "login",
        "--demo",
        "--as",
        "nobody@example.com",
    ]))
    .with(2);
    ended.says(&[
        "nobody@example.com",
        "alice@example.com, bob@example.com, carol@example.com",
    ]);
}

#[test]
fn nobody_is_played_outside_of_the_demonstration() {
    let ended = run(&mut program(&[
        "login",
        "--as",
        "alice@example.com",
        "--client-id",
        "client_1",
    ]))
    .with(2);
    ended.says(&["--as", "needs --demo"]);
}

#[test]
fn what_is_configured_does_not_matter() {
    let mut command = program(&["login", "--demo", "--as", "alice@example.com"]);
    command
        .env("WORKOS_CLIENT_ID", "client_mine")
        .env("WORKOS_BASE_URL", "https://service.invalid")
        .env("WORKOS_LOGIN_ISSUER", "https://issuer.invalid")
        .env(
            "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
            "https://issuer.invalid/authorize",
        )
        .env(
            "WORKOS_LOGIN_TOKEN_ENDPOINT",
            "https://issuer.invalid/token",
        )
        .env("http_proxy", "http://127.0.0.1:1")
        .env("all_proxy", "http://127.0.0.1:1");
    run(&mut command).with(0);
}
