//! A server with a session, HTTP clients over real sockets, and a store that fails on request.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::runtime::{Builder, Runtime};
use workos_login::http::{Request, Response};
use workos_login::secrecy::ExposeSecret;
use workos_login::url::Url;
use workos_login::{
    Authenticated, BlockingHttpClient, BoxFuture, Callback, Client, ConnectionSelector,
    ExchangeLimits, HttpClient, Public, Screen,
};
use workos_login_mock_server::{Config, Organization, RecordedRequest, Server};
use workos_login_session::{
    BlockingSessionManager, BlockingStore, Expected, Machine, MemoryStore, OnThreads, SessionEnded,
    SessionError, SessionManager, SessionPolicy, StoreError, StoreLock, StoredSession, Token,
};

pub(crate) fn server(change: impl FnOnce(&mut Config)) -> Server {
    Server::start(Config::with(change)).unwrap()
}

pub(crate) fn client(server: &Server) -> Client<Public> {
    Client::public(Config::CLIENT_ID.parse().unwrap())
        .base_url(Url::parse(server.base_url()).unwrap())
        .unwrap()
}

/// A new session. Its access token expires in five minutes.
pub(crate) fn session(server: &Server) -> Authenticated {
    log_in(
        server,
        ConnectionSelector::AuthKit(Screen::Default),
        "alice@example.com",
    )
}

/// A session of a user with two organizations.
pub(crate) fn acme_session(server: &Server) -> Authenticated {
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
    let now = SystemTime::now();
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

/// The session as if it had been received earlier.
pub(crate) fn aged(session: &Authenticated, by: Duration) -> Authenticated {
    let mut stored = serde_json::to_value(session).unwrap();
    let received = stored["received_at"].as_u64().unwrap();
    stored["received_at"] = (received - by.as_millis() as u64).into();
    serde_json::from_value(stored).unwrap()
}

/// A session that is due for refresh, and has not expired.
pub(crate) fn due(session: &Authenticated) -> Authenticated {
    aged(session, Duration::from_secs(200))
}

/// A session whose access token has expired.
pub(crate) fn expired(session: &Authenticated) -> Authenticated {
    aged(session, Duration::from_secs(301))
}

/// A store that holds this session.
pub(crate) fn holding(session: Authenticated) -> MemoryStore {
    let store = MemoryStore::new();
    let record = StoredSession::new(session);
    BlockingStore::save(&store, &record, Expected::Nothing).unwrap();
    store
}

/// A short backoff, so that a test of retries takes no time.
pub(crate) fn policy() -> SessionPolicy {
    SessionPolicy::default()
        .backoff(Duration::from_millis(5), Duration::from_secs(60))
        .attempt_timeout(Duration::from_millis(1500))
}

pub(crate) fn machine(server: &Server) -> Machine {
    Machine::new(client(server), policy())
}

/// A blocking manager over ureq.
pub(crate) fn manager(
    server: &Server,
    store: impl BlockingStore + 'static,
) -> BlockingSessionManager {
    BlockingSessionManager::new(machine(server), store, workos_login_ureq::agent())
}

/// A blocking manager that calls a function before each request.
pub(crate) fn manager_with(
    server: &Server,
    store: impl BlockingStore + 'static,
    before: impl Fn() + Send + Sync + 'static,
) -> BlockingSessionManager {
    let http = Hooked(workos_login_ureq::agent(), before);
    BlockingSessionManager::new(machine(server), store, http)
}

/// An async manager over reqwest.
pub(crate) fn over_reqwest(server: &Server, store: impl BlockingStore + 'static) -> SessionManager {
    let http = workos_login_reqwest::client().unwrap();
    SessionManager::new(machine(server), Arc::new(OnThreads::new(store)), http)
}

/// An async manager over hyper.
pub(crate) fn over_hyper(server: &Server, store: impl BlockingStore + 'static) -> SessionManager {
    let http = workos_login_hyper::client().unwrap();
    SessionManager::new(machine(server), Arc::new(OnThreads::new(store)), http)
}

/// An HTTP client that calls a function before each request.
pub(crate) struct Hooked<H, F>(pub(crate) H, pub(crate) F);

impl<H: BlockingHttpClient, F: Fn()> BlockingHttpClient for Hooked<H, F> {
    type Error = H::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, H::Error> {
        self.1();
        self.0.execute(request, limits)
    }

    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

/// An HTTP client with a timeout of 200 ms, so that a fault without a response takes no longer.
pub(crate) struct Short<H>(pub(crate) H);

impl<H> Short<H> {
    fn limits(limits: ExchangeLimits) -> ExchangeLimits {
        limits.timeout(Duration::from_millis(200).min(limits.timeout))
    }
}

impl<H: BlockingHttpClient> BlockingHttpClient for Short<H> {
    type Error = H::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, H::Error> {
        self.0.execute(request, Self::limits(limits))
    }

    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

impl<H: HttpClient> HttpClient for Short<H> {
    type Error = H::Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, H::Error>> {
        self.0.execute(request, Self::limits(limits))
    }

    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

/// A runtime for tasks.
pub(crate) fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// The refreshes that the server received.
pub(crate) fn refreshes(server: &Server) -> Vec<RecordedRequest> {
    let mut requests = server.requests_to("/user_management/authenticate");
    requests.retain(|request| request.parameter("grant_type").as_deref() == Some("refresh_token"));
    requests
}

pub(crate) fn text(token: &Token) -> String {
    token.secret().expose_secret().to_owned()
}

/// The access token in the store.
pub(crate) fn stored_token(store: &MemoryStore) -> Option<String> {
    let record = BlockingStore::load(store).unwrap()?;
    Some(record.session().access_token().expose_secret().to_owned())
}

#[track_caller]
pub(crate) fn ended(result: Result<Token, SessionError>) -> Arc<SessionEnded> {
    match result {
        Err(SessionError::Ended(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

/// The failure of a store, whose name is that of the method.
#[track_caller]
pub(crate) fn assert_store_failed(error: Option<&SessionError>, method: &'static str) {
    let Some(SessionError::Store(error)) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.downcast_ref(), Some(&Failed(method)));
}

/// A store in memory that counts its calls, and fails on request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flaky {
    pub(crate) inner: MemoryStore,
    pub(crate) calls: Arc<AtomicUsize>,
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

    /// Lets these methods fail from now on.
    pub(crate) fn fail(&self, methods: &[&'static str]) {
        *self.failing.lock().unwrap() = methods.to_vec();
    }

    fn call(&self, method: &'static str) -> Result<(), StoreError> {
        self.calls.fetch_add(1, SeqCst);
        match self.failing.lock().unwrap().contains(&method) {
            true => Err(StoreError::new(Failed(method))),
            false => Ok(()),
        }
    }
}

impl BlockingStore for Flaky {
    fn load(&self) -> Result<Option<StoredSession>, StoreError> {
        self.call("load")?;
        BlockingStore::load(&self.inner)
    }

    fn save(&self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        self.call("save")?;
        BlockingStore::save(&self.inner, record, expected)
    }

    fn clear(&self, expected: Expected) -> Result<(), StoreError> {
        self.call("clear")?;
        BlockingStore::clear(&self.inner, expected)
    }

    fn lock(&self, wait: Duration, lease: Duration) -> Result<Option<StoreLock>, StoreError> {
        self.call("lock")?;
        BlockingStore::lock(&self.inner, wait, lease)
    }

    fn check(&self) -> Result<(), StoreError> {
        self.call("check")
    }
}
