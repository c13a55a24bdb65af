//! Cancels a wait from another thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mio::Waker;

/// A handle that cancels the wait of one listener from any thread, for example on Ctrl-C or on a click.
///
/// Get it from [`Listener::canceller`](crate::Listener::canceller) before the wait consumes the listener. Clones cancel the
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

    /// Ends the current or a later wait at once with [`WaitError::Cancelled`](crate::WaitError::Cancelled).
    ///
    /// It has no effect after the callback has been received.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Release);
        // If waking fails, the wait reads the flag at its next progress report, within a second.
        self.wake();
    }

    /// Ends a blocked poll of the server.
    pub(crate) fn wake(&self) {
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
