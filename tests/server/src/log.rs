//! What clients sent, kept for the assertions of a test.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::params::Params;

/// A request as it arrived.
///
/// `Debug` shows all of it, tokens and codes too: this is a tool for tests.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Which connection it came on, counted from 1 in the order of acceptance.
    pub connection: u64,
    /// `GET`, `POST`, ..
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// What followed the question mark, as it was sent.
    pub query: Option<String>,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// The first header of this name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// The decoded parameters of the query, in order.
    #[must_use]
    pub fn query_parameters(&self) -> Vec<(String, String)> {
        Params::from_form(self.query.as_deref().unwrap_or_default().as_bytes()).into_pairs()
    }

    /// The first parameter of this name in the query, decoded.
    #[must_use]
    pub fn query_parameter(&self, name: &str) -> Option<String> {
        self.query_parameters()
            .into_iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }

    /// The parameters of a form or JSON body, in order. Empty when the body is neither.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        Params::from_body(self)
            .map(Params::into_pairs)
            .unwrap_or_default()
    }

    /// The first parameter of this name in a form or JSON body.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.parameters()
            .into_iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value)
    }

    /// The body as text, with replacement characters where it is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// The last requests and the counts of everything, with a bell for those who wait.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Mutex<Entries>,
    changed: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct Entries {
    pub(crate) kept: VecDeque<RecordedRequest>,
    pub(crate) requests: u64,
    pub(crate) connections: u64,
    pub(crate) open: u64,
}

impl Log {
    pub(crate) fn read(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn record(&self, request: RecordedRequest) {
        self.change(|entries| {
            entries.requests += 1;
            entries.kept.push_back(request);
            if entries.kept.len() > KEPT_REQUESTS {
                entries.kept.pop_front();
            }
        });
    }

    /// Counts a connection for as long as the guard lives, and gives it its number.
    pub(crate) fn connected(self: &std::sync::Arc<Self>) -> (u64, Connected) {
        let number = self.change(|entries| {
            entries.connections += 1;
            entries.open += 1;
            entries.connections
        });
        (number, Connected(self.clone()))
    }

    pub(crate) fn clear(&self) {
        self.change(|entries| {
            entries.kept.clear();
            entries.requests = 0;
        });
    }

    /// Waits until the condition holds; says whether it did in time.
    pub(crate) fn wait(&self, timeout: Duration, condition: impl Fn(&Entries) -> bool) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut entries = self.read();
        while !condition(&entries) {
            let left = deadline.map_or(timeout, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return false;
            }
            entries = self
                .changed
                .wait_timeout(entries, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    fn change<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        let result = change(&mut self.read());
        self.changed.notify_all();
        result
    }
}

/// An open connection, counted.
#[derive(Debug)]
pub(crate) struct Connected(std::sync::Arc<Log>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.change(|entries| entries.open -= 1);
    }
}

/// How many requests the log keeps; older ones are only counted.
pub(crate) const KEPT_REQUESTS: usize = 1000;
