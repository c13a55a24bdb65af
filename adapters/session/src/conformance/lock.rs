//! Checks of the lock within one process.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{Check, LEASE, Observed, Subject, acquire, ensure, join, shown};
use crate::store::BlockingStore;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("has a lock with one holder", lock_has_one_holder),
    ("ends the wait for the lock", wait_ends),
    ("releases the lock when its guard is dropped", drop_releases),
    (
        "acquires the lock when it is released",
        release_ends_the_wait,
    ),
];

fn lock_has_one_holder(subject: &Subject<'_, '_>) -> Observed<()> {
    let [first, second] = subject.open_twice();
    let mut held = subject.acquire(&*first)?;
    for store in [&first, &second] {
        held = ensure_excluded(subject, &**store, Duration::ZERO, held)?;
    }
    let other = subject.open_other().lock(Duration::ZERO, LEASE);
    ensure(other.map_err(shown)?.is_some(), || {
        "the lock of another store is held".to_owned()
    })
}

fn wait_ends(subject: &Subject<'_, '_>) -> Observed<()> {
    let [first, second] = subject.open_twice();
    let held = subject.acquire(&*first)?;
    ensure_excluded(subject, &*second, Duration::from_millis(50), held).map(drop)
}

fn drop_releases(subject: &Subject<'_, '_>) -> Observed<()> {
    let [first, second] = subject.open_twice();
    drop(subject.acquire(&*first)?);
    let held = subject.acquire(&*second)?;
    // A task can go on on another thread.
    let _ = thread::spawn(|| drop(held)).join();
    drop(subject.acquire(&*first)?);
    Ok(())
}

fn release_ends_the_wait(subject: &Subject<'_, '_>) -> Observed<()> {
    let timeout = subject.suite.timeout;
    let holders = AtomicUsize::new(0);
    let stores = [(), (), (), ()].map(|()| subject.open());
    let held = subject.acquire(&*subject.open())?;
    thread::scope(|scope| {
        let threads = stores.each_ref().map(|store| {
            scope.spawn(|| {
                for _ in 0..5 {
                    let lock = acquire(&**store, timeout)?;
                    let others = holders.fetch_add(1, Ordering::SeqCst);
                    thread::yield_now();
                    holders.fetch_sub(1, Ordering::SeqCst);
                    drop(lock);
                    ensure(others == 0, || format!("{} holders", others + 1))?;
                }
                Ok(())
            })
        });
        drop(held);
        threads.map(join).into_iter().collect()
    })
}

/// Checks that the lock is not acquired while another holds it. Returns what holds it.
///
/// The attempt is made on a thread of its own. If it does not end, the lock is released so that it does.
pub(super) fn ensure_excluded<T>(
    subject: &Subject<'_, '_>,
    store: &dyn BlockingStore,
    wait: Duration,
    held: T,
) -> Observed<T> {
    let (sender, attempt) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || sender.send(store.lock(wait, LEASE)));
        match attempt.recv_timeout(wait + subject.suite.timeout) {
            Ok(Ok(None)) => Ok(held),
            Ok(Ok(Some(_))) => Err("the lock has two holders".to_owned()),
            Ok(Err(error)) => Err(shown(error)),
            Err(_) => {
                drop(held);
                Err(format!("the wait of {wait:?} has not ended"))
            }
        }
    })
}
