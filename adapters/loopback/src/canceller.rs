//! How a wait is ended from outside.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::Waker;

/// Ends the wait of one listener, from any thread: a handler of Ctrl-C, a button, a dropped request.
///
/// It comes from [`Listener::canceller`](crate::Listener::canceller), before the wait takes the listener. Clones end the
/// same wait.
#[derive(Clone)]
pub struct Canceller(Arc<Shared>);

struct Shared {
    cancelled: AtomicBool,
    waker: Waker,
}

impl Canceller {
    pub(crate) fn new(waker: Waker) -> Self {
        Self(Arc::new(Shared {
            cancelled: AtomicBool::new(false),
            waker,
        }))
    }

    /// Ends the wait at once, or the one that is yet to begin, with [`WaitError::Cancelled`](crate::WaitError::Cancelled).
    ///
    /// After the callback has arrived it changes nothing: the wait ends with what the callback led to.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        // Should it fail, the wait still sees the flag at its next turn, within a second.
        let _ = self.0.waker.wake();
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller")
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}
