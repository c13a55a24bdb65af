//! Lines and progress on standard error.
//!
//! On a terminal, the current activity is one line below the permanent lines. It is drawn again when the time left changes, and
//! erased before anything else is printed. Without a terminal it is printed once for each activity. Nothing reports a failed write:
//! there is no other place to report it to.

use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use console::{Term, truncate_str};
use humantime::format_duration;

use crate::output::printable::Printable;
use crate::whole_seconds::whole_seconds;

/// Permanent lines, and on a terminal the line of the current activity below them.
pub(crate) struct Progress {
    term: Term,
    shown: Mutex<Shown>,
}

/// The answer to a question.
pub(crate) enum Answer {
    Line(String),
    EndOfInput,
    TimedOut,
}

#[derive(Default)]
struct Shown {
    activity: Option<&'static str>,
    /// The line that is drawn on the terminal.
    line: Option<String>,
}

impl Progress {
    pub(crate) fn new() -> Self {
        Self {
            term: Term::stderr(),
            shown: Mutex::default(),
        }
    }

    /// Prints a permanent line.
    pub(crate) fn print_line(&self, line: impl Display) {
        let shown = self.shown();
        self.erase(&shown);
        self.print(line);
        self.draw(&shown);
    }

    /// Shows the current activity and, if it is bounded, the time left.
    pub(crate) fn show_activity(&self, activity: &'static str, left: Option<Duration>) {
        let left = left
            .map(|left| format!(", {} left", format_duration(whole_seconds(left))))
            .unwrap_or_default();
        let mut shown = self.shown();
        if self.term.is_term() {
            self.erase(&shown);
            shown.line = Some(format!("{activity}{left} (Ctrl-C to cancel)"));
            self.draw(&shown);
        } else if shown.activity != Some(activity) {
            self.print(format_args!("{activity}{left}"));
        }
        shown.activity = Some(activity);
    }

    /// Returns whether questions can be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        self.term.is_term() && io::stdin().is_terminal()
    }

    /// Asks a question.
    ///
    /// After a timeout, a thread still reads standard input: the command has to end.
    pub(crate) fn ask(&self, question: &str, timeout: Duration) -> Answer {
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
                Answer::Line(line)
            }
            Err(RecvTimeoutError::Disconnected) => {
                shown.line = None;
                self.print("");
                Answer::EndOfInput
            }
            Err(RecvTimeoutError::Timeout) => Answer::TimedOut,
        }
    }

    /// Erases the drawn line.
    pub(crate) fn clear(&self) {
        let mut shown = self.shown();
        self.erase(&shown);
        shown.line = None;
    }

    fn print(&self, line: impl Display) {
        let _ = self
            .term
            .write_line(&Printable(&line.to_string()).to_string());
    }

    fn draw(&self, shown: &Shown) {
        if let Some(line) = &shown.line {
            // With room for the `^C` that the terminal appends: it is erased together with the line.
            let (_, columns) = self.term.size();
            let room = usize::from(columns.saturating_sub(3));
            let _ = self.term.write_str(&truncate_str(line, room, "…"));
        }
    }

    fn erase(&self, shown: &Shown) {
        if shown.line.is_some() {
            let _ = self.term.clear_line();
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
