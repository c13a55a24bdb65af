//! The one place that prints: results on the standard output, everything else on the error output.
//!
//! Every line passes through [`Printable`] here, wherever its parts come from, so that nothing a server says can reach
//! the terminal as anything but text.

pub(crate) mod printable;
pub(crate) mod progress;
pub(crate) mod report;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::error_kind::Exit;
use crate::failure::Failure;
use crate::output::printable::{Printable, PrintableJson};
use crate::output::progress::Progress;
use crate::output::report::Report;

/// Where a command shows what it does, and how it ended.
pub(crate) struct Output {
    json: bool,
    progress: Progress,
    /// Whether the end was printed: there is one, although Ctrl-C can come at any moment.
    ended: Mutex<bool>,
}

impl Output {
    /// Makes the output of a program that prints its result as JSON, or for a person.
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            progress: Progress::new(),
            ended: Mutex::new(false),
        }
    }

    /// Tells the person something, in one line.
    pub(crate) fn say(&self, line: impl Display) {
        self.progress.say(line);
    }

    /// Tells the person what went wrong although the command did what it was asked for.
    pub(crate) fn warn(&self, warning: &dyn Error) {
        self.say(format_args!("workos-login: {warning}"));
        for cause in std::iter::successors(warning.source(), |&error| error.source()) {
            self.say(format_args!("  because: {cause}"));
        }
    }

    /// Hands the terminal over to another program: nothing is printed any more, and Ctrl-C is that program's.
    pub(crate) fn hand_over(&self) {
        *self.ended() = true;
        self.progress.clear();
    }

    /// Shows what is waited for and, where there is an end, the time that is left.
    pub(crate) fn wait_for(&self, what: &'static str, left: Option<Duration>) {
        self.progress.wait_for(what, left);
    }

    /// Whether somebody is there to be asked, and to go on with what the service asks for.
    pub(crate) fn is_interactive(&self) -> bool {
        self.progress.is_interactive()
    }

    /// Asks the person at the terminal; returns the line that they enter. `None`: they enter no more.
    pub(crate) fn ask(&self, question: &str) -> Option<String> {
        self.progress.ask(question)
    }

    /// Prints how the command ended.
    pub(crate) fn finish<R: Report>(&self, result: Result<R, Failure>) -> Exit {
        match result {
            Ok(report) => {
                let mut ended = self.ended();
                *ended = true;
                self.progress.clear();
                self.print_report(&report)
            }
            Err(failure) => self.fail(&failure),
        }
    }

    /// Prints how a command failed.
    pub(crate) fn fail(&self, failure: &Failure) -> Exit {
        let mut ended = self.ended();
        *ended = true;
        self.progress.clear();
        self.print_failure(failure);
        failure.exit()
    }

    /// Prints that Ctrl-C ended the command, and ends the program, unless the command has ended.
    pub(crate) fn interrupt(&self) {
        let ended = self.ended();
        if *ended {
            return;
        }
        self.progress.clear();
        self.print_failure(&Failure::new(Exit::Interrupted, "interrupted"));
        // The lock is still held: nothing else is printed on the way out.
        std::process::exit(Exit::Interrupted.code().into());
    }

    fn print_report(&self, report: &impl Report) -> Exit {
        let printed = if self.json {
            print_json(report)
        } else {
            report
                .lines()
                .iter()
                .try_for_each(|line| print(Printable(line)))
        };
        match printed {
            Ok(()) => Exit::Success,
            Err(error) => {
                self.say(format_args!(
                    "workos-login: the result could not be printed: {error}"
                ));
                Exit::Failure
            }
        }
    }

    fn print_failure(&self, failure: &Failure) {
        self.say(format_args!("workos-login: {}", failure.message()));
        for cause in failure.causes() {
            self.say(format_args!("  because: {cause}"));
        }
        for hint in failure.hints() {
            self.say(format_args!("  {hint}"));
        }
        if let Some(id) = failure.request_id() {
            self.say(format_args!("  request id: {id}"));
        }
        if self.json {
            // The exit code tells it too, should nobody read the standard output any more.
            let _ = print_json(&json!({ "error": failure }));
        }
    }

    fn ended(&self) -> MutexGuard<'_, bool> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn print_json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(value)?;
    print(PrintableJson(&text))
}

fn print(line: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
