//! Authentication challenges: another login on a terminal, a failure in a script.

use workos_login_mock_server::{
    Challenge, Config, Endpoint, MockResponse, Organization, Server, User,
};

use crate::support::{Waiting, login, server, visit};
use crate::terminal::Terminal;

const BOB: &str = "bob@example.com";
const ALICE: &str = "alice@example.com";
const QUESTION: &str = "number, 1 to 2: ";

/// A server that requires this challenge of Alice. A public client cannot answer it.
fn server_with(challenge: Challenge) -> Server {
    let config = Config::with(|config| {
        config.users = vec![User::alice().with_challenge(challenge)];
        config.polling_interval = Some(1);
    });
    Server::start(config).unwrap()
}

/// Completes the challenge, as the hosted login page does.
fn complete_challenge(server: &Server) {
    server.configure(|config| config.users[0].challenges.clear());
}

/// A terminal with the question for Bob's organization.
fn select_organization(server: &Server) -> Terminal {
    let mut terminal = Terminal::login(server, &[]);
    terminal.log_in(server, BOB);
    terminal.read_until(QUESTION);
    terminal
}

#[test]
fn an_organization_is_selected_by_its_number() {
    let server = server();
    let mut terminal = select_organization(&server);
    for label in ["1  Acme (org_", "2  Globex (org_"] {
        assert!(terminal.text().contains(label), "{}", terminal.text());
    }
    terminal.enter("3");
    terminal.read_until("no organization 3");
    terminal.enter("2");
    let url = terminal.url();
    assert!(url.contains(Organization::GLOBEX_ID), "{url}");
    visit(&server.log_in(&url, BOB).unwrap());
    let screen = terminal.end(0).screen().contents();
    assert!(screen.contains("Bob Brown\n"), "{screen}");
    assert!(screen.contains(Organization::GLOBEX_ID), "{screen}");
}

/// The challenge that asks for one of Bob's organizations, whatever the login selected.
fn selection() -> MockResponse {
    let body = serde_json::json!({
        "code": "organization_selection_required",
        "message": "Select an organization.",
        "pending_authentication_token": "pending",
        "organizations": [
            {"id": Organization::ACME_ID, "name": "Acme"},
            {"id": Organization::GLOBEX_ID, "name": "Globex"},
        ],
        "user": {"id": User::BOB_ID},
    });
    MockResponse::json(403, body.to_string())
}

#[test]
fn a_selection_that_the_service_ignores_is_not_asked_for_again() {
    let selected = ["--organization", Organization::ACME_ID];
    let server = server();
    server.respond_with(Endpoint::CodeExchange, [selection()]);
    let ended = Waiting::start(&mut login(&server, &selected))
        .log_in(&server, BOB)
        .with(7);
    ended.says(&[
        "although the login selected",
        Organization::ACME_ID,
        &format!("--organization {}  (Globex)", Organization::GLOBEX_ID),
    ]);
    let option = format!("--organization {}", Organization::ACME_ID);
    assert!(!ended.stderr.contains(&option), "{ended:?}");

    server.respond_with(Endpoint::CodeExchange, [selection(), selection()]);
    let mut terminal = Terminal::login(&server, &[]);
    terminal.log_in(&server, BOB);
    terminal.read_until(QUESTION);
    terminal.enter("1");
    terminal.log_in(&server, BOB);
    let screen = terminal.end(7).screen().contents();
    assert!(screen.contains("although the login selected"), "{screen}");
}

#[test]
fn an_organization_without_the_user_can_be_replaced_by_another_one() {
    let server = server();
    server.respond_with(Endpoint::CodeExchange, [selection()]);
    let mut terminal = Terminal::login(&server, &["--organization", "org_other"]);
    terminal.log_in(&server, BOB);
    terminal.read_until(QUESTION);
    terminal.enter("2");
    terminal.log_in(&server, BOB);
    let screen = terminal.end(0).screen().contents();
    assert!(screen.contains(Organization::GLOBEX_ID), "{screen}");
}

#[test]
fn without_a_selection_the_options_are_listed() {
    // Enter, and the end of the input.
    for key in [b'M', b'D'] {
        let server = server();
        let mut terminal = select_organization(&server);
        terminal.press_ctrl(key);
        let screen = terminal.end(7).screen().contents();
        let option = format!("--organization {}  (Globex)", Organization::GLOBEX_ID);
        assert!(screen.contains(&option), "{screen}");
    }
}

#[test]
fn ctrl_c_ends_the_question_and_erases_it() {
    let server = server();
    let mut terminal = select_organization(&server);
    terminal.press_ctrl(b'C');
    let screen = terminal.interrupted();
    assert!(!screen.contains(QUESTION.trim_end()), "{screen}");
}

#[test]
fn the_timeout_of_the_login_ends_the_question() {
    let server = server();
    let mut terminal = Terminal::login(&server, &["--timeout", "2"]);
    terminal.log_in(&server, BOB);
    terminal.read_until(QUESTION);
    let screen = terminal.end(4).screen().contents();
    assert!(screen.contains("--timeout"), "{screen}");
    assert!(!screen.contains(QUESTION.trim_end()), "{screen}");
}

#[test]
fn another_login_presents_the_challenge() {
    for (challenge, code, task) in [
        (
            Challenge::EmailVerification,
            "email_verification_required",
            "verify the e-mail address",
        ),
        (
            Challenge::MfaChallenge,
            "mfa_challenge",
            "enter the code of the second factor",
        ),
        (
            Challenge::MfaEnrollment,
            "mfa_enrollment",
            "enroll a second factor",
        ),
        (Challenge::SsoRequired, "sso_required", "organization's SSO"),
    ] {
        let server = server_with(challenge);
        let mut terminal = Terminal::login(&server, &[]);
        terminal.log_in(&server, ALICE);
        let url = terminal.url();
        // A long line continues with an indent.
        let text = terminal.text().replace("\r\n  ", " ");
        assert!(text.contains(code) && text.contains(task), "{text}");
        complete_challenge(&server);
        visit(&server.log_in(&url, ALICE).unwrap());
        let screen = terminal.end(0).screen().contents();
        assert!(screen.contains("Alice Adams\n"), "{screen}");
    }
}

#[test]
fn the_next_login_keeps_the_organization() {
    let server = server_with(Challenge::MfaChallenge);
    let mut terminal = Terminal::login(&server, &["--organization", Organization::ACME_ID]);
    terminal.log_in(&server, ALICE);
    let url = terminal.url();
    assert!(url.contains(Organization::ACME_ID), "{url}");
    terminal.press_ctrl(b'C');
    terminal.end(130);
}

#[test]
fn a_challenge_of_a_device_login_is_presented_in_a_browser_on_this_machine() {
    let server = server_with(Challenge::EmailVerification);
    let mut terminal = Terminal::login(&server, &["--device"]);
    assert_eq!(terminal.url(), format!("{}/device", server.base_url()));
    let code = terminal.user_code();
    server.approve_device(&code, ALICE).unwrap();
    let url = terminal.url();
    complete_challenge(&server);
    visit(&server.log_in(&url, ALICE).unwrap());
    terminal.end(0);
}

#[test]
fn a_challenge_that_remains_after_three_logins_ends_the_command() {
    let server = server_with(Challenge::MfaChallenge);
    let mut terminal = Terminal::login(&server, &[]);
    for _ in 0..3 {
        terminal.log_in(&server, ALICE);
    }
    let screen = terminal.end(7).screen().contents();
    assert!(screen.contains("remains after 3 logins"), "{screen}");
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 3);
}

#[test]
fn in_a_script_a_challenge_ends_the_command() {
    let server = server();
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, BOB)
        .with(7);
    let error = ended.error();
    assert_eq!(error["kind"], "authentication_challenge");
    assert_eq!(error["challenge"], "organization_selection_required");
    let organizations = serde_json::json!([
        {"id": Organization::ACME_ID, "name": "Acme"},
        {"id": Organization::GLOBEX_ID, "name": "Globex"},
    ]);
    assert_eq!(error["organizations"], organizations);

    let server = server_with(Challenge::MfaChallenge);
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, ALICE)
        .with(7);
    assert_eq!(ended.error()["challenge"], "mfa_challenge");
    assert_eq!(server.requests_to("/user_management/authenticate").len(), 1);
}
