//! An [`HttpClient`] for [workos-login](workos_login) over [hyper] and the client of [hyper_util], on tokio.
//!
//! [`client`] returns a [`Client`] that sends every exchange of the core.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login_hyper::workos_login::{AwaitingCallback, Callback, Client, Error, HttpClient};
//!
//! async fn finish(
//!     client: &Client,
//!     pending: AwaitingCallback,
//!     callback: &str,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let http = workos_login_hyper::client()?;
//!     let callback = Callback::parse(callback)?;
//!     let exchanging = pending.accept(client, callback, SystemTime::now()).map_err(Error::from)?;
//!     let session = http.send(exchanging).await?.authenticated()?;
//!     println!("Hello {}", session.user().map_or("", |user| user.id()));
//!     Ok(())
//! }
//! ```
//!
//! # Custom clients
//!
//! A [`legacy::Client`] over any connector becomes a [`Client`] with `From`. The timeout and the maximum size of the body
//! hold for it too. hyper follows no redirect, stores no cookies and decompresses nothing. The client determines:
//!
//! * the pool: `pool_max_idle_per_host(0)`, because the response is lost if the service closes an idle connection while
//!   it is reused;
//! * retries: `retry_canceled_requests(false)`, because the core decides what is sent again;
//! * the connector, and with it TLS. [`client`] names *ring* as the cryptography provider, because two providers in one
//!   program can conflict, and trusts the root certificates of the platform, which include those of a company's TLS
//!   proxy;
//! * a proxy, if the connector has one. [`client`] connects directly and reads no environment variable.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use workos_login::http::{Request, Response};
use workos_login::{BoxFuture, ExchangeLimits, HttpClient};

pub use http_body_util;
pub use hyper;
pub use hyper_rustls;
pub use hyper_util;
pub use workos_login;

/// An [`HttpClient`] over [`legacy::Client`] and its connector `C`. A clone shares its resources.
///
/// # Panics
///
/// [`execute`](HttpClient::execute) panics outside a tokio runtime with its time driver enabled.
#[derive(Clone, Debug)]
pub struct Client<C = HttpsConnector<HttpConnector>>(legacy::Client<C, Full<Bytes>>);

/// Returns a client without retries and pooled connections. TLS is rustls with *ring* and the root certificates of the
/// platform.
///
/// # Errors
///
/// [`Error::Tls`] if the platform has no root certificates.
pub fn client() -> Result<Client, Error> {
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
    let client = legacy::Client::builder(TokioExecutor::new())
        .retry_canceled_requests(false)
        .pool_max_idle_per_host(0)
        .build(connector);
    Ok(Client(client))
}

impl<C> From<legacy::Client<C, Full<Bytes>>> for Client<C> {
    fn from(client: legacy::Client<C, Full<Bytes>>) -> Self {
        Self(client)
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> HttpClient for Client<C> {
    type Error = Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Error>> {
        Box::pin(async move {
            tokio::time::timeout(limits.timeout, self.fetch(request, limits.max_body))
                .await
                .unwrap_or(Err(Error::TimedOut(limits.timeout)))
        })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl<C: Connect + Clone + Send + Sync + 'static> Client<C> {
    async fn fetch(
        &self,
        request: Request<Vec<u8>>,
        max_body: usize,
    ) -> Result<Response<Vec<u8>>, Error> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let response = self.0.request(request).await.map_err(Error::of)?;
        let (parts, mut incoming) = response.into_parts();
        let mut body = Vec::new();
        // One byte more than the maximum, by which the core sees that the body is longer.
        while body.len() <= max_body
            && let Some(frame) = incoming.frame().await
        {
            if let Ok(data) = frame.map_err(Error::Body)?.into_data() {
                let room = max_body + 1 - body.len();
                body.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
        Ok(Response::from_parts(parts, body))
    }
}

/// The error of a client that cannot be built, or of an exchange without a complete response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The response has no complete body.
    Body(hyper::Error),
    /// There is no connection to the service. Nothing was sent.
    Connect(legacy::Error),
    /// There is a connection, but no complete response header. The request may have been sent.
    Response(legacy::Error),
    /// The exchange did not end within this timeout. The request may have been sent.
    TimedOut(Duration),
    /// The root certificates of the platform cannot be used.
    Tls(rustls::Error),
}

impl Error {
    fn of(source: legacy::Error) -> Self {
        if source.is_connect() {
            Self::Connect(source)
        } else {
            Self::Response(source)
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body(_) | Self::Response(_) => {
                f.write_str("no complete response; check the network and try again")
            }
            Self::Connect(_) => f.write_str(
                "cannot connect to the service; check the network and the root certificates",
            ),
            Self::TimedOut(timeout) => write!(
                f,
                "no response within {} s; check the network and try again",
                timeout.as_secs_f64().ceil()
            ),
            Self::Tls(_) => f.write_str(
                "cannot use the root certificates of the platform; install its CA certificates",
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Body(source) => Some(source),
            Self::Connect(source) | Self::Response(source) => Some(source),
            Self::TimedOut(_) => None,
            Self::Tls(source) => Some(source),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
