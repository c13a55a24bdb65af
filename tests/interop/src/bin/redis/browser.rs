//! The browsers of the users: each has the cookie of a session, and sends requests to the replicas as a load balancer would.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use workos_login::ExchangeLimits;
use workos_login::HttpClient as _;
use workos_login::http::header::{COOKIE, LOCATION, SET_COOKIE};
use workos_login::http::{Request, Response};
use workos_login_hyper::Client;
use workos_login_mock_server::Server;

use crate::Checked;
use crate::replica::LOGGED_OUT;

/// The time between two requests after an error, or after a response with the old access token.
const PAUSE: Duration = Duration::from_millis(200);

/// A refreshed access token has more seconds left; its lifetime is five minutes.
const FRESH: u64 = 200;

#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) answered: usize,
    /// Responses with an access token that is due, but not expired.
    pub(crate) due: usize,
    /// Responses 503, and requests whose replica was killed.
    pub(crate) retried: usize,
    pub(crate) signed_out: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: &Self) {
        self.answered += other.answered;
        self.due += other.due;
        self.retried += other.retried;
        self.signed_out += other.signed_out;
    }
}

/// The addresses of the replicas, which change when one is started again.
#[derive(Clone, Default)]
pub(crate) struct Addresses(Arc<Mutex<Vec<SocketAddr>>>);

impl Addresses {
    pub(crate) fn set(&self, addresses: Vec<SocketAddr>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = addresses;
    }

    fn get(&self, number: usize) -> SocketAddr {
        let addresses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        addresses[number % addresses.len()]
    }
}

#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    replicas: Addresses,
    cookie: String,
}

impl Browser {
    /// Logs in.
    pub(crate) async fn log_in(server: &Server, replicas: Addresses) -> Checked<Self> {
        let http = workos_login_hyper::client()?;
        let mut browser = Self {
            http,
            replicas,
            cookie: String::new(),
        };
        let login = browser.get(0, "/login").await?;
        browser.cookie = cookie(&login, "workos-login-")?;
        let url = login.headers().get(LOCATION).ok_or("no redirect")?;
        let callback = server.log_in(url.to_str()?, "alice@example.com")?;
        let path = callback
            .strip_prefix("http://127.0.0.1:9")
            .ok_or("another redirect URI")?;
        let response = browser.get(1, path).await?;
        browser.cookie = cookie(&response, "workos-session=")?;
        Ok(browser)
    }

    /// Sends requests, the first one to this replica, until the access token is a new one.
    pub(crate) async fn request(self, mut replica: usize) -> Counts {
        let mut counts = Counts::default();
        loop {
            match self.get(replica, "/").await {
                Ok(response) if response.status() == 200 => {
                    let text = String::from_utf8_lossy(response.body());
                    match text.parse::<u64>() {
                        Ok(seconds) if seconds > FRESH => counts.answered = 1,
                        Ok(_) => counts.due += 1,
                        Err(_) => {
                            eprintln!("redis: {text}");
                            assert_eq!(text, LOGGED_OUT);
                            counts.signed_out = 1;
                        }
                    }
                    if counts.answered + counts.signed_out > 0 {
                        return counts;
                    }
                }
                // The load balancer uses another replica.
                _ => {
                    counts.retried += 1;
                    replica += 1;
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn get(&self, replica: usize, path: &str) -> Checked<Response<Vec<u8>>> {
        let request = Request::get(format!("http://{}{path}", self.replicas.get(replica)))
            .header(COOKIE, &self.cookie)
            .body(Vec::new())?;
        Ok(self
            .http
            .execute(request, ExchangeLimits::default())
            .await?)
    }
}

/// Returns the cookie that a response sets and whose name begins with a prefix.
fn cookie(response: &Response<Vec<u8>>, prefix: &str) -> Checked<String> {
    for value in response.headers().get_all(SET_COOKIE) {
        let pair = value.to_str()?.split(';').next().unwrap_or_default();
        if pair.starts_with(prefix) && !pair.ends_with('=') {
            return Ok(pair.to_owned());
        }
    }
    Err(format!("status {} without {prefix}", response.status()).into())
}
