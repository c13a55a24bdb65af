//! The running server: a thread with a runtime of its own, and the handle that a test holds.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use tokio::sync::{Semaphore, oneshot};

use crate::config::Config;
use crate::connection::{Shared, serve};
use crate::endpoint::Endpoint;
use crate::fault::Fault;
use crate::injection::Injection;
use crate::log::{Log, RecordedRequest};
use crate::response::MockResponse;
use crate::world::World;

/// A local WorkOS, listening until it is dropped.
///
/// Every method blocks at most for as long as it takes to get a lock or an answer from the
/// server's own thread, so that tests with and without `async` can use it alike.
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
    /// Starts a server. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or the system gives no thread.
    pub fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(config.address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let client_id = config.client_ids.first().cloned().unwrap_or_default();
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(config, base_url.clone())),
            log: Arc::new(Log::default()),
        });
        let (stop, stopped) = oneshot::channel();
        let (started, starting) = mpsc::channel();
        let serving = shared.clone();
        let thread = thread::Builder::new()
            .name("workos-login-mock-server".to_owned())
            .spawn(move || run(listener, serving, stopped, &started))?;
        // The runtime lives and dies on that thread: here might be one already.
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

    /// Where the server listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base of every address here, without a slash at the end: `http://127.0.0.1:49152`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The first of the client ids that are known.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Changes the behaviour of the running server. What was handed out keeps its old lifetime;
    /// the address stays.
    pub fn configure(&self, change: impl FnOnce(&mut Config)) {
        change(&mut self.shared.world().config);
    }

    /// Puts the server's clock forward: codes, tokens, windows and intervals age by as much.
    pub fn advance(&self, by: Duration) {
        self.shared.world().clock.advance(by);
    }

    /// Sets the server's clock, which stands still from then on but for
    /// [`advance`](Self::advance).
    pub fn set_clock(&self, now: SystemTime) {
        self.shared.world().clock.set(now);
    }

    /// What time it is by the server's clock.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.shared.world().now()
    }

    /// Lets a fault strike, behind those that are still to come.
    pub fn inject(&self, injection: impl Into<Injection>) {
        self.shared.world().injections.push(injection.into());
    }

    /// Answers the next requests of this kind by these answers, one each, without acting on them.
    pub fn respond_with(
        &self,
        endpoint: Endpoint,
        answers: impl IntoIterator<Item = MockResponse>,
    ) {
        let mut world = self.shared.world();
        for answer in answers {
            world.injections.push(Fault::Response(answer).on(endpoint));
        }
    }

    /// Takes back every fault that has not struck.
    pub fn clear_faults(&self) {
        self.shared.world().injections.clear();
    }

    /// How many injections are still to come, each counted once. Zero: every fault has struck.
    #[must_use]
    pub fn pending_faults(&self) -> usize {
        self.shared.world().injections.len()
    }

    /// Ends a session, as an administrator would. Says whether it was alive.
    #[expect(
        clippy::must_use_candidate,
        reason = "most callers know that it was alive"
    )]
    pub fn end_session(&self, session_id: &str) -> bool {
        self.shared.world().end_session(session_id)
    }

    /// Ends every session.
    pub fn end_all_sessions(&self) {
        self.shared
            .world()
            .sessions
            .values_mut()
            .for_each(|session| session.ended = true);
    }

    /// The ids of the sessions that are alive, oldest first.
    #[must_use]
    pub fn sessions(&self) -> Vec<String> {
        let world = self.shared.world();
        world
            .sessions
            .values()
            .filter(|session| !session.ended)
            .map(|session| session.id.clone())
            .collect()
    }

    /// The last thousand requests, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.log.read().kept.iter().cloned().collect()
    }

    /// The requests to one path among the last thousand.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<RecordedRequest> {
        self.shared
            .log
            .read()
            .kept
            .iter()
            .filter(|request| request.path == path)
            .cloned()
            .collect()
    }

    /// How many requests there were since the start or the last [`clear_requests`](Self::clear_requests).
    #[must_use]
    pub fn request_count(&self) -> u64 {
        self.shared.log.read().requests
    }

    /// Forgets the requests and begins to count them anew.
    pub fn clear_requests(&self) {
        self.shared.log.clear();
    }

    /// How many connections were accepted since the start.
    #[must_use]
    pub fn connection_count(&self) -> u64 {
        self.shared.log.read().connections
    }

    /// How many connections are open.
    #[must_use]
    pub fn open_connections(&self) -> u64 {
        self.shared.log.read().open
    }

    /// Waits until there were so many requests; says whether there were in time.
    #[must_use]
    pub fn wait_for_requests(&self, count: u64, timeout: Duration) -> bool {
        self.shared
            .log
            .wait(timeout, |entries| entries.requests >= count)
    }

    /// Waits until exactly so many connections are open; says whether there were in time.
    #[must_use]
    pub fn wait_for_open_connections(&self, count: u64, timeout: Duration) -> bool {
        self.shared
            .log
            .wait(timeout, |entries| entries.open == count)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Only a panic of the server's thread makes this an error, and it has been printed.
            let _ = thread.join();
        }
    }
}

/// The life of the server's thread.
fn run(
    listener: TcpListener,
    shared: Arc<Shared>,
    stopped: oneshot::Receiver<()>,
    started: &mpsc::Sender<io::Result<()>>,
) {
    let begin = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(async { tokio::net::TcpListener::from_std(listener) })?;
        Ok((runtime, listener))
    };
    let (runtime, listener) = match begin() {
        Ok(begun) => begun,
        Err(error) => {
            let _ = started.send(Err(error));
            return;
        }
    };
    // Whoever started the server waits for this word, or is gone and stops it at once.
    let _ = started.send(Ok(()));
    // The runtime ends with this function, and every connection with the runtime.
    runtime.block_on(async {
        tokio::select! {
            () = accept(listener, shared) => {}
            _ = stopped => {}
        }
    });
}

async fn accept(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let Ok(place) = room.clone().acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: asking again at once would only burn time.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        // Without it a fault that drips would be gathered into packets.
        let _ = stream.set_nodelay(true);
        let (number, connected) = shared.log.connected();
        let shared = shared.clone();
        tokio::spawn(async move {
            serve(stream, number, shared).await;
            drop((connected, place));
        });
    }
}

/// More than any test needs; the others wait to be accepted.
const MAX_CONNECTIONS: usize = 1024;
