//! Everything that is printed: results on standard output, the rest on standard error.
//!
//! Every line passes through [`Printable`], whatever its parts are, so that no text of a server can control the terminal. A command
//! prints its end once: [`Output::finish`] and the handler of Ctrl-C take the same lock, because Ctrl-C can arrive on another thread at any
//! moment.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::{ExitCode, exit};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::json;
use workos_login_native::terminal::{Printable, PrintableJson, Terminal};

use crate::error_kind::{ErrorKind, exit_code};
use crate::failure::Failure;
use crate::report::Report;

/// The output of a command.
pub(crate) struct Output {
    json: bool,
    pub(crate) terminal: Terminal,
    /// `true` after the end of the command was printed.
    ended: Mutex<bool>,
}

impl Output {
    /// Makes the output of a command that prints its result as JSON or as text.
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            terminal: Terminal::new("workos-login"),
            ended: Mutex::new(false),
        }
    }

    /// Prints a failure that did not keep the command from succeeding.
    pub(crate) fn warn(&self, failure: &Failure) {
        self.terminal.warn(&failure.message);
        self.print_details(failure);
    }

    /// Stops printing and handling Ctrl-C: the terminal belongs to another program from here on.
    pub(crate) fn release_terminal(&self) {
        drop(self.end());
    }

    /// Prints the result of the command, or its failure.
    pub(crate) fn finish(&self, result: Result<Report, Failure>) -> ExitCode {
        let _ended = self.end();
        let printed = match result {
            Ok(report) if self.json && !report.members.is_empty() => print_json(&report.members),
            Ok(report) => report
                .lines
                .iter()
                .try_for_each(|line| print(Printable(line))),
            Err(failure) => return self.fail(&failure).into(),
        };
        match printed {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                self.terminal
                    .error(format_args!("cannot print the result: {error}"));
                exit_code(ErrorKind::Failure).into()
            }
        }
    }

    /// Exits at once when Ctrl-C is pressed, at any point of a command, unless it has ended.
    ///
    /// Nothing has to be saved first: a pending login exists only in this process, and a stored session survives the end of a
    /// process at any moment.
    pub(crate) fn exit_on_ctrl_c(self: &Arc<Self>) {
        let output = Arc::clone(self);
        // If no handler can be installed, Ctrl-C still ends the process, without a message.
        let _ = ctrlc::set_handler(move || {
            // The lock is held until the exit, so that no other thread prints anything.
            let ended = output.ended();
            if *ended {
                return;
            }
            output.terminal.clear();
            let exit_code = output.fail(&Failure::new(ErrorKind::Cancelled, "interrupted"));
            exit(exit_code.into());
        });
    }

    fn fail(&self, failure: &Failure) -> u8 {
        self.terminal.error(&failure.message);
        self.print_details(failure);
        if self.json {
            // If standard output is closed, the exit code still reports the failure.
            let _ = print_json(&json!({ "error": failure }));
        }
        exit_code(failure.kind)
    }

    fn print_details(&self, failure: &Failure) {
        for cause in &failure.causes {
            self.terminal
                .print_line(format_args!("  caused by: {cause}"));
        }
        for hint in &failure.hints {
            self.terminal.print_line(format_args!("  {hint}"));
        }
        if let Some(id) = failure.request_id() {
            self.terminal.print_line(format_args!("  request ID: {id}"));
        }
    }

    /// Marks the command as ended, and erases the activity.
    fn end(&self) -> MutexGuard<'_, bool> {
        let mut ended = self.ended();
        *ended = true;
        self.terminal.clear();
        ended
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
