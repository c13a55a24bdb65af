//! A login with `--device`: the code is shown here, and entered in a browser somewhere.

#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use workos_login_mock_server::{Config, Endpoint, Fault, MockResponse, Organization, Server, User};

use crate::support::{Waiting, login, program, run};
#[cfg(unix)]
use crate::terminal::Terminal;

const ALICE: &str = "alice@example.com";

/// A server that may be asked every second.
fn server() -> Server {
    Server::start(Config::with(|config| config.polling_interval = Some(1))).unwrap()
}

fn device(server: &Server, arguments: &[&str]) -> Waiting {
    Waiting::start(login(server, &["--device"]).args(arguments))
}

#[test]
fn somebody_logs_in_on_another_machine() {
    let server = server();
    let mut waiting = device(&server, &[]);
    assert_eq!(waiting.address, format!("{}/device", server.base_url()));
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    let ended = waiting.end().with(0);
    assert!(ended.stdout.starts_with("Alice Adams\n"), "{ended:?}");
    ended.says(&[
        "open this address in a browser on any machine:",
        "waiting for the login with the code, 5m left",
    ]);
}

#[test]
fn the_output_has_no_secret() {
    let server = server();
    let mut waiting = device(&server, &["--json"]);
    let user_code = waiting.user_code();
    server.approve_device(&user_code, ALICE).unwrap();
    let ended = waiting.end().with(0);
    assert_eq!(ended.json()["user"]["id"], User::ALICE_ID);
    let polls = server.requests_to("/user_management/authenticate");
    let device_code = polls[0].parameter("device_code").unwrap();
    assert!(!device_code.is_empty());
    for secret in [&*device_code, "eyJ", "access_token", "refresh_token"] {
        assert!(!format!("{ended:?}").contains(secret), "{secret:?}");
    }
    assert!(!ended.stdout.contains(&user_code), "{ended:?}");
}

#[test]
fn somebody_says_no() {
    let server = server();
    let mut waiting = device(&server, &["--json"]);
    server.deny_device(&waiting.user_code()).unwrap();
    let ended = waiting.end().with(3);
    assert_eq!(ended.json()["error"]["kind"], "denied");
}

#[test]
fn a_code_that_has_expired_for_the_service_ends_the_login() {
    let server = server();
    let waiting = device(&server, &["--json"]);
    server.advance(Duration::from_secs(300));
    let ended = waiting.end().with(4);
    assert_eq!(ended.json()["error"]["kind"], "expired");
    ended.says(&["device code has expired"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}

#[test]
fn a_code_that_has_expired_here_is_not_asked_for_again() {
    let server = server();
    server.stop_clock(server.now());
    server.configure(|config| config.device_code_lifetime = Duration::from_secs(2));
    let ended = device(&server, &[]).end().with(4);
    ended.says(&["with the code, 2s left", "device code has expired"]);
}

#[test]
fn nobody_enters_the_code() {
    let server = server();
    let ended = device(&server, &["--timeout", "1", "--json"]).end().with(4);
    assert_eq!(ended.json()["error"]["kind"], "expired");
    ended.says(&["with the code, 1s left", "--timeout"]);
}

#[test]
fn a_service_that_wants_to_be_asked_less_often_is() {
    let server = server();
    let slow_down = MockResponse::oauth_error(400, "slow_down", "Poll less often.");
    server.respond_with(Endpoint::DevicePoll, [slow_down]);
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    waiting.end().with(0);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 2);
}

#[test]
fn answers_that_are_lost_do_not_end_the_login() {
    let server = server();
    for fault in [Fault::RequestLost, Fault::Html502] {
        server.inject(fault.on(Endpoint::DevicePoll));
    }
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    let ended = waiting.end().with(0);
    // Each time more slowly.
    ended.says(&[
        "no response was received",
        "asking again in 2s",
        "service is temporarily unavailable (status 502)",
        "asking again in 4s",
    ]);
}

#[test]
fn a_service_that_is_busy_says_when_to_ask_again() {
    let server = server();
    let busy = MockResponse::new(429).header("retry-after", "3");
    server.respond_with(Endpoint::DevicePoll, [busy]);
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    let ended = waiting.end().with(0);
    ended.says(&["(status 429)", "asking again in 3s"]);
}

#[test]
fn the_code_is_asked_for_again_when_the_answer_is_lost() {
    let server = server();
    server.inject(Fault::ResponseLost.on(Endpoint::DeviceAuthorization));
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    waiting.end().with(0).says(&["asking again in 1s"]);
}

#[test]
fn a_team_without_device_logins_is_a_matter_of_configuration() {
    let server = server();
    let answer = MockResponse::oauth_error(403, "access_denied", "Not switched on.");
    server.respond_with(Endpoint::DeviceAuthorization, [answer]);
    let ended = run(login(&server, &["--device"]).arg("--json")).with(6);
    assert_eq!(ended.json()["error"]["kind"], "configuration");
}

#[test]
fn a_step_is_told_with_the_login_that_takes_it() {
    let server = server();
    let mut waiting = device(&server, &["--json"]);
    let user_code = waiting.user_code();
    server
        .approve_device(&user_code, "bob@example.com")
        .unwrap();
    let ended = waiting.end().with(7);
    assert_eq!(
        ended.json()["error"]["organizations"][1]["id"],
        Organization::GLOBEX_ID
    );
    ended.says(&[
        "--organization",
        Organization::GLOBEX_ID,
        "without --device",
    ]);
}

#[test]
fn what_a_device_cannot_do_is_refused() {
    for (option, value) in [
        ("--port", "8080"),
        ("--redirect-uri", "http://127.0.0.1:8080/callback"),
        ("--organization", "org_1"),
        ("--provider", "GoogleOAuth"),
    ] {
        let arguments = ["login", "--demo", "--device", option, value];
        let ended = run(&mut program(&arguments)).with(2);
        ended.says(&["'--device' cannot be used with", option]);
    }
}

#[test]
fn the_demonstration_needs_nobody() {
    for (arguments, name) in [
        (&["--as", "carol@example.com"][..], "Carol Clark"),
        (&[], "Alice Adams"),
    ] {
        let ended = run(program(&["login", "--demo", "--device"]).args(arguments)).with(0);
        assert!(
            ended.stdout.starts_with(&format!("Hello {name}!\n")),
            "{ended:?}"
        );
        ended.says(&["signs in at the login page", "enter this code"]);
    }
}

#[cfg(unix)]
#[test]
fn the_browser_is_opened_with_the_code_in_it() {
    let server = server();
    let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("opened-device-{}", std::process::id()));
    let browser = format!(
        "/bin/sh {} {}",
        concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser.sh"),
        path.display()
    );
    let mut command = program(&["whoami", "--no-store", "--device"]);
    command
        .args(["--client-id", server.client_id()])
        .args(["--base-url", server.base_url()])
        .env("BROWSER", browser);
    let mut waiting = Waiting::start(&mut command);
    let user_code = waiting.user_code();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        format!("{}?user_code={user_code}", waiting.address)
    );
    std::fs::remove_file(&path).unwrap();
    server.deny_device(&user_code).unwrap();
    waiting
        .end()
        .with(3)
        .says(&["the login page is open in your browser"]);
}

#[cfg(unix)]
#[test]
fn the_time_that_is_left_counts_down() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(3));
    let mut terminal = Terminal::login(&server, &["--device"]);
    terminal.read_until("with the code, 5m left (Ctrl-C ends it)");
    terminal.read_until("4m 59s left");
    let text = terminal.text();
    let (_, code) = text.split_once("check that the page shows it: ").unwrap();
    let code = code.lines().next().unwrap().trim();
    server.approve_device(code, ALICE).unwrap();
    let shown = terminal.end(0).screen().contents();
    assert!(shown.contains("Alice Adams\n"), "{shown}");
    assert!(!shown.contains("left"), "{shown}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_at_once() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(3600));
    let mut terminal = Terminal::login(&server, &["--device"]);
    terminal.read_until("left (Ctrl-C ends it)");
    terminal.press_ctrl(b'C');
    let shown = terminal.end(130).screen().contents();
    assert!(
        shown.ends_with("\nworkos-login: interrupted\nended with 130."),
        "{shown}"
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_pause_before_the_next_try() {
    let server = server();
    let busy = MockResponse::new(503).header("retry-after", "60");
    server.respond_with(Endpoint::DeviceAuthorization, [busy]);
    let mut terminal = Terminal::login(&server, &["--device"]);
    terminal.read_until("asking again in 1m");
    terminal.press_ctrl(b'C');
    terminal.end(130);
}
