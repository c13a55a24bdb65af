//! Everything that is printed: results on standard output, the rest on standard error.
//!
//! Every line passes through [`Printable`], whatever its parts are, so that no text of a server can control the terminal. A command
//! prints its end once: [`Output::finish`], [`Output::fail`] and [`Output::interrupt`] take the same lock, because Ctrl-C can
//! arrive on another thread at any moment.

pub(crate) mod printable;
pub(crate) mod progress;
pub(crate) mod report;

use std::error::Error;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use crate::error_kind::ErrorKind;
use crate::failure::Failure;
use crate::output::printable::{Printable, PrintableJson};
use crate::output::progress::{Answer, Progress};
use crate::output::report::Report;

/// The output of a command.
pub(crate) struct Output {
    json: bool,
    progress: Progress,
    /// `true` after the end of the command was printed.
    ended: Mutex<bool>,
}

impl Output {
    /// Makes the output of a command that prints its result as JSON or as text.
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            progress: Progress::new(),
            ended: Mutex::new(false),
        }
    }

    /// Prints a line on standard error.
    pub(crate) fn print_line(&self, line: impl Display) {
        self.progress.print_line(line);
    }

    /// Prints a problem that did not keep the command from succeeding.
    pub(crate) fn warn(&self, warning: impl Display) {
        self.print_line(format_args!("workos-login: warning: {warning}"));
    }

    /// Prints an error, and its sources, that did not keep the command from succeeding.
    pub(crate) fn warn_error(&self, warning: &dyn Error) {
        self.warn(warning);
        if let Some(source) = warning.source() {
            self.print_causes(source);
        }
    }

    /// Prints a failure that did not keep the command from succeeding.
    pub(crate) fn warn_failure(&self, failure: &Failure) {
        self.warn(failure.message());
        for cause in failure.causes() {
            self.print_line(format_args!("  caused by: {cause}"));
        }
    }

    /// Prints an error and its sources below a warning.
    pub(crate) fn print_causes(&self, cause: &dyn Error) {
        for cause in std::iter::successors(Some(cause), |&error| error.source()) {
            self.print_line(format_args!("  caused by: {cause}"));
        }
    }

    /// Stops printing and handling Ctrl-C: the terminal belongs to another program from here on.
    pub(crate) fn release_terminal(&self) {
        *self.ended() = true;
        self.progress.clear();
    }

    /// Shows the current activity and, if it is bounded, the time left.
    pub(crate) fn show_activity(&self, activity: &'static str, left: Option<Duration>) {
        self.progress.show_activity(activity, left);
    }

    /// Returns whether questions can be asked on the terminal.
    pub(crate) fn is_interactive(&self) -> bool {
        self.progress.is_interactive()
    }

    /// Asks a question on the terminal.
    pub(crate) fn ask(&self, question: &str, timeout: Duration) -> Answer {
        self.progress.ask(question, timeout)
    }

    /// Prints the result of the command.
    pub(crate) fn finish<R: Report>(&self, result: Result<R, Failure>) -> ExitCode {
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

    /// Prints the failure of the command.
    pub(crate) fn fail(&self, failure: &Failure) -> ExitCode {
        let mut ended = self.ended();
        *ended = true;
        self.progress.clear();
        self.print_failure(failure);
        failure.kind().into()
    }

    /// Prints that Ctrl-C interrupted the command and exits, unless the command has ended.
    pub(crate) fn interrupt(&self) {
        let ended = self.ended();
        if *ended {
            return;
        }
        self.progress.clear();
        let kind = ErrorKind::Interrupted;
        self.print_failure(&Failure::new(kind, "interrupted"));
        // The lock is still held, so that no other thread prints anything.
        std::process::exit(kind.exit_code().into());
    }

    fn print_report(&self, report: &impl Report) -> ExitCode {
        let printed = if self.json {
            print_json(report)
        } else {
            report
                .lines()
                .iter()
                .try_for_each(|line| print(Printable(line)))
        };
        match printed {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                self.print_line(format_args!(
                    "workos-login: cannot print the result: {error}"
                ));
                ErrorKind::Failure.into()
            }
        }
    }

    fn print_failure(&self, failure: &Failure) {
        self.print_line(format_args!("workos-login: {}", failure.message()));
        for cause in failure.causes() {
            self.print_line(format_args!("  caused by: {cause}"));
        }
        for hint in failure.hints() {
            self.print_line(format_args!("  {hint}"));
        }
        if let Some(id) = failure.request_id() {
            self.print_line(format_args!("  request id: {id}"));
        }
        if self.json {
            // If standard output is closed, the exit code still reports the failure.
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
