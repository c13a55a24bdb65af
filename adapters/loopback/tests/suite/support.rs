//! A login that waits for its callback, and a browser to send it with.

use std::fmt::Display;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::ops::Deref;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use workos_login::url::Url;
use workos_login::{AwaitingCallback, Client, ConnectionSelector, Exchanging, RedirectUri, Screen};
use workos_login_loopback::{BindError, Canceller, Listener, WaitError};

/// Long enough for the slowest machine; no test waits for it unless it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const CODE: &str = "the-code-of-this-login";

#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    Async,
    Blocking,
}

/// Runs a case against a listener that waits by blocking, and against one that waits as a future.
pub(crate) fn each_way(case: impl Fn(Way)) {
    for way in [Way::Blocking, Way::Async] {
        println!("{way:?}");
        case(way);
    }
}

impl Way {
    /// Begins a login, and waits for its callback in another thread.
    pub(crate) fn login(self) -> Login {
        Begun::at(Listener::bind().unwrap()).wait(self)
    }
}

/// Listens on an address that was closed just now. Another test may have got its port for a moment.
pub(crate) fn bind_again(redirect_uri: &RedirectUri) -> Listener {
    let begun = Instant::now();
    loop {
        match Listener::bind_for(redirect_uri) {
            Err(BindError::AddressInUse(_)) if begun.elapsed() < PATIENCE => thread::yield_now(),
            bound => return bound.unwrap(),
        }
    }
}

pub(crate) fn client(id: &str) -> Client {
    Client::public(id.parse().unwrap())
}

/// A login that nobody waits for yet.
pub(crate) struct Begun {
    pub(crate) site: Site,
    pub(crate) client: Client,
    pub(crate) listener: Listener,
    pub(crate) pending: AwaitingCallback,
    pub(crate) timeout: Duration,
}

impl Begun {
    pub(crate) fn at(listener: Listener) -> Self {
        Self::at_time(listener, SystemTime::now())
    }

    pub(crate) fn at_time(listener: Listener, now: SystemTime) -> Self {
        let client = client("client_123");
        let redirect_uri = listener.redirect_uri().clone();
        let (url, pending) = client
            .login(
                ConnectionSelector::AuthKit(Screen::Default),
                redirect_uri.clone(),
            )
            .begin(now, &mut rand::rng());
        let url = Url::from(url);
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap();
        Self {
            site: Site {
                redirect_uri: redirect_uri.as_str().parse().unwrap(),
                state: state.1.into_owned(),
            },
            client,
            listener,
            pending,
            timeout: PATIENCE,
        }
    }

    pub(crate) fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    pub(crate) fn wait(self, way: Way) -> Login {
        let Self {
            site,
            client,
            listener,
            pending,
            timeout,
        } = self;
        Login {
            site,
            canceller: listener.canceller(),
            waiting: thread::spawn(move || match way {
                Way::Async => tokio::runtime::Builder::new_current_thread()
                    .build()
                    .unwrap()
                    .block_on(listener.wait_async(&client, pending, timeout)),
                Way::Blocking => listener.wait(&client, pending, timeout),
            }),
        }
    }
}

/// A login that is waited for.
pub(crate) struct Login {
    site: Site,
    pub(crate) canceller: Canceller,
    waiting: JoinHandle<Result<Exchanging, WaitError>>,
}

impl Deref for Login {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

impl Login {
    /// Returns what the wait ended with.
    pub(crate) fn outcome(self) -> Result<Exchanging, WaitError> {
        self.waiting.join().unwrap()
    }

    /// Returns why the wait ended without a login.
    #[track_caller]
    pub(crate) fn error(self) -> WaitError {
        self.outcome().map(drop).unwrap_err()
    }

    /// Sends the real callback, and checks that the wait went on until here and ends with it.
    #[track_caller]
    pub(crate) fn finish(self) {
        let answer = self.get(self.callback());
        assert_eq!(answer.title(), "Login received");
        self.outcome().map(drop).unwrap();
    }
}

/// What a browser knows of a login.
pub(crate) struct Site {
    pub(crate) redirect_uri: Url,
    pub(crate) state: String,
}

impl Site {
    pub(crate) fn port(&self) -> u16 {
        self.redirect_uri.port().unwrap()
    }

    /// The target of the real callback.
    pub(crate) fn callback(&self) -> String {
        let (path, state) = (self.redirect_uri.path(), &self.state);
        format!("{path}?code={CODE}&state={state}")
    }

    /// The target of the callback of someone who says no.
    pub(crate) fn denial(&self, error: &str) -> String {
        let (path, state) = (self.redirect_uri.path(), &self.state);
        format!("{path}?error={error}&error_description=what+the+provider+says&state={state}")
    }

    pub(crate) fn connect(&self) -> TcpStream {
        connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port())))
    }

    pub(crate) fn request(&self, method: &str, target: impl Display) -> String {
        format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
            self.port()
        )
    }

    pub(crate) fn get(&self, target: impl Display) -> Answer {
        self.send(self.request("GET", target))
    }

    /// Sends bytes, and reads the answer to its end.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> Answer {
        send(self.connect(), bytes)
    }
}

pub(crate) fn connect(at: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

pub(crate) fn send(mut stream: TcpStream, bytes: impl AsRef<[u8]>) -> Answer {
    stream.write_all(bytes.as_ref()).unwrap();
    receive(stream)
}

/// Reads an answer until the other side has closed, which it must do without a reset.
pub(crate) fn receive(mut stream: TcpStream) -> Answer {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    Answer(text)
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) String);

impl Answer {
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
