//! Runs checks over each adapter, all adapters at once, and reports as a test runner does.

use std::error::Error;
use std::thread;

use crate::adapter::Adapter;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What a check found: nothing to complain of, or what is wrong.
pub(crate) type Checked = Result<()>;

/// A sentence, and the function that checks it over an adapter against the server at an address.
pub(crate) type Check = (&'static str, fn(&Adapter, &str) -> Checked);

/// Runs every check over every adapter, and says whether all passed.
pub(crate) fn run_all(checks: &[Check], address: &str) -> bool {
    let adapters = [Adapter::hyper, Adapter::reqwest, Adapter::ureq];
    let failed: usize = thread::scope(|scope| {
        adapters
            .map(|adapter| scope.spawn(move || run_over(adapter, checks, address)))
            .into_iter()
            .map(|thread| thread.join().unwrap_or(checks.len()))
            .sum()
    });
    println!(
        "{} passed, {failed} failed",
        adapters.len() * checks.len() - failed
    );
    failed == 0
}

/// Returns an error unless `condition` holds.
pub(crate) fn ensure(condition: bool, otherwise: &str) -> Checked {
    condition.then_some(()).ok_or_else(|| otherwise.into())
}

fn run_over(adapter: fn() -> Result<Adapter>, checks: &[Check], address: &str) -> usize {
    let adapter = match adapter() {
        Ok(adapter) => adapter,
        Err(error) => {
            println!("an adapter cannot be made: {error}");
            return checks.len();
        }
    };
    let mut failed = 0;
    for (name, check) in checks {
        match check(&adapter, address) {
            Ok(()) => println!("{} {name} ... ok", adapter.name()),
            Err(error) => {
                println!("{} {name} ... FAILED: {error}", adapter.name());
                failed += 1;
            }
        }
    }
    failed
}
