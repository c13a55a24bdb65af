//! The page that answers the browser after the code exchange.
//!
//! When the callback is accepted, the listening sockets are closed and the connection of the callback is held. A thread serves it
//! while the application exchanges the code, so that a page that is late is replaced after ten seconds whatever the
//! application does. The thread ends when the browser has received the page.

use std::fmt::{self, Display};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::thread::{self, JoinHandle};

use futures_channel::oneshot;
use workos_login::Outcome;

use crate::canceller::Canceller;
use crate::connection::LINGER;
use crate::page::Page;
use crate::server::Server;

/// The page that the browser waits for after the callback.
///
/// [`respond`](Self::respond) shows the outcome of the code exchange. If it is dropped, or ten seconds after the callback, the
/// page is "Return to Acme CLI", with the name of the application.
///
/// Dropping it returns when the browser has received the page, after two seconds at most.
pub struct PendingPage {
    page: Sender<Page>,
    canceller: Canceller,
    /// Ends when the thread has ended.
    served: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl PendingPage {
    /// Stops listening, and serves the connections that are held on a thread of their own.
    pub(crate) fn new(mut server: Server) -> Self {
        server.stop_listening();
        let canceller = server.canceller.clone();
        let (page, pages) = mpsc::channel();
        let (sender, served) = oneshot::channel::<()>();
        // The server is sent after the thread exists, so that it can respond if no thread can be spawned.
        let (handover, servers) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name("workos-login".into())
            .spawn(move || {
                if let Ok(server) = servers.recv() {
                    serve(server, &pages);
                }
                drop(sender);
            });
        let thread = match spawned {
            Ok(thread) => {
                handover
                    .send(server)
                    .expect("the thread owns the receiver until it has received the server");
                Some(thread)
            }
            Err(_) => {
                server.show(&Page::Return);
                server.close(LINGER);
                None
            }
        };
        Self {
            page,
            canceller,
            served,
            thread,
        }
    }

    /// Shows the outcome of the code exchange, and blocks until the browser has received the page, for two seconds at most.
    ///
    /// The page names the user by e-mail address. After an error it shows the error, so `E` must not display a secret; the errors
    /// of `workos-login` and its adapters do not. After an authentication challenge it leads back to the application.
    ///
    /// To report an error that follows the code exchange, such as a session that could not be stored, pass that error:
    ///
    /// ```
    /// # use workos_login_loopback::PendingPage;
    /// # fn example(page: PendingPage) {
    /// page.respond(&Err("the keyring is locked; unlock it and log in again"));
    /// # }
    /// ```
    pub fn respond<E: Display>(self, outcome: &Result<Outcome, E>) {
        self.show(Page::of(outcome));
    }

    /// Shows the outcome as [`respond`](Self::respond) does, without blocking.
    ///
    /// The page is sent with this call, not when the future is first polled. Dropping the future blocks as dropping the page does.
    pub fn respond_async<E: Display>(
        mut self,
        outcome: &Result<Outcome, E>,
    ) -> impl Future<Output = ()> + use<E> {
        self.show(Page::of(outcome));
        async move {
            // The sender is dropped without a value when the thread ends.
            let _ = (&mut self.served).await;
        }
    }

    fn show(&self, page: Page) {
        // Sending fails only if the thread has ended, because the page was late or the browser is gone.
        let _ = self.page.send(page);
        self.canceller.wake();
    }
}

impl Drop for PendingPage {
    fn drop(&mut self) {
        // Has no effect after `respond`, because the thread reads one page.
        self.show(Page::Return);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread is discarded: `drop` must not panic.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for PendingPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingPage").finish_non_exhaustive()
    }
}

/// Serves the connections that are held until the browser has received the page.
fn serve(mut server: Server, pages: &Receiver<Page>) {
    while server.is_responding_to_callback() {
        let page = match pages.try_recv() {
            Ok(page) => page,
            Err(TryRecvError::Empty) if server.poll(LINGER).is_ok() => {
                server.serve_open();
                continue;
            }
            Err(_) => Page::Return,
        };
        server.show(&page);
        break;
    }
    server.close(LINGER);
}

impl Page {
    /// Returns the page of a code exchange.
    fn of<E: Display>(outcome: &Result<Outcome, E>) -> Self {
        match outcome {
            Ok(Outcome::Authenticated(session)) => {
                let email = session.user().and_then(|user| user.email());
                Self::LoggedIn(email.map(Into::into))
            }
            Ok(_) => Self::Continue,
            Err(error) => Self::ExchangeFailed(error.to_string().into()),
        }
    }
}
