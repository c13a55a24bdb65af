//! A blocking store as a [`Store`]: on the calling thread, or on others.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use blocking::{Task, unblock};
use workos_login::BoxFuture;

use crate::error::StoreError;
use crate::record::{Expected, StoredSession};
use crate::store::{BlockingStore, Store, StoreLock};

type Result<T> = std::result::Result<T, StoreError>;

/// Something that blocks, as a future that is ready when it is polled once.
pub(crate) struct Inline<T>(pub(crate) T);

impl<S: BlockingStore> Store for Inline<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>>> {
        Box::pin(async { self.0.load() })
    }

    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move { self.0.save(record, expected) })
    }

    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move { self.0.clear(expected) })
    }

    fn lock(&self, wait: Duration, lease: Duration) -> BoxFuture<'_, Result<Option<StoreLock>>> {
        Box::pin(async move { self.0.lock(wait, lease) })
    }

    fn check(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { self.0.check() })
    }
}

impl<S: BlockingStore + ?Sized> BlockingStore for Arc<S> {
    fn load(&self) -> Result<Option<StoredSession>> {
        (**self).load()
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<()> {
        (**self).save(record, expected)
    }

    fn clear(&self, expected: Expected) -> Result<()> {
        (**self).clear(expected)
    }

    fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>> {
        (**self).lock(wait, lease)
    }

    fn check(&self) -> Result<()> {
        (**self).check()
    }
}

/// Runs a [`BlockingStore`] on the threads of the [`blocking`] pool, for [`SessionManager`](crate::SessionManager).
///
/// If a future is dropped, what the store has begun to save or clear is finished, and the lock is released after that.
pub struct OnThreads<S> {
    store: Arc<S>,
    /// The lock that is held. Whatever changes the record holds it, too.
    held: Mutex<Weak<StoreLock>>,
}

impl<S: BlockingStore + 'static> OnThreads<S> {
    /// Makes a [`Store`] of a blocking store.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self {
            store: Arc::new(store),
            held: Mutex::default(),
        }
    }

    fn run<T: Send + 'static>(&self, work: impl FnOnce(&S) -> T + Send + 'static) -> Task<T> {
        let store = Arc::clone(&self.store);
        unblock(move || work(&store))
    }

    fn finish<T: Send + 'static>(
        &self,
        work: impl FnOnce(&S) -> T + Send + 'static,
    ) -> Finished<T> {
        let held = self.held().upgrade();
        Finished(Some(self.run(move |store| {
            let result = work(store);
            drop(held);
            result
        })))
    }

    fn held(&self) -> MutexGuard<'_, Weak<StoreLock>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: BlockingStore + 'static> Store for OnThreads<S> {
    fn load(&self) -> BoxFuture<'_, Result<Option<StoredSession>>> {
        Box::pin(self.run(S::load))
    }

    fn save<'a>(
        &'a self,
        record: &'a StoredSession,
        expected: Expected,
    ) -> BoxFuture<'a, Result<()>> {
        let record = record.clone();
        Box::pin(self.finish(move |store| store.save(&record, expected)))
    }

    fn clear(&self, expected: Expected) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.finish(move |store| store.clear(expected)))
    }

    fn lock(&self, wait: Duration, lease: Duration) -> BoxFuture<'_, Result<Option<StoreLock>>> {
        let locking = self.run(move |store| store.lock(wait, lease));
        Box::pin(async move {
            let lock = locking.await?.map(Arc::new);
            if let Some(lock) = &lock {
                *self.held() = Arc::downgrade(lock);
            }
            Ok(lock.map(StoreLock::new))
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.run(S::check))
    }
}

impl<S> fmt::Debug for OnThreads<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnThreads").finish_non_exhaustive()
    }
}

/// A task that is finished even if its future is dropped.
struct Finished<T>(Option<Task<T>>);

impl<T> Future for Finished<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match &mut self.0 {
            Some(task) => Pin::new(task).poll(context),
            None => Poll::Pending,
        }
    }
}

impl<T> Drop for Finished<T> {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}
