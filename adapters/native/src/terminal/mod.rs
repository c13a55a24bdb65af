//! The events of a login on a terminal: lines, progress and questions on standard error.
//!
//! On a terminal, the current activity is one line below the permanent lines. It is drawn again when the time left changes, and
//! erased before anything else is printed. Without a terminal it is printed once for each activity. Nothing reports a failed write:
//! there is no other place to report it to.
//!
//! Every line passes through [`Printable`], whatever its parts are, so that no text of a server can control the terminal.

mod login;
mod printable;
mod whole_seconds;
mod wrap;

use std::error::Error as StdError;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use console::{StyledObject, Term, measure_text_width, style, truncate_str};
use humantime::format_duration;

pub use self::printable::{Printable, PrintableJson};
use self::whole_seconds::whole_seconds;
use self::wrap::wrap;

/// The terminal of a command-line application: permanent lines, and the line of the current activity below them.
///
/// ```no_run
/// use workos_login_native::NativeApp;
/// use workos_login_native::terminal::Terminal;
/// use workos_login_native::workos_login::Client;
///
/// let terminal = Terminal::new("acme");
/// let app = NativeApp::new(Client::public("client_123".parse()?), "Acme CLI");
/// let session = app.login_with(|login| login.progress(|event| terminal.show(event)));
/// terminal.clear();
/// if let Err(error) = session {
///     terminal.error(error);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Terminal {
    program: String,
    term: Term,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    activity: Option<&'static str>,
    /// The line that is drawn on the terminal.
    line: Option<String>,
}

impl Terminal {
    /// Makes the terminal of a program. Warnings and errors begin with its name.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            term: Term::stderr(),
            shown: Mutex::default(),
        }
    }

    /// Prints a permanent line.
    pub fn print_line(&self, line: impl Display) {
        self.print_labelled(&style(String::new()), line);
    }

    /// Prints the problem that ended the program. Its label is red where the terminal and `NO_COLOR` allow.
    pub fn error(&self, problem: impl Display) {
        self.print_labelled(&style(format!("{}: ", self.program)).red(), problem);
    }

    /// Prints a problem that did not end the program. Its label is yellow where the terminal and `NO_COLOR` allow.
    pub fn warn(&self, problem: impl Display) {
        let label = style(format!("{}: warning: ", self.program));
        self.print_labelled(&label.yellow(), problem);
    }

    /// Prints a cause, and its own causes, below a problem.
    pub fn print_causes(&self, cause: &dyn StdError) {
        for cause in std::iter::successors(Some(cause), |&error| error.source()) {
            self.print_line(format_args!("  caused by: {cause}"));
        }
    }

    /// Shows the current activity and, if it is bounded, the time left.
    pub fn show_activity(&self, activity: &'static str, left: Option<Duration>) {
        let left = left
            .map(|left| format!(", {} left", format_duration(whole_seconds(left))))
            .unwrap_or_default();
        let mut shown = self.shown();
        if self.term.is_term() {
            self.erase(&shown);
            let line = format!("{activity}{left} (Ctrl-C to cancel)");
            shown.line = Some(match measure_text_width(&line) <= self.room() {
                true => line,
                // The time left stays readable on a narrow terminal.
                false => {
                    let room = self.room().saturating_sub(measure_text_width(&left));
                    format!("{}{left}", truncate_str(activity, room, "…"))
                }
            });
            self.draw(&shown);
        } else if shown.activity != Some(activity) {
            self.print(&style(String::new()), format_args!("{activity}{left}"));
        }
        shown.activity = Some(activity);
    }

    /// Returns whether questions can be asked.
    #[must_use]
    pub fn is_interactive(&self) -> bool {
        self.term.is_term() && io::stdin().is_terminal()
    }

    /// Asks a question. Returns `None` at the end of the input or after the timeout.
    ///
    /// After the timeout, a thread still reads standard input: the program has to end.
    pub fn ask(&self, question: &str, timeout: Duration) -> Option<String> {
        let mut shown = self.shown();
        self.erase(&shown);
        // As a drawn line, the question is erased if Ctrl-C interrupts it.
        shown.line = Some(Printable(question).to_string());
        self.draw(&shown);
        drop(shown);

        let (sender, answer) = mpsc::channel();
        thread::spawn(move || {
            let mut line = String::new();
            // Dropping the sender reports the end of the input.
            if io::stdin().read_line(&mut line).is_ok_and(|read| read > 0) {
                let _ = sender.send(line);
            }
        });
        let answer = answer.recv_timeout(timeout);
        let mut shown = self.shown();
        shown.activity = None;
        match answer {
            // The Enter that ended the answer made the question a permanent line.
            Ok(line) => {
                shown.line = None;
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => {
                shown.line = None;
                self.print(&style(String::new()), "");
                None
            }
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    /// Erases the current activity, at the end of the program or before another one uses the terminal.
    pub fn clear(&self) {
        let mut shown = self.shown();
        self.erase(&shown);
        shown.line = None;
    }

    fn print_labelled(&self, label: &StyledObject<String>, line: impl Display) {
        let shown = self.shown();
        self.erase(&shown);
        self.print(label, line);
        self.draw(&shown);
    }

    fn print(&self, label: &StyledObject<String>, line: impl Display) {
        let line = Printable(&line.to_string()).to_string();
        let line = match self.term.is_term() {
            true => {
                let label = label.clone().force_styling(false).to_string();
                wrap(&line, measure_text_width(&label), self.columns())
            }
            false => line,
        };
        let label = label.clone().for_stderr();
        let _ = self.term.write_line(&format!("{label}{line}"));
    }

    fn draw(&self, shown: &Shown) {
        if let Some(line) = &shown.line {
            let _ = self.term.write_str(&truncate_str(line, self.room(), "…"));
        }
    }

    fn erase(&self, shown: &Shown) {
        if shown.line.is_some() {
            let _ = self.term.clear_line();
        }
    }

    /// Returns the maximum width of the drawn line.
    ///
    /// It leaves room for the `^C` that the terminal appends: it is erased together with the line.
    fn room(&self) -> usize {
        self.columns().saturating_sub(3)
    }

    fn columns(&self) -> usize {
        self.term.size().1.into()
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Terminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminal")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}
