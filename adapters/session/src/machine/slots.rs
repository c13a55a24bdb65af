//! The access token that callers see, once for each of a few groups of threads.
//!
//! In a call for a fresh token, a counter that all threads change would cost more than everything else, because its cache line moves from
//! core to core. A lock is such a counter, and so is that of an `Arc`. Each thread therefore has a slot, with a lock and a [`Token`] of its own.
//!
//! The first call that finds its slot empty fills it, under the lock of the state. A change of the state empties all slots, under the
//! same lock and before the change is visible. So no caller sees an older token than another caller has seen.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::{Duration, SystemTime};

use workos_login::RefreshPolicy;

use crate::token::Token;

const SLOTS: usize = 8;

/// The slots of a machine, empty at first.
#[derive(Default)]
pub(super) struct Slots([Slot; SLOTS]);

impl Slots {
    pub(super) fn of_this_thread(&self) -> &Slot {
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static INDEX: usize = THREADS.fetch_add(1, Ordering::Relaxed) % SLOTS;
        }
        &self.0[INDEX.with(|index| *index)]
    }

    pub(super) fn empty(&self) {
        for slot in &self.0 {
            slot.set(None);
        }
    }
}

/// Each slot has a cache line of its own.
#[derive(Default)]
#[repr(align(64))]
pub(super) struct Slot(RwLock<Option<Shown>>);

impl Slot {
    pub(super) fn get(&self) -> RwLockReadGuard<'_, Option<Shown>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set(&self, shown: Option<Shown>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = shown;
    }
}

/// The access token that callers may see, due for refresh or not.
pub(super) struct Shown {
    token: Token,
    /// The operation that sent a refresh to which there is no response.
    unanswered: Option<Weak<()>>,
    /// Times at which the token is known not to be due.
    fresh: Range<SystemTime>,
}

impl Shown {
    pub(super) fn new(
        token: Token,
        unanswered: Option<Weak<()>>,
        policy: &RefreshPolicy,
        now: SystemTime,
    ) -> Self {
        // The session counts whole milliseconds, so that the exact end can be one millisecond earlier.
        let end = token
            .session()
            .refresh_in(policy, now)
            .and_then(|remaining| {
                now.checked_add(remaining.saturating_sub(Duration::from_millis(1)))
            });
        Self {
            token,
            unanswered,
            fresh: now..end.unwrap_or(now),
        }
    }

    /// Returns the access token if it is not due for refresh (K1).
    pub(super) fn fresh(&self, policy: &RefreshPolicy, now: SystemTime) -> Option<Token> {
        let is_abandoned = self
            .unanswered
            .as_ref()
            .is_some_and(|operation| operation.strong_count() == 0);
        // At other times the session decides: near the end, if the clock was set back, and for an unknown lifetime, which is never due.
        let is_due = !self.fresh.contains(&now)
            && self.token.session().refresh_in(policy, now) == Some(Duration::ZERO);
        (!is_abandoned && !is_due).then(|| self.token.clone())
    }
}
