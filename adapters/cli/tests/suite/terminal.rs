//! The program on a terminal.

use std::io::{Read, Write};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};
use workos_login_mock_server::Server;

use crate::escaping::{ESCAPED, NAME, server_with_eve};
use crate::support::{server, visit};

/// The shell survives the Ctrl-C that interrupts the program.
const SCRIPT: &str = r#"trap : INT; "$0" "$@"; echo "exit code $?."; read line"#;

/// A terminal with a shell that runs the program.
///
/// The shell outlives the program: when the session leader of a terminal exits, unread output is lost.
pub(crate) struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keyboard: Box<dyn Write + Send>,
    reader: Box<dyn Read + Send>,
    written: Vec<u8>,
    /// How many URLs were returned.
    urls: usize,
}

impl Terminal {
    /// Runs a login to `server` that opens no browser.
    pub(crate) fn login(server: &Server, arguments: &[&str]) -> Self {
        Self::start(server, arguments, 100, None)
    }

    /// Runs a login to `server` that opens no browser, on a terminal of this width and with this environment variable.
    fn start(server: &Server, arguments: &[&str], cols: u16, variable: Option<&str>) -> Self {
        let size = PtySize {
            rows: 40,
            cols,
            ..PtySize::default()
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-c", SCRIPT, env!("CARGO_BIN_EXE_workos-login")]);
        command.args(["whoami", "--no-store", "--no-browser"]);
        command.args(["--client-id", server.client_id()]);
        command.args(["--base-url", server.base_url()]);
        command.args(arguments);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        if let Some(variable) = variable {
            command.env(variable, "1");
        }
        Self {
            child: pair.slave.spawn_command(command).unwrap(),
            reader: pair.master.try_clone_reader().unwrap(),
            keyboard: pair.master.take_writer().unwrap(),
            written: Vec::new(),
            urls: 0,
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

    /// Reads until the output contains `text`.
    pub(crate) fn read_until(&mut self, text: &str) {
        while !self.text().contains(text) {
            self.read_more(text);
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.written).into_owned()
    }

    /// Returns the next URL, which is printed on a line of its own.
    pub(crate) fn url(&mut self) -> String {
        let urls = |text: String| -> Vec<String> {
            text.split_inclusive('\n')
                .filter(|line| line.ends_with('\n'))
                .filter_map(|line| Some(line[line.find("http")?..].trim_end().to_owned()))
                .collect()
        };
        let url = loop {
            match urls(self.text()).get(self.urls) {
                Some(url) => break url.clone(),
                None => self.read_more("a URL"),
            }
        };
        self.urls += 1;
        url
    }

    /// Returns the user code of a device login.
    pub(crate) fn user_code(&mut self) -> String {
        self.read_until("left (Ctrl-C to cancel)");
        let text = self.text();
        let (_, code) = text.split_once("check that the page shows it: ").unwrap();
        code.lines().next().unwrap().trim().to_owned()
    }

    fn read_more(&mut self, expected: &str) {
        let mut buffer = [0; 4096];
        let length = self.reader.read(&mut buffer).unwrap();
        assert_ne!(length, 0, "no {expected:?} in {:?}", self.text());
        self.written.extend_from_slice(&buffer[..length]);
    }

    /// Logs in as `email` on the next login page, and follows the redirect.
    pub(crate) fn log_in(&mut self, server: &Server, email: &str) {
        visit(&server.log_in(&self.url(), email).unwrap());
    }

    /// Waits for the end of the program, asserts its exit code, and returns the screen.
    pub(crate) fn end(&mut self, code: u8) -> vt100::Parser {
        self.read_until("exit code ");
        self.read_until(".\r\n");
        assert!(
            self.text().ends_with(&format!("exit code {code}.\r\n")),
            "{:?}",
            self.text()
        );
        let mut screen = vt100::Parser::new(40, 100, 0);
        screen.process(&self.written);
        screen
    }

    /// Waits for the end of the interrupted program, asserts that it left no progress, and returns the screen.
    pub(crate) fn interrupted(&mut self) -> String {
        let parser = self.end(130);
        let screen = parser.screen().contents();
        assert!(
            screen.ends_with("\nworkos-login: interrupted\nexit code 130."),
            "{screen}"
        );
        assert!(!screen.contains("left"), "{screen}");
        assert!(!parser.screen().hide_cursor());
        screen
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The shell is still reading a line.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_progress_counts_down_and_is_erased_at_the_end() {
    let server = server_with_eve();
    let mut terminal = Terminal::login(&server, &[]);
    terminal.read_until("waiting for the login in the browser, 10m left");
    terminal.read_until("9m 59s left");

    terminal.log_in(&server, "eve@example.com");
    let screen = terminal.end(0).screen().contents();
    let written = terminal.text();
    assert!(screen.contains(ESCAPED), "{screen}");
    assert!(!screen.contains("left"), "{screen}");

    assert!(!written.contains(NAME));
    for sequence in [
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
        assert!(!written.contains(sequence), "{sequence:?} in {written:?}");
    }
}

#[test]
fn a_narrow_terminal_shows_the_time_left_and_breaks_lines_between_words() {
    let server = server();
    let mut terminal = Terminal::start(&server, &[], 40, None);
    terminal.read_until("open this URL in a browser on this\r\n  machine:\r\n");
    terminal.read_until("waiting for the login i…, 9m 59s left");
    // The URL is one piece, so that it can be copied.
    terminal.log_in(&server, "alice@example.com");
    let screen = terminal.end(0).screen().contents();
    assert!(screen.contains("Alice Adams"), "{screen}");
    assert!(!screen.contains("waiting"), "{screen}");
}

#[test]
fn colours_are_printed_only_where_the_terminal_allows_them() {
    let server = server();
    for (variable, has_colours) in [(None, true), (Some("NO_COLOR"), false)] {
        let mut terminal = Terminal::start(&server, &[], 100, variable);
        terminal.read_until("left (Ctrl-C to cancel)");
        terminal.press_ctrl(b'C');
        terminal.interrupted();
        let coloured = "\u{1b}[31mworkos-login: \u{1b}[0minterrupted";
        let text = terminal.text();
        assert_eq!(text.contains(coloured), has_colours, "{text:?}");
        assert_eq!(text.contains("\u{1b}[31m"), has_colours, "{text:?}");
    }
}

#[test]
fn ctrl_c_erases_the_progress() {
    let server = server();
    let mut terminal = Terminal::login(&server, &[]);
    terminal.read_until("left (Ctrl-C to cancel)");
    terminal.press_ctrl(b'C');
    terminal.interrupted();
}
