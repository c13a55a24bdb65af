//! The browser of a user: real HTTP requests and real forms, sent on behalf of a test.
//!
//! Each request has a connection of its own and is written by hand, so that the crate needs no HTTP
//! client. The requests pass through the same handlers as those of a browser and are recorded.
//! Redirects are not followed: the `Location` of the login page is the result.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use url::{Position, Url, form_urlencoded};

use crate::server::Server;

impl Server {
    /// Opens an authorization URL, logs in as this user, and returns the callback.
    ///
    /// An authorization error is returned as a callback too, as is the decision of a
    /// [`LoginPage`](crate::LoginPage) that is not interactive.
    ///
    /// # Errors
    ///
    /// If the URL is not an authorization URL of this server, or if the server shows an error in
    /// the browser: unknown client ID, redirect URI that is not allowed.
    pub fn log_in(&self, authorization_url: &str, email: &str) -> io::Result<String> {
        self.decide(
            authorization_url,
            &[("decision", "log-in"), ("user", email)],
        )
    }

    /// Opens an authorization URL, denies the request, and returns the callback.
    ///
    /// # Errors
    ///
    /// As for [`log_in`](Self::log_in).
    pub fn deny(&self, authorization_url: &str) -> io::Result<String> {
        self.decide(authorization_url, &[("decision", "deny")])
    }

    /// Enters a user code on the device page and approves as this user.
    ///
    /// # Errors
    ///
    /// If the user code or the user is unknown.
    pub fn approve_device(&self, user_code: &str, email: &str) -> io::Result<()> {
        self.decide_device(&[
            ("user_code", user_code),
            ("user", email),
            ("decision", "approve"),
        ])
    }

    /// Enters a user code on the device page and denies the request.
    ///
    /// # Errors
    ///
    /// If the user code is unknown.
    pub fn deny_device(&self, user_code: &str) -> io::Result<()> {
        self.decide_device(&[("user_code", user_code), ("decision", "deny")])
    }

    fn decide_device(&self, form: &[(&str, &str)]) -> io::Result<()> {
        exchange(self.address(), "POST", "/device", form)?.into_page()
    }

    fn decide(&self, authorization_url: &str, form: &[(&str, &str)]) -> io::Result<String> {
        let url = Url::parse(authorization_url).map_err(io::Error::other)?;
        // The host can differ: `localhost` and `127.0.0.1` name the same server.
        if url.port_or_known_default() != Some(self.address().port())
            || url.path() != "/user_management/authorize"
        {
            return Err(io::Error::other(
                "not an authorization URL of this server; use Server::base_url as its base",
            ));
        }
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let shown = exchange(self.address(), "GET", target, &[])?;
        // An authorization error, or a login page that decides automatically.
        if let Some(location) = shown.location {
            return Ok(location);
        }
        shown.into_page()?;
        let mut decided = exchange(self.address(), "POST", target, form)?;
        match decided.location.take() {
            Some(location) => Ok(location),
            None => Err(decided
                .into_page()
                .err()
                .unwrap_or_else(|| io::Error::other("the login page did not redirect"))),
        }
    }
}

/// The response that a browser receives.
#[derive(Debug)]
struct Shown {
    status: u16,
    location: Option<String>,
    body: String,
}

impl Shown {
    /// Fails unless this is a page with status 200.
    fn into_page(self) -> io::Result<()> {
        match self.status {
            200 => Ok(()),
            status => Err(io::Error::other(format!(
                "the server responded with status {status}: {}",
                self.body
            ))),
        }
    }
}

/// Sends one request on a connection of its own.
fn exchange(
    address: SocketAddr,
    method: &str,
    target: &str,
    form: &[(&str, &str)],
) -> io::Result<Shown> {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\naccept: text/html\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )?;
    let mut response = Vec::new();
    stream.take(MAX_RESPONSE_BYTES).read_to_end(&mut response)?;
    parse(&String::from_utf8_lossy(&response))
        .ok_or_else(|| io::Error::other("the server did not respond"))
}

fn parse(response: &str) -> Option<Shown> {
    let (head, body) = response.split_once("\r\n\r\n").unwrap_or((response, ""));
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let location = lines
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
        .map(|(_, value)| value.to_owned());
    Some(Shown {
        status,
        location,
        body: body.to_owned(),
    })
}

const TIMEOUT: Duration = Duration::from_secs(30);
const MAX_RESPONSE_BYTES: u64 = 1 << 20;
