//! What the program waits for, on the error output.

use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use console::{Term, truncate_str};
use humantime::format_duration;

use crate::output::printable::Printable;

/// Lines that stay, and on a terminal one line below them that is drawn anew while something is waited for.
pub(crate) struct Progress {
    term: Term,
    shown: Mutex<Shown>,
}

/// What is waited for.
#[derive(Default)]
struct Shown {
    what: Option<&'static str>,
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

    /// Prints a line that stays.
    pub(crate) fn say(&self, line: impl Display) {
        let shown = self.shown();
        self.erase(&shown);
        self.print(line);
        self.draw(&shown);
    }

    /// Shows what is waited for and, where there is an end, the time that is left. Without a terminal it is said once.
    pub(crate) fn wait_for(&self, what: &'static str, left: Option<Duration>) {
        let left = left
            .map(|left| format!(", {} left", format_duration(whole_seconds(left))))
            .unwrap_or_default();
        let mut shown = self.shown();
        if self.term.is_term() {
            self.erase(&shown);
            shown.line = Some(format!("{what}{left} (Ctrl-C ends it)"));
            self.draw(&shown);
        } else if shown.what != Some(what) {
            self.print(format_args!("{what}{left}"));
        }
        shown.what = Some(what);
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn is_interactive(&self) -> bool {
        self.term.is_term() && io::stdin().is_terminal()
    }

    /// Asks the person at the terminal; returns the line that they enter. `None`: they enter no more.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        let mut shown = self.shown();
        self.erase(&shown);
        // It is erased when Ctrl-C ends the wait for the answer, as everything that is drawn.
        shown.line = Some(Printable(question).to_string());
        self.draw(&shown);
        drop(shown);
        let mut answer = String::new();
        let read = io::stdin().read_line(&mut answer);
        // By the Enter that ended the answer the question has become a line that stays.
        let mut shown = self.shown();
        shown.line = None;
        shown.what = None;
        match read {
            Ok(0) | Err(_) => {
                self.print("");
                None
            }
            Ok(_) => Some(answer),
        }
    }

    /// Removes what is drawn. The lines stay.
    pub(crate) fn clear(&self) {
        let mut shown = self.shown();
        self.erase(&shown);
        shown.line = None;
    }

    // Without an error output there is nobody to tell, so that a failure to write is nothing to act on.

    fn print(&self, line: impl Display) {
        let _ = self
            .term
            .write_line(&Printable(&line.to_string()).to_string());
    }

    fn draw(&self, shown: &Shown) {
        if let Some(line) = &shown.line {
            // One line, with room for the `^C` that a terminal writes behind it: both are erased together.
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

/// Rounds up, so that zero is said only when nothing is left.
pub(crate) fn whole_seconds(left: Duration) -> Duration {
    Duration::from_secs(left.as_secs() + u64::from(left.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(599_001)).as_secs(), 600);
        assert_eq!(whole_seconds(Duration::from_nanos(1)).as_secs(), 1);
        assert_eq!(whole_seconds(Duration::from_secs(65)).as_secs(), 65);
        assert_eq!(whole_seconds(Duration::ZERO).as_secs(), 0);
    }
}
