//! `login --demo`: a complete login inside one process.

use serde_json::json;
use workos_login_mock_server::{Organization, User};

use crate::support::{Waiting, program, run, visit};
#[cfg(unix)]
use crate::support::{recording_browser, temporary_path};

const DEMO: [&str; 2] = ["login", "--demo"];
const NO_BROWSER: &[&str] = &["cannot open a browser", "alice@example.com logs in"];

#[test]
fn the_named_user_logs_in() {
    let ended = run(program(&DEMO).args(["--as", "carol@example.com"])).with(0);
    ended.prints("Hello Carol Clark!");
    assert!(ended.stdout.contains(User::CAROL_ID), "{ended:?}");
    ended.says(&["carol@example.com logs in"]);
}

#[test]
fn the_json_output_has_the_user_and_no_secret() {
    let ended = run(program(&DEMO).args(["--as", "alice@example.com", "--json"])).with(0);
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
        "store": null,
    });
    assert_eq!(ended.json(), expected);
}

#[test]
fn the_first_user_logs_in_if_no_browser_can_be_opened() {
    let ended = run(&mut program(&DEMO)).with(0);
    ended.prints("Hello Alice Adams!");
    ended.says(NO_BROWSER);
}

#[cfg(unix)]
#[test]
fn a_browser_that_fails_or_uses_the_terminal_is_not_used() {
    for browser in [
        "/bin/false",
        "/nowhere/firefox",
        "w3m",
        "/bin/false:/usr/bin/lynx",
    ] {
        let mut command = program(&DEMO);
        command.args(["--timeout", "60"]).env("BROWSER", browser);
        run(&mut command).with(0).says(NO_BROWSER);
    }
}

#[cfg(unix)]
#[test]
fn the_system_browser_opens_the_authorization_url() {
    let path = temporary_path("opened");
    let waiting = Waiting::start(program(&DEMO).env("BROWSER", recording_browser(&path)));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), waiting.url);
    std::fs::remove_file(&path).unwrap();

    visit(&waiting.callback(&[("error", "access_denied")]));
    let ended = waiting.end().with(3);
    ended.says(&["the login page is open in the browser"]);
    assert_eq!(ended.stdout, "");
    assert!(!ended.stderr.contains("noise"), "{ended:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn the_browser_of_the_desktop_needs_a_display() {
    let command = |timeout| {
        let desktop = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/desktop");
        let mut command = program(&DEMO);
        command.args(["--timeout", timeout]).env("PATH", desktop);
        command
    };
    run(&mut command("60")).with(0).says(NO_BROWSER);
    for display in ["DISPLAY", "WAYLAND_DISPLAY"] {
        let ended = run(command("1").env(display, ":0")).with(4);
        ended.says(&["the login page is open in the browser"]);
    }
}

#[test]
fn with_no_browser_it_waits_for_the_callback() {
    let waiting = Waiting::start(program(&DEMO).arg("--no-browser"));
    visit(&waiting.callback(&[("error", "access_denied")]));
    waiting.end().with(3);
}

#[test]
fn a_user_of_several_organizations_has_to_select_one() {
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
fn an_unknown_user_is_rejected_with_the_list_of_users() {
    let ended = run(program(&DEMO).args(["--as", "nobody@example.com"])).with(2);
    ended.says(&[
        "nobody@example.com",
        "alice@example.com, bob@example.com, carol@example.com",
    ]);
}

#[test]
fn a_user_can_be_named_with_demo_only() {
    let mut command = program(&["login", "--as", "alice@example.com"]);
    let ended = run(command.args(["--client-id", "client_1"])).with(2);
    ended.says(&["--as", "needs --demo"]);
}

#[test]
fn the_configuration_is_ignored() {
    let mut command = program(&["login", "--demo", "--as", "alice@example.com"]);
    for (name, value) in [
        ("WORKOS_CLIENT_ID", "client_mine"),
        ("WORKOS_BASE_URL", "https://service.invalid"),
        ("WORKOS_LOGIN_ISSUER", "https://issuer.invalid"),
        (
            "WORKOS_LOGIN_AUTHORIZATION_ENDPOINT",
            "https://issuer.invalid/authorize",
        ),
        (
            "WORKOS_LOGIN_TOKEN_ENDPOINT",
            "https://issuer.invalid/token",
        ),
        ("http_proxy", "http://127.0.0.1:1"),
        ("all_proxy", "http://127.0.0.1:1"),
    ] {
        command.env(name, value);
    }
    run(&mut command).with(0);
}
