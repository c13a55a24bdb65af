//! Cancels the waits of a login from another thread.
//!
//! A login waits on a socket, on a timer, or on something that blocks in a library. The first has a canceller of its own; the others
//! wait here, on a condition variable. What blocks runs on a thread that is abandoned if the login is cancelled.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use workos_login_loopback::Canceller as ListenerCanceller;

use crate::error::NativeError;

/// A handle that cancels a login from any thread, for example on a click.
///
/// Pass it to [`Login::canceller`](crate::Login::canceller). Clones cancel the same login.
#[derive(Clone, Default)]
pub struct Canceller(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_cancelled: bool,
    listener: Option<ListenerCanceller>,
}

impl Canceller {
    /// Makes a canceller.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the current or a later login with [`NativeError::Cancelled`], at once.
    ///
    /// It has no effect on a login that has been completed: its session is stored.
    pub fn cancel(&self) {
        let mut state = self.state();
        state.is_cancelled = true;
        if let Some(listener) = state.listener.take() {
            listener.cancel();
        }
        self.0.changed.notify_all();
    }

    /// Returns whether the login was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state().is_cancelled
    }

    /// Cancels this listener with the login.
    pub(crate) fn attach(&self, listener: ListenerCanceller) {
        let mut state = self.state();
        if state.is_cancelled {
            listener.cancel();
        }
        state.listener = Some(listener);
    }

    /// Waits, unless the login is cancelled.
    pub(crate) fn sleep(&self, duration: Duration) -> Result<(), NativeError> {
        let end = Instant::now() + duration;
        let mut state = self.state();
        loop {
            if state.is_cancelled {
                return Err(NativeError::Cancelled);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let waited = self.0.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Runs something that blocks, and waits for its result unless the login is cancelled. Then it goes on without a receiver.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NativeError> {
        let (sender, receiver) = mpsc::channel();
        let shared = Arc::clone(&self.0);
        let thread = thread::Builder::new()
            .name("workos-login".into())
            .spawn(move || {
                // Notifies also if the work panics.
                let _notify = Notify(shared);
                // The receiver is gone if the login was cancelled.
                let _ = sender.send(work());
                drop(sender);
            })
            .map_err(NativeError::Wait)?;
        let mut state = self.state();
        loop {
            match receiver.try_recv() {
                Ok(result) => return Ok(result),
                Err(TryRecvError::Disconnected) => {
                    drop(state);
                    let panic = thread.join();
                    resume_unwind(panic.expect_err("a thread that sends no result has panicked"));
                }
                Err(TryRecvError::Empty) if state.is_cancelled => {
                    return Err(NativeError::Cancelled);
                }
                Err(TryRecvError::Empty) => {}
            }
            let waited = self.0.changed.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notifies on drop.
struct Notify(Arc<Shared>);

impl Drop for Notify {
    fn drop(&mut self) {
        // With the lock, so that no waiter misses it between its check and its wait.
        let _state = self.0.state.lock();
        self.0.changed.notify_all();
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller")
            .field("is_cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}
