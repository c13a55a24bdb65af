//! Text of a server on the terminal: a name or an error code must not control it.

use workos_login_mock_server::{Config, Endpoint, MockResponse, Server, User};

use crate::support::{Ended, Waiting, login, server, visit};

/// A title, a colour, a cleared screen, two directions, a bell, a new line, an invisible tag.
pub(crate) const NAME: &str = "Eve\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}\u{2066}\u{200f}\rx\nHello root!\u{e0041}\u{7f}";

/// How an escaped [`NAME`] begins.
pub(crate) const ESCAPED: &str = "Eve\\u{1b}]0;owned";

pub(crate) fn server_with_eve() -> Server {
    let eve = User::new("user_eve", "eve@example.com").with_name(NAME, "\u{1b}[2J");
    Server::start(Config::with(|config| config.users = vec![eve])).unwrap()
}

/// Asserts that the output consists of visible characters in lines.
#[track_caller]
fn assert_escaped(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        let is_unsafe = |c: &char| {
            (c.is_control() && *c != '\n')
                || ('\u{200b}'..='\u{200f}').contains(c)
                || ('\u{2028}'..='\u{202e}').contains(c)
                || ('\u{2060}'..='\u{206f}').contains(c)
                || ('\u{e0000}'..='\u{e007f}').contains(c)
        };
        assert_eq!(text.chars().find(is_unsafe), None, "{ended:?}");
    }
}

#[test]
fn a_name_is_escaped() {
    let server = server_with_eve();
    let ended = Waiting::start(&mut login(&server, &[]))
        .log_in(&server, "eve@example.com")
        .with(0);
    assert_escaped(&ended);
    ended.prints(
        "Eve\\u{1b}]0;owned\\u{7}\\u{1b}[31m\\u{9b}2J\\u{202e}\\u{2066}\\u{200f}\\u{d}x\\u{a}Hello root!\
         \\u{e0041}\\u{7f} \\u{1b}[2J",
    );
}

#[test]
fn a_name_in_json_is_escaped_and_parses_to_the_same_name() {
    let server = server_with_eve();
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "eve@example.com")
        .with(0);
    assert_escaped(&ended);
    assert_eq!(ended.json()["user"]["first_name"], NAME);
}

#[test]
fn an_authorization_error_is_escaped() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--json"]));
    visit(&waiting.callback(&[("error", NAME), ("error_description", NAME)]));
    let ended = waiting.end().with(3);
    assert_escaped(&ended);
    ended.says(&[ESCAPED]);
}

#[test]
fn an_authentication_challenge_is_escaped() {
    let server = server();
    let body =
        serde_json::json!({"code": NAME, "message": NAME, "pending_authentication_token": "t"});
    let response = MockResponse::json(403, body.to_string()).header("x-request-id", "a\u{9b}b");
    server.respond_with(Endpoint::CodeExchange, [response]);
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "alice@example.com")
        .with(7);
    assert_escaped(&ended);
    assert_eq!(ended.error()["kind"], "authentication_challenge");
    ended.says(&[ESCAPED]);
}
