//! The wait as a future.

use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, ready};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures_channel::oneshot;
use workos_login::{AwaitingCallback, Client, ClientKind, Exchanging};

use crate::canceller::Canceller;
use crate::server::Server;
use crate::wait::wait;
use crate::wait_error::WaitError;

/// A wait that goes on in a thread of its own. See [`Listener::wait_async`](crate::Listener::wait_async).
///
/// Dropped before it is ready, it ends the wait, and the port is closed when `drop` returns. The pending login goes with it;
/// [`Canceller::cancel`] ends the wait and gives it back.
#[must_use = "dropping it ends the wait"]
pub struct Waiting {
    outcome: oneshot::Receiver<Result<Exchanging, WaitError>>,
    thread: Option<JoinHandle<()>>,
    canceller: Canceller,
}

impl Waiting {
    pub(crate) fn begin<A: ClientKind + Send + 'static>(
        server: Server,
        client: Client<A>,
        pending: AwaitingCallback,
        timeout: Duration,
    ) -> Self {
        let canceller = server.canceller.clone();
        let (sender, outcome) = oneshot::channel();
        // The login is handed over once there is a thread to take it, so that it is not lost when there is none.
        let (handover, login) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name("workos-login".into())
            .spawn(move || {
                if let Ok((pending, sender)) = login.recv() {
                    let sender: oneshot::Sender<_> = sender;
                    // Nobody to send it to: the future was dropped.
                    let _ = sender.send(wait(server, &client, pending, timeout, |_| {}));
                }
            });
        match spawned {
            Ok(thread) => {
                handover
                    .send((pending, sender))
                    .expect("the thread holds the receiver until it has the login");
                Self {
                    outcome,
                    thread: Some(thread),
                    canceller,
                }
            }
            Err(source) => {
                let _ = sender.send(Err(no_thread(pending, source)));
                Self {
                    outcome,
                    thread: None,
                    canceller,
                }
            }
        }
    }
}

fn no_thread(pending: AwaitingCallback, source: io::Error) -> WaitError {
    WaitError::Io {
        pending: pending.into(),
        source,
    }
}

impl Future for Waiting {
    type Output = Result<Exchanging, WaitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(Pin::new(&mut self.outcome).poll(context)) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(oneshot::Canceled) => {
                let thread = self
                    .thread
                    .take()
                    .expect("a future is not polled after it was ready");
                let panic = thread
                    .join()
                    .expect_err("a thread that ends without an outcome has panicked");
                resume_unwind(panic)
            }
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.canceller.cancel();
        if let Some(thread) = self.thread.take() {
            // Its panic, if any, has no one to go to.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting").finish_non_exhaustive()
    }
}
