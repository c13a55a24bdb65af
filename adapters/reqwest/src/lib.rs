//! An [`HttpClient`] for [workos-login](workos_login) over [reqwest], on tokio.
//!
//! [`client`] returns a [`Client`] that sends every exchange of the core.
//!
//! ```no_run
//! use std::time::SystemTime;
//! use workos_login_reqwest::workos_login::{
//!     AwaitingCallback, Callback, Client, Confidential, Error, HttpClient,
//! };
//!
//! async fn finish(
//!     client: &Client<Confidential>,
//!     pending: AwaitingCallback,
//!     callback: &str,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     let http = workos_login_reqwest::client()?;
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
//! A [`reqwest::Client`] becomes a [`Client`] with `From`. The timeout and the maximum size of the body hold for it too.
//! reqwest has the other settings on its builder only:
//!
//! * `redirect(Policy::none())`: **a client that follows redirects can send the code and the secret to another server**;
//! * `retry(retry::never())`: the core decides what is sent again;
//! * `pool_max_idle_per_host(0)`: the response is lost if the service closes an idle connection while it is reused;
//! * a [`reqwest::Proxy::custom`] that returns `None` for `http` URLs, or `no_proxy()`: **a proxy in the environment
//!   receives the code and the verifier of requests to a loopback address in clear text**;
//! * no cookie store;
//! * `tls_backend_preconfigured(..)` with a named cryptography provider. [`client`] names *ring*, because two providers
//!   in one program can conflict, and trusts the root certificates of the platform, which include those of a company's
//!   TLS proxy.

use std::error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::{redirect, retry};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;
use workos_login::http::{Request, Response};
use workos_login::{BoxFuture, ExchangeLimits, HttpClient};

pub use reqwest;
pub use workos_login;

/// An [`HttpClient`] over [`reqwest::Client`]. A clone shares its resources.
///
/// # Panics
///
/// [`execute`](HttpClient::execute) panics outside a tokio runtime with its time driver enabled.
#[derive(Clone, Debug)]
pub struct Client {
    /// Sends requests to a loopback address, which have no TLS.
    http: reqwest::Client,
    https: reqwest::Client,
}

/// Returns a client without redirects, retries, pooled connections and decompression. TLS is rustls with *ring* and the
/// root certificates of the platform.
///
/// `https` requests use the proxy in the environment (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`) through `CONNECT`. `http`
/// requests, which go to a loopback address only, use none: it would receive the code and the verifier in clear text.
///
/// # Errors
///
/// [`Error::Tls`] if the platform has no root certificates, and [`Error::Build`] if reqwest cannot build the client.
pub fn client() -> Result<Client, Error> {
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(Error::Tls)?
        .with_no_client_auth();
    // reqwest has no proxy function that reads the environment, so there are two clients.
    let https = builder(tls.clone()).build().map_err(Error::Build)?;
    let http = builder(tls).no_proxy().build().map_err(Error::Build)?;
    Ok(Client { http, https })
}

fn builder(tls: ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .pool_max_idle_per_host(0)
        .http1_only()
        // Cargo unifies features: another crate of the program can enable these.
        .no_brotli()
        .no_deflate()
        .no_gzip()
        .no_zstd()
}

impl From<reqwest::Client> for Client {
    fn from(client: reqwest::Client) -> Self {
        Self {
            http: client.clone(),
            https: client,
        }
    }
}

impl HttpClient for Client {
    type Error = Error;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Error>> {
        Box::pin(async move {
            match tokio::time::timeout(limits.timeout, self.fetch(request, limits.max_body)).await {
                Ok(fetched) => fetched.map_err(Error::of),
                Err(_) => Err(Error::TimedOut(limits.timeout)),
            }
        })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl Client {
    async fn fetch(
        &self,
        request: Request<Vec<u8>>,
        max_body: usize,
    ) -> Result<Response<Vec<u8>>, reqwest::Error> {
        let client = match request.uri().scheme_str() {
            Some("https") => &self.https,
            _ => &self.http,
        };
        let mut incoming = client.execute(request.try_into()?).await?;
        let mut response = Response::new(Vec::new());
        *response.status_mut() = incoming.status();
        *response.headers_mut() = incoming.headers().clone();
        let body = response.body_mut();
        // One byte more than the maximum, by which the core sees that the body is longer.
        while body.len() <= max_body
            && let Some(chunk) = incoming.chunk().await?
        {
            let room = max_body + 1 - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(response)
    }
}

/// The error of a client that cannot be built, or of an exchange without a complete response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// reqwest cannot build the client.
    Build(reqwest::Error),
    /// There is no connection to the service. Nothing was sent.
    Connect(reqwest::Error),
    /// There is a connection, but no complete HTTP response. The request may have been sent.
    Response(reqwest::Error),
    /// The exchange did not end within this timeout. The request may have been sent.
    TimedOut(Duration),
    /// The root certificates of the platform cannot be used.
    Tls(rustls::Error),
}

impl Error {
    fn of(source: reqwest::Error) -> Self {
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
            Self::Build(_) => {
                f.write_str("cannot build the HTTP client; check the features of reqwest")
            }
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
            Self::Tls(_) => f.write_str(
                "cannot use the root certificates of the platform; install its CA certificates",
            ),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Build(source) | Self::Connect(source) | Self::Response(source) => Some(source),
            Self::TimedOut(_) => None,
            Self::Tls(source) => Some(source),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
