//! The person at the browser, played by the test: real requests, real forms.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use url::{Position, Url, form_urlencoded};

use crate::server::Server;

impl Server {
    /// Opens the authorization URL as a browser would, signs in as this user, and returns the
    /// address that the browser is sent to: the callback.
    ///
    /// A request that is refused leads to the callback as well, with an error in it, and so does
    /// a [`Visitor`](crate::Visitor) who decides at once.
    ///
    /// # Errors
    ///
    /// When the URL is not this server's, and when the server shows something else than the login
    /// page: an unknown client, a redirect address that is not allowed.
    pub fn log_in(&self, authorize_url: &str, email: &str) -> io::Result<String> {
        self.decide(authorize_url, &[("decision", "sign-in"), ("user", email)])
    }

    /// Opens the authorization URL as a browser would and refuses; returns the callback.
    ///
    /// # Errors
    ///
    /// As for [`log_in`](Self::log_in).
    pub fn deny(&self, authorize_url: &str) -> io::Result<String> {
        self.decide(authorize_url, &[("decision", "deny")])
    }

    /// Enters the code of a device on the page for it and approves as this user.
    ///
    /// # Errors
    ///
    /// When no device waits under this code, or there is no such user.
    pub fn approve_device(&self, user_code: &str, email: &str) -> io::Result<()> {
        let form = [
            ("user_code", user_code),
            ("user", email),
            ("decision", "approve"),
        ];
        browse(self.address(), "POST", "/device", &form)?.ok()
    }

    /// Enters the code of a device on the page for it and refuses.
    ///
    /// # Errors
    ///
    /// When no device waits under this code.
    pub fn deny_device(&self, user_code: &str) -> io::Result<()> {
        browse(
            self.address(),
            "POST",
            "/device",
            &[("user_code", user_code), ("decision", "deny")],
        )?
        .ok()
    }

    fn decide(&self, authorize_url: &str, form: &[(&str, &str)]) -> io::Result<String> {
        let url = Url::parse(authorize_url).map_err(io::Error::other)?;
        if url.port_or_known_default() != Some(self.address().port())
            || url.path() != "/user_management/authorize"
        {
            return Err(io::Error::other(
                "this is not an authorization URL of this server",
            ));
        }
        let target = &url[Position::BeforePath..Position::AfterQuery];
        let shown = browse(self.address(), "GET", target, &[])?;
        if let Some(location) = shown.location {
            return Ok(location);
        }
        shown.ok()?;
        let decided = browse(self.address(), "POST", target, form)?;
        decided.location.clone().map_or_else(
            || {
                decided
                    .ok()
                    .and(Err(io::Error::other("the form led nowhere")))
            },
            Ok,
        )
    }
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Shown {
    status: u16,
    location: Option<String>,
    text: String,
}

impl Shown {
    /// Nothing, for a page that is not an error.
    pub(crate) fn ok(self) -> io::Result<()> {
        match self.status {
            200 => Ok(()),
            status => {
                let body = self
                    .text
                    .split_once("\r\n\r\n")
                    .map_or("", |(_, body)| body);
                Err(io::Error::other(format!(
                    "the server answered {status}: {body}"
                )))
            }
        }
    }
}

/// One request on a connection of its own.
pub(crate) fn browse(
    address: SocketAddr,
    method: &str,
    target: &str,
    form: &[(&str, &str)],
) -> io::Result<Shown> {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\naccept: text/html\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    )?;
    let mut answer = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    let mut lines = text.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1))
        .and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| io::Error::other("the server did not answer"))?;
    let location = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("location"))
        .map(|(_, value)| value.to_owned());
    Ok(Shown {
        status,
        location,
        text,
    })
}

const PATIENCE: Duration = Duration::from_secs(30);
const MAX_BYTES: u64 = 1 << 20;
