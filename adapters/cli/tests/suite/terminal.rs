//! The program in a terminal.

use std::io::{Read, Write};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use workos_login_mock_server::Server;

use crate::hostile::{NAME, hostile_server};
use crate::support::{server, visit};

/// A terminal with a shell in it, which runs the program.
///
/// The shell outlives the program: when the first process of a terminal ends, what was not read yet is lost.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    reader: Box<dyn Read + Send>,
    written: Vec<u8>,
    /// How many addresses were asked for.
    addresses: usize,
}

impl Terminal {
    /// Runs the program, which logs in to `server`, and shows the address instead of opening it.
    pub(crate) fn login(server: &Server, arguments: &[&str]) -> Self {
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
            "whoami",
            "--no-store",
            "--no-browser",
        ]);
        command.args([
            "--client-id",
            server.client_id(),
            "--base-url",
            server.base_url(),
        ]);
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        Self {
            child: pair.slave.spawn_command(command).unwrap(),
            reader: pair.master.try_clone_reader().unwrap(),
            keyboard: pair.master.take_writer().unwrap(),
            written: Vec::new(),
            addresses: 0,
        }
    }

    /// Types a line.
    pub(crate) fn enter(&mut self, line: &str) {
        write!(self.keyboard, "{line}\r").unwrap();
    }

    /// Presses a key with Ctrl.
    pub(crate) fn press_ctrl(&mut self, key: u8) {
        self.keyboard.write_all(&[key & 0x1f]).unwrap();
    }

    /// Reads until the terminal has been sent this text.
    pub(crate) fn read_until(&mut self, text: &str) {
        while !self.text().contains(text) {
            self.read_more(text);
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// The next address of a login page, which is a line of its own.
    pub(crate) fn address(&mut self) -> String {
        let addresses = |text: String| -> Vec<String> {
            text.split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
                .filter_map(|line| Some(line[line.find("http")?..].trim_end().to_owned()))
                .collect()
        };
        let address = loop {
            match addresses(self.text()).get(self.addresses) {
                Some(address) => break address.clone(),
                None => self.read_more("an address"),
            }
        };
        self.addresses += 1;
        address
    }

    fn read_more(&mut self, wanted: &str) {
        let mut buffer = [0; 4096];
        let length = self.reader.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "there was no {wanted:?} in {:?}", self.text());
        self.written.extend_from_slice(&buffer[..length]);
    }

    /// Signs in as `email` at the next login page, and returns to the program.
    pub(crate) fn log_in(&mut self, server: &Server, email: &str) {
        visit(&server.log_in(&self.address(), email).unwrap());
    }

    /// Waits until the program has ended with this exit code; returns what is left on the screen.
    pub(crate) fn end(&mut self, code: u8) -> vt100::Parser {
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
    let mut terminal = Terminal::login(&server, &[]);
    terminal.read_until("waiting for the login in the browser, 10m left");
    terminal.read_until("9m 59s left");

    terminal.log_in(&server, "eve@example.com");
    let screen = terminal.end(0);
    let written = terminal.text();
    let shown = screen.screen().contents();
    assert!(shown.contains("Eve\\u{1b}]0;owned"), "{shown}");
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
    let mut terminal = Terminal::login(&server, &[]);
    terminal.read_until("left (Ctrl-C ends it)");
    terminal.press_ctrl(b'C');
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
