//! An async store as a blocking one, and checks of futures that are dropped.

use std::sync::Arc;
use std::time::Duration;

use futures_lite::future;
use workos_login::BoxFuture;

use super::record::{ensure_loads, record};
use super::{Check, LEASE, Observed, Subject, shown};
use crate::error::StoreError;
use crate::record::{Expected, StoredSession};
use crate::store::{BlockingStore, Store, StoreLock};

pub(super) const CHECKS: &[(&str, Check)] = &[
    (
        "releases the lock if the future that acquires it is dropped",
        dropped_locks_are_released,
    ),
    (
        "holds the old or the new record if the future of a save is dropped",
        dropped_saves_are_whole,
    ),
];

/// An async store whose futures are run to their end.
pub(super) struct OnTask<'a> {
    pub(super) store: Box<dyn Store + 'a>,
    pub(super) block_on: Arc<BlockOn<'a>>,
}

type BlockOn<'a> = dyn Fn(BoxFuture<'_, ()>) + Send + Sync + 'a;

impl OnTask<'_> {
    fn run<T: Send>(&self, future: impl Future<Output = T> + Send) -> T {
        let mut output = None;
        (self.block_on)(Box::pin(async { output = Some(future.await) }));
        output.expect("`block_on` runs the future to its end")
    }

    /// Polls a future once and drops it.
    fn poll_and_drop<T: Send>(&self, future: impl Future<Output = T> + Send) {
        self.run(async { drop(future::poll_once(future).await) });
    }
}

impl BlockingStore for OnTask<'_> {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        self.run(self.store.load())
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        self.run(self.store.save(record, expected))
    }

    fn clear(&self, expected: Expected) -> Result<(), StoreError> {
        self.run(self.store.clear(expected))
    }

    fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, StoreError> {
        self.run(self.store.lock(wait, lease))
    }

    fn check(&self) -> Result<(), StoreError> {
        self.run(self.store.check())
    }
}

fn dropped_locks_are_released(subject: &Subject<'_, '_>) -> Observed<()> {
    let Some(open) = &subject.suite.open_async else {
        return Ok(());
    };
    let [first, second] = [open(&subject.name), open(&subject.name)];
    let wait = subject.suite.timeout;
    let held = subject.acquire(&first)?;
    second.poll_and_drop(second.store.lock(wait, LEASE));
    drop(held);
    drop(subject.acquire(&first)?);
    first.poll_and_drop(first.store.lock(wait, LEASE));
    drop(subject.acquire(&second)?);
    Ok(())
}

fn dropped_saves_are_whole(subject: &Subject<'_, '_>) -> Observed<()> {
    let Some(open) = &subject.suite.open_async else {
        return Ok(());
    };
    let store = open(&subject.name);
    store.save(&record(2), Expected::Nothing).map_err(shown)?;
    let held = subject.acquire(&store)?;
    store.poll_and_drop(store.store.save(&record(3), Expected::Anything));
    drop(held);
    // What goes on in the background holds the lock.
    let _held = subject.acquire(&store)?;
    ensure_loads(&store, &[Some(2), Some(3)])
}
