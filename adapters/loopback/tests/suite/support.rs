//! A wait for the callback of a login, and a browser that sends requests to it.

use std::fmt::Display;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Deref;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use workos_login::url::Url;
use workos_login::{
    AuthorizationUrl, AwaitingCallback, Client, ClientKind, ConnectionSelector, Exchanging, OAuth,
    Public, RedirectUri, Scope, Screen, Server,
};
use workos_login_loopback::{BindError, Canceller, Listener, PendingPage, WaitError};

/// A timeout for the slowest machine, which elapses only in a test that fails.
pub(crate) const LONG: Duration = Duration::from_secs(60);

pub(crate) const CODE: &str = "the-code-of-this-login";

/// The kind of a wait.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mode {
    Async,
    Blocking,
}

/// Runs a test with a blocking wait and with an async wait.
pub(crate) fn each_mode(test: impl Fn(Mode)) {
    for mode in [Mode::Blocking, Mode::Async] {
        println!("{mode:?}");
        test(mode);
    }
}

impl Mode {
    /// Begins a login and waits for its callback on another thread.
    pub(crate) fn wait(self) -> Wait {
        Setup::new(Listener::bind().unwrap()).wait(self)
    }
}

/// Listens on a redirect URI that was closed just before. Another test may use its port for a moment.
pub(crate) fn bind_again(redirect_uri: &RedirectUri) -> Listener {
    let started = Instant::now();
    loop {
        match Listener::bind_for(redirect_uri) {
            Err(BindError::AddressInUse(_)) if started.elapsed() < LONG => thread::yield_now(),
            bound => return bound.unwrap(),
        }
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client::public(id.parse().unwrap())
}

/// A pending login and its listener, before the wait.
pub(crate) struct Setup<K = Public> {
    pub(crate) browser: Browser,
    pub(crate) client: Client<K>,
    pub(crate) listener: Listener,
    pub(crate) pending: AwaitingCallback,
    pub(crate) timeout: Duration,
}

impl Setup {
    pub(crate) fn new(listener: Listener) -> Self {
        Self::begun_at(listener, SystemTime::now())
    }

    pub(crate) fn begun_at(listener: Listener, now: SystemTime) -> Self {
        let client = client("client_123");
        let redirect_uri = listener.redirect_uri().clone();
        let login = client
            .login(ConnectionSelector::AuthKit(Screen::Default), redirect_uri)
            .begin(now, &mut rand::rng());
        Self::of(client, listener, login)
    }
}

impl Setup<OAuth> {
    /// Begins a login at an authorization server that always names its issuer in the callback.
    pub(crate) fn oauth(listener: Listener, issuer: &str) -> Self {
        let endpoint = |path| format!("{issuer}/{path}").parse().unwrap();
        let server = Server::new(issuer, &endpoint("authorize"), &endpoint("token")).unwrap();
        let client = Client::oauth("client_123".parse().unwrap(), server.advertises_iss());
        let redirect_uri = listener.redirect_uri().clone();
        let login = client
            .login(Scope::default(), redirect_uri)
            .begin(SystemTime::now(), &mut rand::rng());
        Self::of(client, listener, login)
    }
}

impl<K: ClientKind + Clone + Send + Sync + 'static> Setup<K> {
    fn of(
        client: Client<K>,
        listener: Listener,
        (url, pending): (AuthorizationUrl, AwaitingCallback),
    ) -> Self {
        let url = Url::from(url);
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap();
        Self {
            browser: Browser {
                redirect_uri: listener.redirect_uri().as_str().parse().unwrap(),
                state: state.1.into_owned(),
            },
            client,
            listener,
            pending,
            timeout: LONG,
        }
    }

    pub(crate) fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn wait(self, mode: Mode) -> Wait {
        let Self {
            browser,
            client,
            listener,
            pending,
            timeout,
        } = self;
        Wait {
            browser,
            canceller: listener.canceller(),
            thread: thread::spawn(move || match mode {
                Mode::Async => block_on(listener.wait_async(&client, pending, timeout)),
                Mode::Blocking => listener.wait(&client, pending, timeout),
            }),
        }
    }
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// A wait on another thread.
pub(crate) struct Wait {
    pub(crate) browser: Browser,
    pub(crate) canceller: Canceller,
    thread: JoinHandle<Result<(Exchanging, PendingPage), WaitError>>,
}

impl Deref for Wait {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Wait {
    pub(crate) fn outcome(self) -> Result<(Exchanging, PendingPage), WaitError> {
        self.thread.join().unwrap()
    }

    /// Sends the callback, and returns what the wait returns and the response, which is pending.
    #[track_caller]
    pub(crate) fn receive(self) -> (Exchanging, PendingPage, Receiving) {
        let mut stream = self.connect();
        let request = self.request("GET", self.callback());
        stream.write_all(request.as_bytes()).unwrap();
        let (exchanging, page) = self.outcome().unwrap();
        (exchanging, page, Receiving::new(stream))
    }

    /// Returns the error of the wait.
    #[track_caller]
    pub(crate) fn error(self) -> WaitError {
        self.outcome().map(drop).unwrap_err()
    }

    /// Sends the callback in `stream`, and checks that the wait is still running and ends with it.
    #[track_caller]
    pub(crate) fn accepts(self, mut stream: TcpStream, request: impl AsRef<[u8]>) {
        stream.write_all(request.as_ref()).unwrap();
        let page = Receiving::new(stream);
        self.outcome().map(drop).unwrap();
        assert_eq!(page.response().title(), "Return to the application");
    }

    /// Sends the callback, and checks that the wait is still running and ends with it.
    #[track_caller]
    pub(crate) fn finish(self) {
        let (stream, request) = (self.connect(), self.request("GET", self.callback()));
        self.accepts(stream, request);
    }
}

/// A browser at the redirect URI of a login.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) redirect_uri: Url,
    pub(crate) state: String,
}

impl Browser {
    pub(crate) fn port(&self) -> u16 {
        self.redirect_uri.port().unwrap()
    }

    /// Returns the request target of the callback.
    pub(crate) fn callback(&self) -> String {
        let (path, state) = (self.redirect_uri.path(), &self.state);
        format!("{path}?code={CODE}&state={state}")
    }

    /// Returns the request target of a callback with an authorization error.
    pub(crate) fn denial(&self, error: &str) -> String {
        let (path, state) = (self.redirect_uri.path(), &self.state);
        format!("{path}?error={error}&error_description=a+description&state={state}")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port())))
    }

    pub(crate) fn request(&self, method: &str, target: impl Display) -> String {
        let port = self.port();
        format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
    }

    pub(crate) fn get(&self, target: impl Display) -> Response {
        self.send(self.request("GET", target))
    }

    /// Sends bytes on a new connection, and receives the response.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> Response {
        send(self.connect(), bytes)
    }
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

pub(crate) fn send(mut stream: TcpStream, bytes: impl AsRef<[u8]>) -> Response {
    stream.write_all(bytes.as_ref()).unwrap();
    receive(stream)
}

/// Receives a response until the connection closes, which must happen without a reset.
pub(crate) fn receive(mut stream: TcpStream) -> Response {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    Response(text)
}

/// A response that a browser receives on another thread. The pending page ends when the browser has closed the connection.
pub(crate) struct Receiving(JoinHandle<Response>);

impl Receiving {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(thread::spawn(move || receive(stream)))
    }

    pub(crate) fn response(self) -> Response {
        self.0.join().unwrap()
    }
}

/// A response with its head.
#[derive(Debug)]
pub(crate) struct Response(pub(crate) String);

impl Response {
    pub(crate) fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn split(&self) -> (&str, &str) {
        self.0.split_once("\r\n\r\n").unwrap()
    }

    pub(crate) fn body(&self) -> &str {
        self.split().1
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.split()
            .0
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find_map(|(field, value)| field.eq_ignore_ascii_case(name).then_some(value))
    }

    pub(crate) fn title(&self) -> &str {
        let (_, rest) = self.body().split_once("<h1>").unwrap();
        rest.split_once("</h1>").unwrap().0
    }
}
