//! A [`BlockingHttpClient`] for [workos-login](workos_login) over [ureq], without an async runtime.
//!
//! [`agent`] returns an [`Agent`] that sends every exchange of the core.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login_ureq::workos_login::{
//!     AwaitingCallback, BlockingHttpClient, Callback, Client, Error,
//! };
//!
//! fn finish(
//!     client: &Client,
//!     pending: AwaitingCallback,
//!     callback: &str,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let callback = Callback::parse(callback)?;
//!     let exchanging = pending.accept(client, callback, SystemTime::now()).map_err(Error::from)?;
//!     let session = workos_login_ureq::agent().send(exchanging)?.authenticated()?;
//!     println!("Hello {}", session.user().map_or("", |user| user.id()));
//!     Ok(())
//! }
//! ```
//!
//! # Custom agents
//!
//! A [`ureq::Agent`] becomes an [`Agent`] with `From`. Each request sets what ureq can set for one request: no redirects,
//! no error for a status, no proxy for an `http` URL, the timeout unless the agent has a shorter one, the maximum size of
//! the body. The agent determines:
//!
//! * the cryptography provider of rustls. [`agent`] names *ring*; an agent that names none takes that of the process,
//!   and two providers in one program can conflict;
//! * the root certificates. [`agent`] trusts those of the platform, which include those of a company's TLS proxy;
//! * the pool. ureq never sends a request twice, but the response is lost if the service closes an idle connection
//!   while it is reused. [`agent`] keeps no connection;
//! * middleware, and cookies if that feature is enabled.

use std::error;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use workos_login::http::{Request, Response};
use workos_login::{BlockingHttpClient, ExchangeLimits};

pub use ureq;
pub use workos_login;

/// A [`BlockingHttpClient`] over [`ureq::Agent`]. A clone shares its resources.
#[derive(Clone, Debug)]
pub struct Agent(ureq::Agent);

/// Returns an agent without redirects, retries and pooled connections. TLS is rustls with *ring* and the root
/// certificates of the platform, which are loaded at the first `https` request.
///
/// `https` requests use the proxy in the environment (`ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`) through
/// `CONNECT`.
#[must_use]
pub fn agent() -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = ureq::Agent::config_builder()
        .max_idle_connections(0)
        .tls_config(tls)
        .build();
    Agent(config.new_agent())
}

impl From<ureq::Agent> for Agent {
    fn from(agent: ureq::Agent) -> Self {
        Self(agent)
    }
}

impl BlockingHttpClient for Agent {
    type Error = Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, Error> {
        let timeout = self.timeout(limits);
        self.fetch(request, timeout, limits.max_body)
            .map_err(|source| Error::of(source, timeout))
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl Agent {
    fn fetch(
        &self,
        request: Request<Vec<u8>>,
        timeout: Duration,
        max_body: usize,
    ) -> Result<Response<Vec<u8>>, ureq::Error> {
        // An `http` URL is a loopback address: a proxy does not reach it, and would receive secrets in clear text.
        let proxy = self.0.config().proxy().cloned();
        let proxy = proxy.filter(|_| request.uri().scheme_str() == Some("https"));
        let request = self
            .0
            .configure_request(request)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(proxy)
            .timeout_global(Some(timeout))
            .build();
        let (parts, body) = self.0.run(request)?.into_parts();
        // One byte more than the maximum, by which the core sees that the body is longer.
        let mut bytes = Vec::new();
        body.into_reader()
            .take(max_body as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(Response::from_parts(parts, bytes))
    }

    fn timeout(&self, limits: ExchangeLimits) -> Duration {
        let own = self.0.config().timeouts().global;
        own.map_or(limits.timeout, |own| own.min(limits.timeout))
    }
}

/// The error of an exchange without a complete response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// There is no connection to the service. Nothing was sent.
    Connect(ureq::Error),
    /// There is no complete HTTP response. The request may have been sent.
    Response(ureq::Error),
    /// The exchange did not end within this timeout. The request may have been sent.
    TimedOut(Duration),
}

impl Error {
    fn of(source: ureq::Error, timeout: Duration) -> Self {
        use ureq::Error::{
            ConnectProxyFailed, ConnectionFailed, HostNotFound, InvalidProxyUrl, Io, Timeout, Tls,
        };

        match source {
            Timeout(ureq::Timeout::Global) => Self::TimedOut(timeout),
            ConnectProxyFailed(_)
            | ConnectionFailed
            | HostNotFound
            | InvalidProxyUrl
            | Tls(_)
            | Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => Self::Connect(source),
            Io(ref error) if is_connect(error) => Self::Connect(source),
            _ => Self::Response(source),
        }
    }
}

/// Returns whether an error is of the connection or its TLS handshake. ureq does not tell.
fn is_connect(error: &io::Error) -> bool {
    let source = error.get_ref().and_then(|source| source.downcast_ref());
    matches!(source, Some(rustls::Error::InvalidCertificate(_)))
        || matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
        )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(_) => f.write_str(
                "cannot connect to the service; check the network, the proxy settings and the root certificates",
            ),
            Self::Response(_) => {
                f.write_str("no complete response; check the network and try again")
            }
            Self::TimedOut(timeout) => write!(
                f,
                "no response within {} s; check the network and try again",
                timeout.as_secs_f64().ceil()
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Connect(source) | Self::Response(source) => Some(source),
            Self::TimedOut(_) => None,
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use workos_login::limits::EXCHANGE_TIMEOUT;

    use super::*;

    #[test]
    fn takes_the_shorter_timeout_of_the_agent_and_the_limits() {
        let timeout = |own: Option<Duration>, limits: ExchangeLimits| {
            let config = ureq::Agent::config_builder().timeout_global(own).build();
            Agent::from(config.new_agent()).timeout(limits)
        };
        let short = Duration::from_millis(300);
        let limits = ExchangeLimits::default();
        assert_eq!(timeout(None, limits), EXCHANGE_TIMEOUT);
        assert_eq!(timeout(None, limits.timeout(short)), short);
        assert_eq!(timeout(Some(short), limits), short);
        assert_eq!(
            timeout(Some(2 * EXCHANGE_TIMEOUT), limits),
            EXCHANGE_TIMEOUT
        );
    }
}
