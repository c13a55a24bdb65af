//! A server with a session, senders over real sockets, and a store that fails on request.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use workos_login::session::{Machine, SessionPolicy, StoredSession};
use workos_login::url::Url;
use workos_login::{
    Authenticated, BlockingHttpClient, Callback, Client, ConnectionSelector, ExchangeLimits,
    HttpClient, Public, Refreshing, Screen, SendError,
};
use workos_login_mock_server::{Config, Organization, RecordedRequest, Server};
use workos_login_session::{
    BlockingSessionManager, MemoryGuard, MemoryStore, SessionManager, Store,
};

pub(crate) fn server(change: impl FnOnce(&mut Config)) -> Server {
    Server::start(Config::with(change)).unwrap()
}

pub(crate) fn client(server: &Server) -> Client<Public> {
    Client::public(Config::CLIENT_ID.parse().unwrap())
        .base_url(Url::parse(server.base_url()).unwrap())
        .unwrap()
}

/// A session, new and good for five minutes.
pub(crate) fn session(server: &Server) -> Authenticated {
    log_in(
        server,
        ConnectionSelector::AuthKit(Screen::Default),
        "alice@example.com",
    )
}

/// A session of somebody who can move to another organization.
pub(crate) fn movable_session(server: &Server) -> Authenticated {
    let organization = Organization::ACME_ID.parse().unwrap();
    log_in(
        server,
        ConnectionSelector::Organization(organization),
        "bob@example.com",
    )
}

fn log_in(server: &Server, selector: ConnectionSelector, email: &str) -> Authenticated {
    let client = client(server);
    let redirect_uri = "http://127.0.0.1:9/callback".parse().unwrap();
    let now = std::time::SystemTime::now();
    let (url, pending) = client
        .login(selector, redirect_uri)
        .begin(now, &mut rand::rng());
    let callback = server.log_in(url.as_str(), email).unwrap();
    let callback = Callback::parse(&callback).unwrap();
    let exchanging = pending.accept(&client, callback, now).unwrap();
    workos_login_ureq::agent()
        .send(exchanging)
        .unwrap()
        .authenticated()
        .unwrap()
}

/// The session as if it had been received that much earlier.
pub(crate) fn aged(session: &Authenticated, by: Duration) -> Authenticated {
    let mut stored = serde_json::to_value(session).unwrap();
    let received = stored["received_at"].as_u64().unwrap();
    stored["received_at"] = (received - by.as_millis() as u64).into();
    serde_json::from_value(stored).unwrap()
}

/// Due, and good for a while still.
pub(crate) fn due(session: &Authenticated) -> Authenticated {
    aged(session, Duration::from_secs(200))
}

/// Due, and of no use.
pub(crate) fn spent(session: &Authenticated) -> Authenticated {
    aged(session, Duration::from_secs(301))
}

/// A store that holds this session.
pub(crate) fn holding(session: Authenticated) -> MemoryStore {
    let store = MemoryStore::new();
    store.save(&StoredSession::new(session)).unwrap();
    store
}

/// Short pauses, so that a test of repetitions takes no time.
pub(crate) fn policy() -> SessionPolicy {
    SessionPolicy::default()
        .pauses(Duration::from_millis(5), Duration::from_secs(60))
        .attempt_limit(Duration::from_millis(1500))
}

pub(crate) fn machine(server: &Server) -> Machine {
    Machine::new(&client(server), policy())
}

/// A keeper for threads, over ureq.
pub(crate) fn keeper<S: Store>(server: &Server, store: S) -> BlockingSessionManager<S> {
    BlockingSessionManager::new(machine(server), store, over_ureq)
}

/// The error of the HTTP client of [`over_ureq`].
pub(crate) type HttpError = <workos_login_ureq::Agent as BlockingHttpClient>::Error;

pub(crate) fn over_ureq(
    exchange: Refreshing,
    limit: Duration,
) -> Result<Authenticated, SendError<Refreshing, HttpError>> {
    workos_login_ureq::agent().send_within(exchange, ExchangeLimits::default().timeout(limit))
}

/// A keeper for tasks, over reqwest.
pub(crate) fn over_reqwest<S: Store + 'static>(server: &Server, store: S) -> SessionManager<S> {
    let http = workos_login_reqwest::client().unwrap();
    SessionManager::new(
        machine(server),
        store,
        move |exchange| {
            let http = http.clone();
            async move { http.send(exchange).await }
        },
        tokio::time::sleep,
    )
}

/// A keeper for tasks, over hyper.
pub(crate) fn over_hyper<S: Store + 'static>(server: &Server, store: S) -> SessionManager<S> {
    let http = workos_login_hyper::client().unwrap();
    SessionManager::new(
        machine(server),
        store,
        move |exchange| {
            let http = http.clone();
            async move { http.send(exchange).await }
        },
        tokio::time::sleep,
    )
}

/// A runtime for tasks.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The refreshes that the server saw.
pub(crate) fn refreshes(server: &Server) -> Vec<RecordedRequest> {
    let mut requests = server.requests_to("/user_management/authenticate");
    requests.retain(|request| request.parameter("grant_type").as_deref() == Some("refresh_token"));
    requests
}

/// A store in memory that counts what is asked of it, and fails on request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaky {
    pub(crate) inner: MemoryStore,
    pub(crate) asked: Arc<AtomicUsize>,
    failing: Arc<Mutex<Vec<&'static str>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed(pub(crate) &'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store cannot {}", self.0)
    }
}

impl std::error::Error for Failed {}

impl Flaky {
    pub(crate) fn holding(session: Authenticated) -> Self {
        Self {
            inner: holding(session),
            ..Self::default()
        }
    }

    /// Lets everything of that name fail from now on.
    pub(crate) fn fail(&self, what: &[&'static str]) {
        *self.failing.lock().unwrap() = what.to_vec();
    }

    pub(crate) fn stored(&self) -> Option<StoredSession> {
        self.inner.load().unwrap()
    }

    fn ask(&self, what: &'static str) -> Result<(), Failed> {
        self.asked.fetch_add(1, SeqCst);
        match self.failing.lock().unwrap().contains(&what) {
            true => Err(Failed(what)),
            false => Ok(()),
        }
    }
}

impl Store for Flaky {
    type Error = Failed;
    type Guard = MemoryGuard;

    fn load(&self) -> Result<Option<StoredSession>, Failed> {
        self.ask("load")?;
        Ok(self.inner.load().unwrap())
    }

    fn save(&self, record: &StoredSession) -> Result<(), Failed> {
        self.ask("save")?;
        self.inner.save(record).unwrap();
        Ok(())
    }

    fn clear(&self) -> Result<(), Failed> {
        self.ask("clear")?;
        self.inner.clear().unwrap();
        Ok(())
    }

    fn lock(&self, lease: Duration) -> Result<Option<MemoryGuard>, Failed> {
        self.ask("lock")?;
        Ok(self.inner.lock(lease).unwrap())
    }

    fn check(&self) -> Result<(), Failed> {
        self.ask("check")
    }
}
