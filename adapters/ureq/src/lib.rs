//! Send the exchanges of [workos-login](workos_login) over [ureq]: blocking, without a runtime.
//!
//! [`agent`] makes an agent that is set up right, and [`send`] sends any [`Exchange`] over it: the exchange of a
//! code, a refresh, and whatever else the core hands out. What an answer means is decided in the core alone.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login_ureq::workos_login::{AwaitingCallback, Callback, Client, Error};
//! use workos_login_ureq::{agent, send};
//!
//! fn finish(client: &Client, pending: AwaitingCallback, address: &str) -> Result<(), Box<dyn std::error::Error>> {
//!     let callback = Callback::parse(address)?;
//!     let exchanging = pending.accept(client, callback, SystemTime::now()).map_err(Error::from)?;
//!     let session = send(&agent(), exchanging)?.authenticated()?;
//!     println!("Hello {}", session.user().id());
//!     Ok(())
//! }
//! ```
//!
//! # An agent of your own
//!
//! [`send`] takes any [`Agent`]. What it can set for one request it sets itself: no redirects, statuses are not
//! errors, [`EXCHANGE_TIMEOUT`] over the whole exchange unless the agent has a shorter one, no more than
//! [`MAX_RESPONSE_BYTES`] of the body after decompression. What the agent brings along is:
//!
//! * the cryptography provider of rustls. [`agent`] names *ring*; an agent that names none takes the one of the
//!   process, and two in one program can clash;
//! * the certificates. [`agent`] trusts those that the platform trusts, so that a program works behind the proxy of
//!   a company which signs with its own;
//! * the pool. ureq never sends a request twice, but on a pooled connection that the service has just closed an
//!   answer is lost. [`agent`] keeps no connection;
//! * a proxy (`HTTPS_PROXY` and its kin, unless told otherwise), middleware, and cookies where that feature is on.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use workos_login::http::{Request, Response};
use workos_login::limits::{EXCHANGE_TIMEOUT, MAX_RESPONSE_BYTES};
use workos_login::{Exchange, SendError};

pub use ureq;
pub use workos_login;

/// Makes an agent for [`send`]: no redirects, statuses are not errors, a timeout over the whole exchange, no pooled
/// connections, TLS by rustls with *ring* and the platform's certificates.
///
/// It reads the platform's certificates when it first speaks https.
#[must_use]
pub fn agent() -> Agent {
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    Agent::config_builder()
        .http_status_as_error(false)
        .max_idle_connections(0)
        .max_redirects(0)
        .timeout_global(Some(EXCHANGE_TIMEOUT))
        .tls_config(tls)
        .build()
        .new_agent()
}

/// Sends an exchange: one request, one answer, whatever its status.
///
/// # Errors
///
/// [`SendError::Refused`] when the service answered and the core refused the answer, a body that is too long
/// included, and [`SendError::Transport`] when there was no whole answer in time. Both give the state back.
pub fn send<E: Exchange>(
    agent: &Agent,
    exchange: E,
) -> Result<E::Output, SendError<E, ureq::Error>> {
    send_within(agent, exchange, EXCHANGE_TIMEOUT)
}

/// Sends an exchange that ends after `limit`, or earlier where [`send`] would.
///
/// A keeper asks for it, whose repetitions have to be in time.
///
/// # Errors
///
/// As [`send`].
pub fn send_within<E: Exchange>(
    agent: &Agent,
    exchange: E,
    limit: Duration,
) -> Result<E::Output, SendError<E, ureq::Error>> {
    match fetch(agent, exchange.request(), limit) {
        Ok(response) => Ok(exchange.response(response, SystemTime::now())?),
        Err(source) => Err(SendError::transport(exchange, source)),
    }
}

fn fetch(
    agent: &Agent,
    request: Request<Vec<u8>>,
    limit: Duration,
) -> Result<Response<Vec<u8>>, ureq::Error> {
    let request = agent
        .configure_request(request)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(timeout(agent).min(limit)))
        .build();
    let (parts, body) = agent.run(request)?.into_parts();
    // One byte more than the limit, by which the core can tell that there was more.
    let mut bytes = Vec::new();
    body.into_reader()
        .take(MAX_RESPONSE_BYTES as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(Response::from_parts(parts, bytes))
}

fn timeout(agent: &Agent) -> Duration {
    let own = agent.config().timeouts().global;
    own.unwrap_or(EXCHANGE_TIMEOUT).min(EXCHANGE_TIMEOUT)
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests {
    use super::*;

    fn agent_with(timeout: Option<Duration>) -> Agent {
        Agent::config_builder()
            .timeout_global(timeout)
            .build()
            .new_agent()
    }

    #[test]
    fn an_agent_can_only_shorten_the_timeout() {
        let short = Duration::from_millis(300);
        assert_eq!(timeout(&agent_with(Some(short))), short);
        assert_eq!(timeout(&agent_with(None)), EXCHANGE_TIMEOUT);
        assert_eq!(
            timeout(&agent_with(Some(2 * EXCHANGE_TIMEOUT))),
            EXCHANGE_TIMEOUT
        );
        assert_eq!(timeout(&agent()), EXCHANGE_TIMEOUT);
    }
}
