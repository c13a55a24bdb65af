//! `--device`: a login with a user code.

use std::time::Duration;

use workos_login_mock_server::{Config, Endpoint, Fault, MockResponse, Organization, Server, User};

use crate::support::{Waiting, login, program, run};
#[cfg(unix)]
use crate::support::{recording_browser, temporary_path};
#[cfg(unix)]
use crate::terminal::Terminal;

const ALICE: &str = "alice@example.com";

/// A server with the shortest polling interval.
fn server() -> Server {
    Server::start(Config::with(|config| config.polling_interval = Some(1))).unwrap()
}

fn device(server: &Server, arguments: &[&str]) -> Waiting {
    Waiting::start(login(server, &["--device"]).args(arguments))
}

#[test]
fn a_login_on_another_device_prints_the_user() {
    let server = server();
    let mut waiting = device(&server, &[]);
    assert_eq!(waiting.url, format!("{}/device", server.base_url()));
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    let ended = waiting.end().with(0);
    ended.prints("Alice Adams");
    ended.says(&[
        "open this URL in a browser on any device:",
        "waiting for the login with the user code, 5m left",
    ]);
}

#[test]
fn the_output_contains_no_secret() {
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
fn a_denied_login_is_reported() {
    let server = server();
    let mut waiting = device(&server, &["--json"]);
    server.deny_device(&waiting.user_code()).unwrap();
    assert_eq!(waiting.end().with(3).error()["kind"], "denied");
}

#[test]
fn a_device_code_that_has_expired_at_the_service_ends_the_login() {
    let server = server();
    let waiting = device(&server, &["--json"]);
    server.advance(Duration::from_secs(300));
    let ended = waiting.end().with(4);
    assert_eq!(ended.error()["kind"], "expired");
    ended.says(&["device code has expired"]);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}

#[test]
fn a_device_code_that_has_expired_here_is_not_polled_for() {
    let server = server();
    let now = server.now();
    server.configure(|config| {
        config.set_clock(move || now);
        config.device_code_lifetime = Duration::from_secs(2);
    });
    let ended = device(&server, &[]).end().with(4);
    ended.says(&["user code, 2s left", "device code has expired"]);
}

#[test]
fn a_login_without_approval_times_out() {
    let server = server();
    let ended = device(&server, &["--timeout", "1", "--json"]).end().with(4);
    assert_eq!(ended.error()["kind"], "expired");
    ended.says(&["user code, 1s left", "--timeout"]);
}

#[test]
fn slow_down_does_not_end_the_login() {
    let server = server();
    let slow_down = MockResponse::oauth_error(400, "slow_down", "Poll less often.");
    server.respond_with(Endpoint::DevicePoll, [slow_down]);
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    waiting.end().with(0);
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 2);
}

#[test]
fn the_polling_interval_doubles_after_each_lost_response() {
    let server = server();
    for fault in [Fault::RequestLost, Fault::Html502] {
        server.inject(fault.on(Endpoint::DevicePoll));
    }
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    waiting
        .end()
        .with(0)
        .says(&["retrying in 2s", "502", "retrying in 4s"]);
}

#[test]
fn retry_after_sets_the_polling_interval() {
    let server = server();
    let response = MockResponse::new(429).header("retry-after", "3");
    server.respond_with(Endpoint::DevicePoll, [response]);
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    waiting.end().with(0).says(&["429", "retrying in 3s"]);
}

#[test]
fn a_lost_device_authorization_response_is_requested_again() {
    let server = server();
    server.inject(Fault::ResponseLost.on(Endpoint::DeviceAuthorization));
    let mut waiting = device(&server, &[]);
    server.approve_device(&waiting.user_code(), ALICE).unwrap();
    waiting.end().with(0).says(&["retrying in 1s"]);
}

#[test]
fn a_team_without_device_logins_is_a_configuration_failure() {
    let server = server();
    let response = MockResponse::oauth_error(403, "access_denied", "Not switched on.");
    server.respond_with(Endpoint::DeviceAuthorization, [response]);
    let ended = run(login(&server, &["--device"]).arg("--json")).with(6);
    assert_eq!(ended.error()["kind"], "configuration");
}

#[test]
fn an_authentication_challenge_names_the_login_that_presents_it() {
    let server = server();
    let mut waiting = device(&server, &["--json"]);
    let user_code = waiting.user_code();
    server
        .approve_device(&user_code, "bob@example.com")
        .unwrap();
    let ended = waiting.end().with(7);
    assert_eq!(
        ended.error()["organizations"][1]["id"],
        Organization::GLOBEX_ID
    );
    ended.says(&[
        "--organization",
        Organization::GLOBEX_ID,
        "without --device",
    ]);
}

#[test]
fn options_of_a_login_with_a_redirect_uri_are_rejected() {
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
fn the_demonstration_approves_its_own_user_code() {
    for (arguments, name) in [
        (&["--as", "carol@example.com"][..], "Carol Clark"),
        (&[], "Alice Adams"),
    ] {
        let ended = run(program(&["login", "--demo", "--device"]).args(arguments)).with(0);
        ended.prints(&format!("Hello {name}!"));
        ended.says(&["@example.com enters the code "]);
        // This instruction follows a URL.
        assert!(!ended.stderr.contains("enter this code there"), "{ended:?}");
    }
}

#[cfg(unix)]
#[test]
fn the_browser_opens_the_complete_verification_uri() {
    let server = server();
    let path = temporary_path("opened-device");
    let mut command = program(&["whoami", "--no-store", "--device"]);
    command
        .args(["--client-id", server.client_id()])
        .args(["--base-url", server.base_url()])
        .env("BROWSER", recording_browser(&path));
    let mut waiting = Waiting::start(&mut command);
    let user_code = waiting.user_code();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        format!("{}?user_code={user_code}", waiting.url)
    );
    std::fs::remove_file(&path).unwrap();
    server.deny_device(&user_code).unwrap();
    waiting
        .end()
        .with(3)
        .says(&["the login page is open in the browser"]);
}

#[cfg(unix)]
#[test]
fn the_time_left_counts_down() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(3));
    let mut terminal = Terminal::login(&server, &["--device"]);
    terminal.read_until("with the user code, 5m left (Ctrl-C to cancel)");
    terminal.read_until("4m 59s left");
    let code = terminal.user_code();
    server.approve_device(&code, ALICE).unwrap();
    let screen = terminal.end(0).screen().contents();
    assert!(screen.contains("Alice Adams\n"), "{screen}");
    assert!(!screen.contains("left"), "{screen}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_the_polling_interval() {
    let server = server();
    server.configure(|config| config.polling_interval = Some(3600));
    let mut terminal = Terminal::login(&server, &["--device"]);
    terminal.read_until("left (Ctrl-C to cancel)");
    terminal.press_ctrl(b'C');
    terminal.interrupted();
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_wait_for_a_retry() {
    let server = server();
    let response = MockResponse::new(503).header("retry-after", "60");
    server.respond_with(Endpoint::DeviceAuthorization, [response]);
    let mut terminal = Terminal::login(&server, &["--device"]);
    terminal.read_until("retrying in 1m");
    terminal.press_ctrl(b'C');
    terminal.end(130);
}
