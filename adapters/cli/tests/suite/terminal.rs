//! The program in a terminal.

use std::io::{Read, Write};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use workos_login_test_server::Server;

use crate::hostile::{NAME, hostile_server};
use crate::support::{server, visit};

/// A terminal with a shell in it, which runs the program.
///
/// The shell outlives the program: when the first process of a terminal ends, what was not read yet is lost.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    reader: Box<dyn Read + Send>,
    written: Vec<u8>,
}

impl Terminal {
    fn login(server: &Server) -> Self {
        let size = PtySize {
            rows: 40,
            cols: 100,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new("/bin/sh");
        command.args([
            "-c",
            SCRIPT,
            env!("CARGO_BIN_EXE_workos-login"),
            "login",
            "--no-browser",
        ]);
        command.args([
            "--client-id",
            server.client_id(),
            "--base-url",
            server.base_url(),
        ]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        Self {
            child: pair.slave.spawn_command(command).unwrap(),
            reader: pair.master.try_clone_reader().unwrap(),
            keyboard: pair.master.take_writer().unwrap(),
            written: Vec::new(),
        }
    }

    /// Reads until the terminal has been sent this text.
    fn read_until(&mut self, text: &str) {
        while !self.text().contains(text) {
            let mut buffer = [0; 4096];
            let length = self.reader.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "there was no {text:?} in {:?}", self.text());
            self.written.extend_from_slice(&buffer[..length]);
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// The address of the login page, which is a line of its own.
    fn address(&self) -> String {
        let text = self.text();
        let line = text
            .lines()
            .find_map(|line| line.find("http").map(|at| line[at..].trim_end()));
        line.unwrap().to_owned()
    }

    /// Waits until the program has ended with this exit code; returns what is left on the screen.
    fn end(&mut self, code: u8) -> vt100::Parser {
        self.read_until("ended with ");
        self.read_until(".\r\n");
        assert!(
            self.text().ends_with(&format!("ended with {code}.\r\n")),
            "{:?}",
            self.text()
        );
        let mut screen = vt100::Parser::new(40, 100, 0);
        screen.process(&self.written);
        screen
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The shell waits for a line that never comes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_progress_says_what_is_waited_for_and_counts_down() {
    let server = hostile_server();
    let mut terminal = Terminal::login(&server);
    terminal.read_until("waiting for the login in the browser, 10m left");
    assert!(
        terminal.address().contains("/user_management/authorize?"),
        "{}",
        terminal.text()
    );
    terminal.read_until("9m 59s left");

    visit(
        &server
            .sign_in(&terminal.address(), "eve@example.com")
            .unwrap(),
    );
    let screen = terminal.end(0);
    let written = terminal.text();
    let shown = screen.screen().contents();
    assert!(shown.contains("Hello Eve\\u{1b}]0;owned"), "{shown}");
    assert!(
        !shown.contains("left"),
        "the progress is still there: {shown}"
    );

    assert!(!written.contains(NAME));
    for never in [
        "\u{1b}]",
        "\u{1b}[31m",
        "\u{1b}[2J",
        "\u{7}",
        "\u{7f}",
        "\u{9b}",
        "\u{202e}",
        "\u{2066}",
        "\u{e0041}",
    ] {
        assert!(!written.contains(never), "{never:?} in {written:?}");
    }
}

#[test]
fn ctrl_c_leaves_the_terminal_clean() {
    let server = server();
    let mut terminal = Terminal::login(&server);
    terminal.read_until("left (Ctrl-C ends it)");
    terminal.keyboard.write_all(b"\x03").unwrap();
    let screen = terminal.end(130);
    let shown = screen.screen().contents();
    assert!(
        shown.ends_with("\nworkos-login: interrupted\nended with 130."),
        "{shown}"
    );
    assert!(!shown.contains("left"), "{shown}");
    assert!(!screen.screen().hide_cursor());
}

/// The shell survives the Ctrl-C that ends the program.
const SCRIPT: &str = r#"trap : INT; "$0" "$@"; echo "ended with $?."; read line"#;
