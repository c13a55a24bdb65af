//! The future of a wait, which runs on a thread of its own.
//!
//! The thread makes the future independent of any async runtime. The result is sent over a oneshot channel. If the wait
//! panics, the channel closes without a result, and the future resumes the panic of the joined thread.

use std::fmt;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_channel::oneshot;
use workos_login::{AwaitingCallback, Client, ClientKind, Exchanging};

use crate::canceller::Canceller;
use crate::pending_page::PendingPage;
use crate::server::Server;
use crate::wait::wait;
use crate::wait_error::WaitError;

/// The future that [`Listener::wait_async`](crate::Listener::wait_async) returns.
///
/// Dropping it cancels the wait, closes the port before `drop` returns, and drops the pending login. To get the pending
/// login back, call [`Canceller::cancel`] and await the future.
#[must_use = "dropping the future cancels the wait"]
pub struct WaitFuture {
    outcome: oneshot::Receiver<Result<(Exchanging, PendingPage), WaitError>>,
    thread: Option<JoinHandle<()>>,
    canceller: Canceller,
}

impl WaitFuture {
    pub(crate) fn spawn<K: ClientKind + Send + 'static>(
        server: Server,
        client: Client<K>,
        pending: AwaitingCallback,
        timeout: Duration,
    ) -> Self {
        let canceller = server.canceller.clone();
        let (sender, outcome) = oneshot::channel();
        // The pending login is sent after the thread exists, so that a failure to spawn it can return the login.
        let (handover, login) = mpsc::channel::<(AwaitingCallback, oneshot::Sender<_>)>();
        let spawned = thread::Builder::new()
            .name("workos-login".into())
            .spawn(move || {
                if let Ok((pending, sender)) = login.recv() {
                    // Sending fails only if the future was dropped.
                    let _ = sender.send(wait(server, &client, pending, timeout, |_| {}));
                }
            });
        let thread = match spawned {
            Ok(thread) => {
                handover
                    .send((pending, sender))
                    .expect("the thread owns the receiver until it has received the login");
                Some(thread)
            }
            Err(source) => {
                let pending = pending.into();
                let _ = sender.send(Err(WaitError::Io { pending, source }));
                None
            }
        };
        Self {
            outcome,
            thread,
            canceller,
        }
    }
}

impl Future for WaitFuture {
    type Output = Result<(Exchanging, PendingPage), WaitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(Pin::new(&mut self.outcome).poll(context)) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(oneshot::Canceled) => {
                let thread = self
                    .thread
                    .take()
                    .expect("a future is not polled after it is ready");
                let panic = thread
                    .join()
                    .expect_err("a thread that sends no result has panicked");
                resume_unwind(panic)
            }
        }
    }
}

impl Drop for WaitFuture {
    fn drop(&mut self) {
        self.canceller.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is discarded: `drop` must not panic.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for WaitFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFuture").finish_non_exhaustive()
    }
}
