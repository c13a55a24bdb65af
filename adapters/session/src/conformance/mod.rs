//! A conformance suite for stores (feature `conformance`).
//!
//! One test runs all checks of what [`Store`] and [`BlockingStore`] require. A [`Suite`] opens stores by name: each check has a
//! store of its own, and opens it several times, because all that open it share the record and the lock.
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! use workos_login_session::MemoryStore;
//! use workos_login_session::conformance::Suite;
//!
//! let stores = Mutex::new(HashMap::<String, MemoryStore>::new());
//! Suite::new(|name| stores.lock().unwrap().entry(name.to_owned()).or_default().clone()).assert_conforms();
//! ```
//!
//! A store that outlives its process has two more options. The test binary then starts itself again, as another process that
//! shares the store, and kills that process while it holds the lock and while it saves:
//!
//! ```rs
//! #[test]
//! fn my_store_conforms() {
//!     Suite::new(|name| MyStore::open(directory().join(name)))
//!         .unreadable(|name| fs::write(directory().join(name), "{").unwrap())
//!         .between_processes("my_store_conforms")
//!         .assert_conforms();
//! }
//! ```
//!
//! # Limits
//!
//! A save or a load that is not atomic is found only if another one happens in between. Such a defect may pass, but no check
//! fails by chance. What a store leaves behind, such as files, is the caller's to remove; the records are cleared.

mod lock;
mod processes;
mod record;
mod tasks;

use std::error::Error;
use std::fmt::{self, Write as _};
use std::process;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use workos_login::BoxFuture;

use crate::error::StoreError;
use crate::record::Expected;
use crate::store::{BlockingStore, Store, StoreLock};

use tasks::OnTask;

/// The checks of one kind of store.
pub struct Suite<'a> {
    open: OfName<'a, Box<dyn BlockingStore + 'a>>,
    open_async: Option<OfName<'a, OnTask<'a>>>,
    damage: Option<OfName<'a, ()>>,
    test: Option<&'a str>,
    timeout: Duration,
}

/// A function of the name of a store.
type OfName<'a, T> = Box<dyn Fn(&str) -> T + 'a>;

impl<'a> Suite<'a> {
    /// Makes the suite of a blocking store.
    ///
    /// `open` opens the store with a name. Equal names are one store; a new name is an empty store. A name consists of
    /// letters, digits and hyphens.
    pub fn new<S: BlockingStore + 'a>(open: impl Fn(&str) -> S + 'a) -> Self {
        Self {
            open: Box::new(move |name| Box::new(open(name))),
            open_async: None,
            damage: None,
            test: None,
            timeout: Duration::from_secs(30),
        }
    }

    /// Makes the suite of an async store.
    ///
    /// `block_on` runs a future to its end, as `tokio::runtime::Runtime::block_on` does; several threads call it at the same time.
    pub fn new_async<S: Store + 'a>(
        open: impl Fn(&str) -> S + 'a,
        block_on: impl Fn(BoxFuture<'_, ()>) + Send + Sync + 'a,
    ) -> Self {
        let block_on = Arc::new(block_on);
        let open = Rc::new(move |name: &str| OnTask {
            store: Box::new(open(name)),
            block_on: block_on.clone(),
        });
        let blocking = Rc::clone(&open);
        Self {
            open_async: Some(Box::new(move |name| open(name))),
            ..Self::new(move |name| blocking(name))
        }
    }

    /// Checks unreadable records, too. `damage` replaces the record of the store with this name by something else.
    #[must_use]
    pub fn unreadable(self, damage: impl Fn(&str) + 'a) -> Self {
        Self {
            damage: Some(Box::new(damage)),
            ..self
        }
    }

    /// Checks the store between processes, too. `test` is the full name of the test that calls this, as the test binary prints it:
    /// `module::my_store_conforms`.
    ///
    /// The other process runs the same test up to [`assert_conforms`](Self::assert_conforms), where it does its part and exits. A test
    /// has one such suite, and opens the same stores in each process.
    #[must_use]
    pub fn between_processes(self, test: &'a str) -> Self {
        Self {
            test: Some(test),
            ..self
        }
    }

    /// Sets how long a check waits for something that must happen before it fails; 30 s by default.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// Runs the checks.
    ///
    /// # Panics
    ///
    /// If a check fails. The message lists every failed check.
    #[track_caller]
    pub fn assert_conforms(&self) {
        if self.test.is_some() {
            processes::run_task(self);
        }
        let failures = self.failures();
        let list = failures
            .iter()
            .fold(String::new(), |mut list, (name, seen)| {
                let _ = write!(list, "\n* {name}: {seen}");
                list
            });
        assert!(
            failures.is_empty(),
            "the store does not conform; it must hold that it{list}"
        );
    }

    fn failures(&self) -> Vec<(&'static str, String)> {
        let checks = [
            record::CHECKS,
            lock::CHECKS,
            tasks::CHECKS,
            processes::CHECKS,
        ];
        let failed = checks.into_iter().flatten().filter_map(|(name, check)| {
            let subject = Subject {
                suite: self,
                name: unique_name(),
            };
            let result = check(&subject);
            // The checks report what a store does not do.
            let _ = subject.open().clear(Expected::Anything);
            Some((*name, result.err()?))
        });
        failed.collect()
    }
}

impl fmt::Debug for Suite<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite").finish_non_exhaustive()
    }
}

/// Fails with a description of what was observed instead.
type Check = fn(&Subject<'_, '_>) -> Observed<()>;
type Observed<T> = Result<T, String>;

/// A lease that does not end during a check.
const LEASE: Duration = Duration::from_secs(3600);

/// The store of one check.
struct Subject<'s, 'a> {
    suite: &'s Suite<'a>,
    name: String,
}

impl<'a> Subject<'_, 'a> {
    fn open(&self) -> Box<dyn BlockingStore + 'a> {
        (self.suite.open)(&self.name)
    }

    /// Opens it twice, as two processes do.
    fn open_twice(&self) -> [Box<dyn BlockingStore + 'a>; 2] {
        [self.open(), self.open()]
    }

    /// Opens another store.
    fn open_other(&self) -> Box<dyn BlockingStore + 'a> {
        (self.suite.open)(&format!("{}-other", self.name))
    }

    fn acquire(&self, store: &dyn BlockingStore) -> Observed<StoreLock> {
        acquire(store, self.suite.timeout)
    }
}

/// Acquires the lock, which nothing holds for long.
fn acquire(store: &dyn BlockingStore, timeout: Duration) -> Observed<StoreLock> {
    let lock = store.lock(timeout, LEASE).map_err(shown)?;
    lock.ok_or_else(|| format!("the lock was not acquired within {timeout:?}"))
}

/// Returns a name that no other run has.
fn unique_name() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let started = SystemTime::now().duration_since(UNIX_EPOCH);
    let started = started.unwrap_or_default().as_nanos();
    format!("conformance-{}-{started}-{number}", process::id())
}

fn join<T>(thread: ScopedJoinHandle<'_, Observed<T>>) -> Observed<T> {
    thread.join().unwrap_or_else(|_| Err("a panic".to_owned()))
}

fn ensure(condition: bool, observed: impl FnOnce() -> String) -> Observed<()> {
    match condition {
        true => Ok(()),
        false => Err(observed()),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it is the argument of `map_err`"
)]
fn shown(error: StoreError) -> String {
    let mut shown = format!("{error} ({error:?})");
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(shown, ": {error} ({error:?})");
        source = error.source();
    }
    shown
}
