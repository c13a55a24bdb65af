//! Send the exchanges of [workos-login](workos_login) over [reqwest], on tokio.
//!
//! [`client`] makes a client that is set up right, and [`send`] sends any [`Exchange`] over it: the exchange of a
//! code, a refresh, and whatever else the core hands out. What an answer means is decided in the core alone.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login_reqwest::send;
//! use workos_login_reqwest::workos_login::{AwaitingCallback, Callback, Client, Confidential, Error};
//!
//! async fn finish(
//!     http: &reqwest::Client,
//!     client: &Client<Confidential>,
//!     pending: AwaitingCallback,
//!     address: &str,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let callback = Callback::parse(address)?;
//!     let exchanging = pending.accept(client, callback, SystemTime::now()).map_err(Error::from)?;
//!     let session = send(http, exchanging).await?.authenticated()?;
//!     println!("Hello {}", session.user().id());
//!     Ok(())
//! }
//! ```
//!
//! # A client of your own
//!
//! [`send`] takes any [`reqwest::Client`]. It ends after [`EXCHANGE_TIMEOUT`], or earlier where the client has a
//! shorter timeout, and reads no more than [`MAX_RESPONSE_BYTES`] of the body after decompression. The rest reqwest
//! sets for a whole client only, so a client of your own needs it on its builder:
//!
//! * `redirect(Policy::none())`. **A client that follows redirects can send the code and the secret elsewhere**;
//! * `retry(retry::never())`, so that one call is one request;
//! * `pool_max_idle_per_host(0)`: a pooled connection that the service has just closed loses an answer;
//! * no cookie store;
//! * `tls_backend_preconfigured(..)` with a named cryptography provider. [`client`] names *ring*, because two
//!   providers in one program can clash, and trusts the certificates that the platform trusts, so that a program
//!   works behind the proxy of a company which signs with its own.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use reqwest::{Client, redirect, retry};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use workos_login::http::{Request, Response};
use workos_login::limits::{EXCHANGE_TIMEOUT, MAX_RESPONSE_BYTES};
use workos_login::{Exchange, SendError};

pub use reqwest;
pub use workos_login;

/// Makes a client for [`send`]: no redirects, no retries, no pooled connections, no decompression, TLS by rustls with
/// *ring* and the platform's certificates.
///
/// # Errors
///
/// [`Error::Tls`] when the platform has no certificates, and [`Error::Http`] when reqwest cannot set itself up.
pub fn client() -> Result<Client, Error> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(Error::Tls)?
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .http1_only()
        // Another crate in the program can switch the features of these on.
        .no_brotli()
        .no_deflate()
        .no_gzip()
        .no_zstd()
        .build()
        .map_err(Error::Http)
}

/// Sends an exchange: one request, one answer, whatever its status.
///
/// The future is `Send` where the exchange and its output are. Dropped, it ends the exchange and takes the state with it.
///
/// # Errors
///
/// [`SendError::Refused`] when the service answered and the core refused the answer, a body that is too long
/// included, and [`SendError::Transport`] when there was no whole answer in time. Both give the state back.
///
/// # Panics
///
/// Outside a tokio runtime with its time driver enabled.
pub async fn send<E: Exchange>(
    client: &Client,
    exchange: E,
) -> Result<E::Output, SendError<E, Error>> {
    let fetched = tokio::time::timeout(EXCHANGE_TIMEOUT, fetch(client, exchange.request())).await;
    match fetched {
        Ok(Ok(response)) => Ok(exchange.response(response, SystemTime::now())?),
        Ok(Err(source)) => Err(SendError::transport(exchange, Error::Http(source))),
        Err(_) => Err(SendError::transport(exchange, Error::TimedOut)),
    }
}

async fn fetch(
    client: &Client,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, reqwest::Error> {
    let mut incoming = client.execute(request.try_into()?).await?;
    let mut response = Response::new(Vec::new());
    *response.status_mut() = incoming.status();
    *response.headers_mut() = incoming.headers().clone();
    let body = response.body_mut();
    // One byte more than the limit, by which the core can tell that there was more.
    while body.len() <= MAX_RESPONSE_BYTES
        && let Some(chunk) = incoming.chunk().await?
    {
        let room = MAX_RESPONSE_BYTES + 1 - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    Ok(response)
}

/// Why there is no client, or no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The HTTP client failed: no connection, a broken one, or not HTTP.
    Http(reqwest::Error),
    /// The exchange took longer than [`EXCHANGE_TIMEOUT`].
    TimedOut,
    /// The platform's certificates cannot be used.
    Tls(rustls::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(_) => f.write_str("the HTTP client failed"),
            Self::TimedOut => write!(
                f,
                "the exchange took longer than {} seconds",
                EXCHANGE_TIMEOUT.as_secs()
            ),
            Self::Tls(_) => f.write_str("the certificates of this platform cannot be used"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Http(source) => Some(source),
            Self::TimedOut => None,
            Self::Tls(source) => Some(source),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
