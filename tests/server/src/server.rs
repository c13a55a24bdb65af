//! [`Server`]: the handle of a running server.
//!
//! The server runs on a thread of its own with a single-threaded tokio runtime, so that a test can
//! use it from synchronous code and from within any runtime. The thread creates the runtime and
//! drops it: a runtime must not be dropped inside another one. Dropping the handle ends the
//! thread, and every connection with it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};

use crate::config::Config;
use crate::connection::{Shared, serve};
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::injection::Injection;
use crate::request::RecordedRequest;
use crate::request_log::RequestLog;
use crate::response::MockResponse;
use crate::state::State;

/// A mock WorkOS, which listens until it is dropped.
///
/// A method blocks at most until it has acquired a lock or received a response from the thread of
/// the server. It can therefore be called from asynchronous tests too.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    address: SocketAddr,
    base_url: String,
    client_id: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server. It accepts connections when this function returns.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound, or the operating system creates no thread.
    pub fn start(config: Config) -> io::Result<Self> {
        // Bound here, so that an address in use is an error of this function.
        let listener = TcpListener::bind(config.address)?;
        // tokio requires a socket in non-blocking mode.
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let client_id = config.client_ids.first().cloned().unwrap_or_default();
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(config, base_url.clone())),
            log: Arc::new(RequestLog::default()),
        });
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let served = shared.clone();
        let thread = thread::Builder::new()
            .name("workos-login-mock-server".to_owned())
            .spawn(move || run(listener, served, stopped, &started))?;
        // The thread reports before it accepts. A closed channel means that it panicked.
        starting.recv().map_err(io::Error::other)??;
        Ok(Self {
            shared,
            address,
            base_url,
            client_id,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the base URL, without a slash at the end: `http://127.0.0.1:49152`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the first of the configured client IDs.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Changes the configuration. Lifetimes apply to what is issued afterwards; the address does
    /// not change.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        change(&mut self.shared.state().config);
    }

    /// Advances the server alone, for a program under test whose clock a test cannot advance.
    ///
    /// A manual clock of the program is set with [`Config::set_clock`]; it advances both.
    pub fn advance(&self, by: Duration) {
        self.shared.state().config.clock.advance(by);
    }

    /// Returns the time of the server's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.shared.state().now()
    }

    /// Adds the next signing key to the JWKS, which the service does before a rotation. The old key
    /// still signs.
    pub fn publish_next_key(&self) {
        self.shared.state().signer.publish_other();
    }

    /// Signs access tokens with the next key. The old one stays in the JWKS.
    ///
    /// There are two keys, so the second rotation leads back to the first one.
    pub fn rotate_keys(&self) {
        self.shared.state().signer.rotate();
    }

    /// Injects a fault. It applies after the faults that were injected before.
    pub fn inject(&self, injection: impl Into<Injection>) {
        self.shared.state().injections.push(injection.into());
    }

    /// Responds to the next requests of this kind with these responses, one each. The server does
    /// not process the requests.
    pub fn respond_with(
        &self,
        endpoint: Endpoint,
        responses: impl IntoIterator<Item = MockResponse>,
    ) {
        let mut state = self.shared.state();
        for response in responses {
            let injection = Fault::Response(response).on(endpoint);
            state.injections.push(injection);
        }
    }

    /// Removes every fault that has not been applied.
    pub fn clear_faults(&self) {
        self.shared.state().injections.clear();
    }

    /// Returns the number of injections that have not been used up. Zero means that every fault
    /// has been applied.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.shared.state().injections.len()
    }

    /// Ends a session. Returns `false` if it does not exist or has ended already.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that the session is live"
    )]
    pub fn end_session(&self, session_id: &str) -> bool {
        self.shared.state().end_session(session_id)
    }

    /// Ends every session.
    pub fn end_all_sessions(&self) {
        self.shared
            .state()
            .sessions
            .values_mut()
            .for_each(|session| session.ended = true);
    }

    /// Returns the IDs of the sessions that have not ended, oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        let state = self.shared.state();
        let live = state.sessions.values().filter(|session| !session.ended);
        live.map(|session| session.id.clone()).collect()
    }

    /// Returns the last thousand requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.log.read().requests.iter().cloned().collect()
    }

    /// Returns those of the last thousand requests that have this path.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<RecordedRequest> {
        let entries = self.shared.log.read();
        let matching = entries
            .requests
            .iter()
            .filter(|request| request.path == path);
        matching.cloned().collect()
    }

    /// Returns the number of requests since the start or the last
    /// [`clear_requests`](Self::clear_requests).
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.log.read().request_count
    }

    /// Removes the recorded requests and resets their count.
    pub fn clear_requests(&self) {
        self.shared.log.clear();
    }

    /// Returns the number of connections since the start.
    #[must_use]
    pub fn connection_count(&self) -> u64 {
        self.shared.log.read().connection_count
    }

    /// Returns the number of open connections.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        self.shared.log.read().open_connections
    }

    /// Blocks until at least `count` requests were received. Returns `false` after the timeout.
    #[must_use]
    pub fn wait_for_requests(&self, count: u64, timeout: Duration) -> bool {
        self.shared
            .log
            .wait(timeout, |entries| entries.request_count >= count)
    }

    /// Blocks until exactly `count` connections are open. Returns `false` after the timeout.
    #[must_use]
    pub fn wait_for_open_connections(&self, count: u64, timeout: Duration) -> bool {
        self.shared
            .log
            .wait(timeout, |entries| entries.open_connections == count)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Dropping the sender resolves the receiver, which ends `block_on`.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // An error is a panic of that thread, which the panic hook has reported.
            let _ = thread.join();
        }
    }
}

/// Runs the thread of the server.
fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    started: &mpsc::Sender<io::Result<()>>,
) {
    let (runtime, listener) = match set_up(listener) {
        Ok(set_up) => set_up,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    // If the receiver is gone, `stopped` resolves at once.
    let _ = started.send(Ok(()));
    runtime.block_on(async {
        tokio::select! {
            () = accept(listener, shared) => {}
            _ = stopped => {}
        }
    });
}

fn set_up(listener: TcpListener) -> io::Result<(Runtime, tokio::net::TcpListener)> {
    // One thread is sufficient: handlers do not block.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
    Ok((runtime, listener))
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(permit) = permits.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Most likely no file descriptor is free. Accepting again at once would spin.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Nagle's algorithm would merge the single bytes of a dripped response.
        let _ = stream.set_nodelay(true);
        let (number, open) = shared.log.connected();
        let shared = shared.clone();
        // The permit and the count are released when the task ends, also if the runtime drops it.
        tokio::spawn(async move {
            serve(stream, number, shared).await;
            drop((open, permit));
        });
    }
}

/// The maximum number of open connections. Further ones are accepted when one closes.
const MAX_CONNECTIONS: usize = 1024;
