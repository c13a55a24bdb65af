//! Time and sleep from one source.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use workos_login::BoxFuture;

use crate::marker::MaybeSend;

/// A clock: the current time, and waiting.
pub trait Clock: MaybeSend {
    /// Returns the current time.
    fn now(&self) -> SystemTime;

    /// Returns a future that completes after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// The clock of the system. It needs no async runtime.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "it has nothing to configure")]
pub struct SystemClock;

#[cfg(not(target_arch = "wasm32"))]
impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(futures_timer::Delay::new(duration))
    }
}

/// A clock for tests, which stands still until it is advanced. Clones share the time.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use workos_login_session::{Clock, ManualClock};
///
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.now(), SystemTime::UNIX_EPOCH + Duration::from_secs(5));
/// ```
#[derive(Clone)]
pub struct ManualClock(Arc<Mutex<Manual>>);

struct Manual {
    now: SystemTime,
    /// The time that has passed. It only grows, also when the clock is set back.
    passed: Duration,
    next: u64,
    sleepers: BTreeMap<u64, Sleeper>,
}

struct Sleeper {
    until: Duration,
    waker: Option<Waker>,
}

impl ManualClock {
    /// Makes a clock that shows `now`.
    #[must_use]
    pub fn new(now: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(Manual {
            now,
            passed: Duration::ZERO,
            next: 0,
            sleepers: BTreeMap::new(),
        })))
    }

    /// Advances the clock. Every sleep that is over by then ends.
    pub fn advance(&self, by: Duration) {
        let mut manual = self.manual();
        manual.now += by;
        manual.passed = manual.passed.saturating_add(by);
        let passed = manual.passed;
        let over = manual
            .sleepers
            .values_mut()
            .filter(|sleeper| sleeper.until <= passed);
        let wakers: Vec<_> = over.filter_map(|sleeper| sleeper.waker.take()).collect();
        drop(manual);
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Sets the time that the clock shows, as an administrator does. No sleep ends early or late because of it.
    pub fn set(&self, now: SystemTime) {
        self.manual().now = now;
    }

    /// Returns the number of sleeps that are not over.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.manual().sleepers.len()
    }

    fn manual(&self) -> MutexGuard<'_, Manual> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.manual().now
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        let mut manual = self.manual();
        let until = manual.passed.saturating_add(duration);
        let id = manual.next;
        manual.next += 1;
        manual.sleepers.insert(id, Sleeper { until, waker: None });
        Box::pin(Sleep { clock: self, id })
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualClock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

struct Sleep<'a> {
    clock: &'a ManualClock,
    id: u64,
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut manual = self.clock.manual();
        let passed = manual.passed;
        match manual.sleepers.get_mut(&self.id) {
            Some(sleeper) if passed < sleeper.until => {
                sleeper.waker = Some(context.waker().clone());
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        self.clock.manual().sleepers.remove(&self.id);
    }
}
