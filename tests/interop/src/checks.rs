//! Runs checks over all adapters and prints one line per check.

use std::error::Error;
use std::thread;

use crate::adapter::Adapter;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The result of a check: an error describes the failure.
pub(crate) type Checked = Result<()>;

/// A name, and a function that runs the check over an adapter against a server.
pub(crate) type Check<T> = (&'static str, fn(&Adapter, &T) -> Checked);

/// Runs every check over every adapter, and returns whether all passed.
///
/// The adapters run in parallel, or one after another.
pub(crate) fn run_all<T: ?Sized + Sync>(
    checks: &[Check<T>],
    server: &T,
    is_parallel: bool,
) -> bool {
    let adapters = [Adapter::hyper, Adapter::reqwest, Adapter::ureq];
    let failed: usize = if is_parallel {
        thread::scope(|scope| {
            adapters
                .map(|adapter| scope.spawn(move || run_over(adapter, checks, server)))
                .into_iter()
                .map(|thread| thread.join().unwrap_or(checks.len()))
                .sum()
        })
    } else {
        adapters
            .map(|adapter| run_over(adapter, checks, server))
            .iter()
            .sum()
    };
    println!(
        "{} passed, {failed} failed",
        adapters.len() * checks.len() - failed
    );
    failed == 0
}

/// Returns an error unless `condition` holds.
pub(crate) fn ensure(condition: bool, problem: &str) -> Checked {
    condition.then_some(()).ok_or_else(|| problem.into())
}

fn run_over<T: ?Sized>(adapter: fn() -> Result<Adapter>, checks: &[Check<T>], server: &T) -> usize {
    let adapter = match adapter() {
        Ok(adapter) => adapter,
        Err(error) => {
            println!("cannot create an adapter: {error}");
            return checks.len();
        }
    };
    let mut failed = 0;
    for (name, check) in checks {
        match check(&adapter, server) {
            Ok(()) => println!("{} {name} ... ok", adapter.name()),
            Err(error) => {
                println!("{} {name} ... FAILED: {error}", adapter.name());
                failed += 1;
            }
        }
    }
    failed
}
