//! Send the exchanges of [workos-login](workos_login) over [hyper] and the pooling client of [hyper_util], on tokio.
//!
//! [`client`] makes a client that is set up right, and [`send`] sends any [`Exchange`] over it: the exchange of a
//! code, a refresh, and whatever else the core hands out. What an answer means is decided in the core alone.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login_hyper::workos_login::{AwaitingCallback, Callback, Client, Error};
//! use workos_login_hyper::{client, send};
//!
//! async fn finish(
//!     login: &Client,
//!     pending: AwaitingCallback,
//!     address: &str,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let callback = Callback::parse(address)?;
//!     let exchanging = pending.accept(login, callback, SystemTime::now()).map_err(Error::from)?;
//!     let session = send(&client()?, exchanging).await?.authenticated()?;
//!     println!("Hello {}", session.user().id());
//!     Ok(())
//! }
//! ```
//!
//! # A client of your own
//!
//! [`send`] takes any [`Client`] over any connector. It ends after [`EXCHANGE_TIMEOUT`] and reads no more than
//! [`MAX_RESPONSE_BYTES`] of the body. hyper follows no redirect, keeps no cookies and decompresses nothing. What a
//! client of your own brings along is:
//!
//! * `retry_canceled_requests(false)` and `pool_max_idle_per_host(0)` on its builder: without them a request that
//!   found its pooled connection closed is begun again unseen, or loses its answer;
//! * the connector, and with it TLS. [`client`] names *ring* as the cryptography provider, because two in one program
//!   can clash, and trusts the certificates that the platform trusts, so that a program works behind the proxy of a
//!   company which signs with its own;
//! * a proxy, in a connector of your own. [`client`] connects directly, whatever `HTTPS_PROXY` says.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use workos_login::http::{Request, Response};
use workos_login::limits::{EXCHANGE_TIMEOUT, MAX_RESPONSE_BYTES};
use workos_login::{Exchange, SendError};

pub use http_body_util;
pub use hyper;
pub use hyper_rustls;
pub use hyper_util;
pub use workos_login;

/// Makes a client for [`send`]: no retries, no pooled connections, TLS by rustls with *ring* and the platform's
/// certificates.
///
/// # Errors
///
/// [`Error::Tls`] when the platform has no certificates.
pub fn client() -> Result<Client<HttpsConnector<HttpConnector>, Full<Bytes>>, Error> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(Error::Tls)?
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .build();
    Ok(Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .pool_max_idle_per_host(0)
        .build(connector))
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
pub async fn send<C, E>(
    client: &Client<C, Full<Bytes>>,
    exchange: E,
) -> Result<E::Output, SendError<E, Error>>
where
    C: Connect + Clone + Send + Sync + 'static,
    E: Exchange,
{
    let fetched = tokio::time::timeout(EXCHANGE_TIMEOUT, fetch(client, exchange.request())).await;
    match fetched.unwrap_or(Err(Error::TimedOut)) {
        Ok(response) => Ok(exchange.response(response, SystemTime::now())?),
        Err(source) => Err(SendError::transport(exchange, source)),
    }
}

async fn fetch<C>(
    client: &Client<C, Full<Bytes>>,
    request: Request<Vec<u8>>,
) -> Result<Response<Vec<u8>>, Error>
where
    C: Connect + Clone + Send + Sync + 'static,
{
    let request = request.map(|body| Full::new(Bytes::from(body)));
    let (parts, mut incoming) = client
        .request(request)
        .await
        .map_err(Error::Http)?
        .into_parts();
    let mut body = Vec::new();
    // One byte more than the limit, by which the core can tell that there was more.
    while body.len() <= MAX_RESPONSE_BYTES
        && let Some(frame) = incoming.frame().await
    {
        if let Ok(data) = frame.map_err(Error::Body)?.into_data() {
            let room = MAX_RESPONSE_BYTES + 1 - body.len();
            body.extend_from_slice(&data[..data.len().min(room)]);
        }
    }
    Ok(Response::from_parts(parts, body))
}

/// Why there is no client, or no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The connection broke within the body of the answer.
    Body(hyper::Error),
    /// The HTTP client failed: no connection, a broken one, or not HTTP.
    Http(legacy::Error),
    /// The exchange took longer than [`EXCHANGE_TIMEOUT`].
    TimedOut,
    /// The platform's certificates cannot be used.
    Tls(rustls::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(_) => f.write_str("the answer broke off"),
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
            Self::Body(source) => Some(source),
            Self::Http(source) => Some(source),
            Self::TimedOut => None,
            Self::Tls(source) => Some(source),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
