//! Checks between processes.
//!
//! The test binary starts itself again with the name of the test as its filter, and with a task in an environment variable. Each
//! line that the child writes to its standard output and that begins with [`MARK`] is a step that it has done. It ends when its
//! standard input or its standard output is closed, so no child outlives its parent.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{self, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::lock::ensure_excluded;
use super::record::{ensure_loads, loads, record};
use super::{Check, LEASE, Observed, Subject, Suite, ensure, shown};
use crate::record::Expected;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("loads what another process saved", records_are_shared),
    ("excludes other processes by the lock", lock_is_shared),
    (
        "releases the lock of a killed process",
        killed_processes_release_the_lock,
    ),
    (
        "holds the old or the new record if a process is killed while it saves",
        killed_processes_leave_a_record,
    ),
];

const VARIABLE: &str = "WORKOS_LOGIN_SESSION_CONFORMANCE";
const MARK: &str = "conformance: done";

/// The lease of a lock whose holder is killed.
const SHORT_LEASE: Duration = Duration::from_secs(5);

/// Does the task of this process and exits, if it is a child.
pub(super) fn run_task(suite: &Suite<'_>) {
    if let Ok(task) = env::var(VARIABLE) {
        if let Err(error) = run(suite, &task) {
            eprintln!("the other process failed: {error}");
        }
        process::exit(0);
    }
}

fn run(suite: &Suite<'_>, task: &str) -> Observed<()> {
    let (task, name) = task.split_once(' ').ok_or("no name")?;
    let store = (suite.open)(name);
    match task {
        "save" => {
            ensure_loads(&*store, &[Some(1)])?;
            let expected = Expected::Generation(record(1).generation());
            store.save(&record(2), expected).map_err(shown)?;
            mark().map_err(|error| error.to_string())?;
        }
        "lock" | "lock-briefly" => {
            let lease = if task == "lock" { LEASE } else { SHORT_LEASE };
            let lock = store.lock(suite.timeout, lease).map_err(shown)?;
            ensure(lock.is_some(), || "the lock is not free".to_owned())?;
            mark().map_err(|error| error.to_string())?;
            let _ = io::stdin().read(&mut [0]);
        }
        // Until the parent kills it, or is gone.
        _ => {
            for number in (2..=3).cycle() {
                let saved = store.save(&record(number), Expected::Anything);
                saved.map_err(shown)?;
                if mark().is_err() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Reports a step. The macros of `std` would write to the captured output of a test.
fn mark() -> io::Result<()> {
    let mut output = io::stdout().lock();
    // The test harness has begun a line.
    write!(output, "\n{MARK}\n")?;
    output.flush()
}

/// Another process that runs the same test.
struct Child {
    process: process::Child,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts the process; `None` without a name of a test.
    fn start(subject: &Subject<'_, '_>, task: &str) -> Observed<Option<Self>> {
        let Some(test) = subject.suite.test else {
            return Ok(None);
        };
        let program = env::current_exe().map_err(|error| error.to_string())?;
        let mut process = Command::new(program)
            .args([test, "--exact", "--include-ignored", "--nocapture"])
            .env(VARIABLE, format!("{task} {}", subject.name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let output = process.stdout.take().expect("its output is piped");
        let output = BufReader::new(output);
        Ok(Some(Self { process, output }))
    }

    /// Waits for a step.
    fn wait_for_step(&mut self) -> Observed<()> {
        let mut line = String::new();
        while self.output.read_line(&mut line).is_ok_and(|read| read > 0) {
            if line.trim_end() == MARK {
                return Ok(());
            }
            line.clear();
        }
        Err(
            "the other process did not do its part; either it failed, or the argument of `between_processes` is not the full \
             name of the test"
                .to_owned(),
        )
    }

    /// Lets the process end by itself.
    fn finish(mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn records_are_shared(subject: &Subject<'_, '_>) -> Observed<()> {
    let store = subject.open();
    store.save(&record(1), Expected::Nothing).map_err(shown)?;
    let Some(mut child) = Child::start(subject, "save")? else {
        return Ok(());
    };
    child.wait_for_step()?;
    ensure_loads(&*store, &[Some(2)])?;
    child.finish();
    ensure_loads(&*store, &[Some(2)])
}

fn lock_is_shared(subject: &Subject<'_, '_>) -> Observed<()> {
    let Some(mut child) = Child::start(subject, "lock")? else {
        return Ok(());
    };
    child.wait_for_step()?;
    let store = subject.open();
    let child = ensure_excluded(subject, &*store, Duration::ZERO, child)?;
    child.finish();
    subject.acquire(&*store).map(drop)
}

fn killed_processes_release_the_lock(subject: &Subject<'_, '_>) -> Observed<()> {
    let Some(mut child) = Child::start(subject, "lock-briefly")? else {
        return Ok(());
    };
    child.wait_for_step()?;
    drop(child);
    let wait = SHORT_LEASE + subject.suite.timeout;
    let lock = subject.open().lock(wait, LEASE).map_err(shown)?;
    ensure(lock.is_some(), || {
        format!("the lock is held {wait:?} later, with a lease of {SHORT_LEASE:?}")
    })
}

/// Kills processes at points that divide a save into equal parts.
fn killed_processes_leave_a_record(subject: &Subject<'_, '_>) -> Observed<()> {
    const POINTS: u32 = 12;
    for point in 0..POINTS {
        let Some(mut child) = Child::start(subject, "save-repeatedly")? else {
            return Ok(());
        };
        child.wait_for_step()?;
        let begun = Instant::now();
        child.wait_for_step()?;
        thread::sleep(begun.elapsed() * point / POINTS);
        drop(child);
        let store = subject.open();
        let found = loads(&*store, &[Some(2), Some(3)])?;
        // What the process left behind does not prevent a save.
        let expected = found.map_or(Expected::Nothing, |number| {
            Expected::Generation(record(number).generation())
        });
        store.save(&record(1), expected).map_err(shown)?;
        ensure_loads(&*store, &[Some(1)])?;
    }
    Ok(())
}
