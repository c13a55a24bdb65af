//! A server, or somebody who chose a name at one, who wants to write on the terminal.

use workos_login_mock_server::{Config, Endpoint, MockResponse, Server, User};

use crate::support::{Ended, Waiting, login, server, visit};

/// A title, a colour, a cleared screen, two directions, a bell, a line of its own, an invisible tag.
pub(crate) const NAME: &str = "Eve\u{1b}]0;owned\u{7}\u{1b}[31m\u{9b}2J\u{202e}\u{2066}\u{200f}\rx\nHello root!\u{e0041}\u{7f}";

pub(crate) fn hostile_server() -> Server {
    let eve = User::new("user_eve", "eve@example.com").with_name(NAME, "\u{1b}[2J");
    Server::start(Config::with(|config| config.users = vec![eve])).unwrap()
}

/// Says that there is nothing but text in lines.
#[track_caller]
fn assert_harmless(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        let harmful = |c: &char| {
            (c.is_control() && *c != '\n')
                || ('\u{200b}'..='\u{200f}').contains(c)
                || ('\u{2028}'..='\u{202e}').contains(c)
                || ('\u{2060}'..='\u{206f}').contains(c)
                || ('\u{e0000}'..='\u{e007f}').contains(c)
        };
        assert_eq!(text.chars().find(harmful), None, "{ended:?}");
    }
}

#[test]
fn a_name_is_only_ever_text() {
    let server = hostile_server();
    let ended = Waiting::start(&mut login(&server, &[]))
        .log_in(&server, "eve@example.com")
        .with(0);
    assert_harmless(&ended);
    let escaped = "Eve\\u{1b}]0;owned\\u{7}\\u{1b}[31m\\u{9b}2J\\u{202e}\\u{2066}\\u{200f}\\u{d}x\\u{a}Hello root!\
                   \\u{e0041}\\u{7f} \\u{1b}[2J\n";
    assert!(ended.stdout.starts_with(escaped), "{}", ended.stdout);
}

#[test]
fn a_name_in_json_is_the_same_name() {
    let server = hostile_server();
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "eve@example.com")
        .with(0);
    assert_harmless(&ended);
    assert_eq!(ended.json()["user"]["first_name"], NAME);
}

#[test]
fn so_are_errors() {
    let server = server();
    let waiting = Waiting::start(&mut login(&server, &["--json"]));
    visit(&waiting.callback(&[("error", NAME), ("error_description", NAME)]));
    let ended = waiting.end().with(3);
    assert_harmless(&ended);
    ended.says(&["Eve\\u{1b}]0;owned"]);
}

#[test]
fn and_steps() {
    let server = server();
    let body =
        serde_json::json!({"code": NAME, "message": NAME, "pending_authentication_token": "t"});
    let answer = MockResponse::json(403, body.to_string()).header("x-request-id", "a\u{9b}b");
    server.respond_with(Endpoint::CodeExchange, [answer]);
    let ended = Waiting::start(&mut login(&server, &["--json"]))
        .log_in(&server, "alice@example.com")
        .with(7);
    assert_harmless(&ended);
    assert_eq!(ended.json()["error"]["kind"], "step_up");
    ended.says(&["Eve\\u{1b}]0;owned"]);
}
