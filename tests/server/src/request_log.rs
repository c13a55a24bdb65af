//! The log of requests and connections, with a condition variable for tests that wait for one.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::request::RecordedRequest;

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: Mutex<Entries>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct Entries {
    /// The last [`CAPACITY`] requests.
    pub(crate) requests: VecDeque<RecordedRequest>,
    pub(crate) request_count: u64,
    pub(crate) connection_count: u64,
    pub(crate) open_connections: u64,
}

impl RequestLog {
    pub(crate) fn read(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        self.change(|entries| {
            entries.request_count += 1;
            entries.requests.push_back(request);
            if entries.requests.len() > CAPACITY {
                entries.requests.pop_front();
            }
        });
    }

    /// Returns the number of a new connection and a guard that counts it as open.
    pub(crate) fn connected(self: &Arc<Self>) -> (u64, OpenConnection) {
        let number = self.change(|entries| {
            entries.connection_count += 1;
            entries.open_connections += 1;
            entries.connection_count
        });
        (number, OpenConnection(self.clone()))
    }

    pub(crate) fn clear(&self) {
        self.change(|entries| {
            entries.requests.clear();
            entries.request_count = 0;
        });
    }

    /// Blocks until the condition holds. Returns `false` after the timeout.
    pub(crate) fn wait(&self, timeout: Duration, condition: impl Fn(&Entries) -> bool) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut entries = self.read();
        while !condition(&entries) {
            // A timeout beyond the range of `Instant` means no deadline.
            let remaining = deadline.map_or(timeout, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if remaining.is_zero() {
                return false;
            }
            entries = self
                .changed
                .wait_timeout(entries, remaining)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn change<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        let result = change(&mut self.read());
        // All waiting tests check their own condition.
        self.changed.notify_all();
        result
    }
}

#[derive(Debug)]
pub(crate) struct OpenConnection(Arc<RequestLog>);

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.change(|entries| entries.open_connections -= 1);
    }
}

/// The number of requests that are kept. Older ones are only counted.
pub(crate) const CAPACITY: usize = 1000;
