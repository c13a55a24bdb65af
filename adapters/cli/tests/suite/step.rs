//! One more step that the service asks for, with somebody at the terminal who takes it.

use workos_login_mock_server::{Challenge, Config, Organization, Server, User};

use crate::support::{Waiting, login, server, visit};
use crate::terminal::Terminal;

const BOB: &str = "bob@example.com";
const ALICE: &str = "alice@example.com";

/// A server with a gate before Alice, which only a client with a secret can pass.
fn server_with(gate: Challenge) -> Server {
    let config = Config::with(|config| {
        config.users = vec![User::alice().with_challenge(gate)];
        config.polling_interval = Some(1);
    });
    Server::start(config).unwrap()
}

/// The login page takes the step, as the hosted one does.
fn open_gates(server: &Server) {
    server.configure(|config| config.users[0].challenges.clear());
}

#[test]
fn an_organization_is_chosen_by_its_number() {
    let server = server();
    let mut terminal = Terminal::login(&server, &[]);
    terminal.log_in(&server, BOB);
    terminal.read_until("its number, 1 to 2: ");
    for title in ["1  Acme (org_", "2  Globex (org_"] {
        assert!(terminal.text().contains(title), "{}", terminal.text());
    }
    terminal.enter("3");
    terminal.read_until("there is no 3");
    terminal.enter("2");
    let address = terminal.address();
    assert!(address.contains(Organization::GLOBEX_ID), "{address}");
    visit(&server.log_in(&address, BOB).unwrap());
    let shown = terminal.end(0).screen().contents();
    assert!(shown.contains("Bob Brown\n"), "{shown}");
    assert!(shown.contains(Organization::GLOBEX_ID), "{shown}");
}

#[test]
fn who_chooses_no_organization_is_told_how_to_later() {
    for key in [b'M', b'D'] {
        let server = server();
        let mut terminal = Terminal::login(&server, &[]);
        terminal.log_in(&server, BOB);
        terminal.read_until("its number, 1 to 2: ");
        terminal.press_ctrl(key);
        let shown = terminal.end(7).screen().contents();
        let option = format!("--organization {}  (Globex)", Organization::GLOBEX_ID);
        assert!(shown.contains(&option), "{shown}");
    }
}

#[test]
fn ctrl_c_ends_the_question_and_leaves_the_terminal_clean() {
    let server = server();
    let mut terminal = Terminal::login(&server, &[]);
    terminal.log_in(&server, BOB);
    terminal.read_until("its number, 1 to 2: ");
    terminal.press_ctrl(b'C');
    let shown = terminal.end(130).screen().contents();
    assert!(
        shown.ends_with("\nworkos-login: interrupted\nended with 130."),
        "{shown}"
    );
    assert!(!shown.contains("its number"), "{shown}");
}

#[test]
fn the_next_login_takes_the_step() {
    for (gate, code, task) in [
        (
            Challenge::EmailVerification,
            "email_verification_required",
            "confirm the e-mail address",
        ),
        (
            Challenge::MfaChallenge,
            "mfa_challenge",
            "show the second factor",
        ),
        (
            Challenge::MfaEnrollment,
            "mfa_enrollment",
            "set up a second factor",
        ),
        (Challenge::SsoRequired, "sso_required", "organization's SSO"),
    ] {
        let server = server_with(gate);
        let mut terminal = Terminal::login(&server, &[]);
        terminal.log_in(&server, ALICE);
        let address = terminal.address();
        let said = terminal.text();
        assert!(said.contains(code) && said.contains(task), "{said}");
        open_gates(&server);
        visit(&server.log_in(&address, ALICE).unwrap());
        let shown = terminal.end(0).screen().contents();
        assert!(shown.contains("Alice Adams\n"), "{shown}");
    }
}

#[test]
fn the_next_login_is_for_the_same_organization() {
    let server = server_with(Challenge::MfaChallenge);
    let mut terminal = Terminal::login(&server, &["--organization", Organization::ACME_ID]);
    terminal.log_in(&server, ALICE);
    let address = terminal.address();
    assert!(address.contains(Organization::ACME_ID), "{address}");
    terminal.press_ctrl(b'C');
    terminal.end(130);
}

#[test]
fn a_step_after_a_device_login_is_taken_in_a_browser_here() {
    let server = server_with(Challenge::EmailVerification);
    let mut terminal = Terminal::login(&server, &["--device"]);
    assert_eq!(terminal.address(), format!("{}/device", server.base_url()));
    terminal.read_until("left (Ctrl-C ends it)");
    let text = terminal.text();
    let (_, code) = text.split_once("check that the page shows it: ").unwrap();
    server
        .approve_device(code.lines().next().unwrap().trim(), ALICE)
        .unwrap();
    let address = terminal.address();
    open_gates(&server);
    visit(&server.log_in(&address, ALICE).unwrap());
    terminal.end(0);
}

#[test]
fn a_step_that_no_login_takes_ends_the_program() {
    let server = server_with(Challenge::MfaChallenge);
    let mut terminal = Terminal::login(&server, &[]);
    for _ in 0..3 {
        terminal.log_in(&server, ALICE);
    }
    let shown = terminal.end(7).screen().contents();
    assert!(shown.contains("log in again"), "{shown}");
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 3);
}

#[test]
fn a_script_is_told_the_step_and_asked_nothing() {
    let server = server();
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, BOB)
        .with(7);
    let error = &ended.json()["error"];
    assert_eq!(error["step"], "organization_selection_required");
    let organizations = serde_json::json!([
        {"id": Organization::ACME_ID, "name": "Acme"},
        {"id": Organization::GLOBEX_ID, "name": "Globex"},
    ]);
    assert_eq!(error["organizations"], organizations);

    let server = server_with(Challenge::MfaChallenge);
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, ALICE)
        .with(7);
    assert_eq!(ended.json()["error"]["step"], "mfa_challenge");
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}
