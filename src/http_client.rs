//! The traits that HTTP adapters implement.
//!
//! An HTTP adapter performs one HTTP exchange and makes no protocol decision. It implements [`HttpClient`] or
//! [`BlockingHttpClient`] on a type of its own; `send` then works for every [`Exchange`]. Packages that need HTTP take any
//! implementation, so none of them is tied to one HTTP crate or to a version of it.

use std::error::Error;
use std::pin::Pin;
use std::time::{Duration, SystemTime};

use http::{Request, Response};

use crate::exchange::{Exchange, SendError};
use crate::limits::{EXCHANGE_TIMEOUT, MAX_RESPONSE_BYTES};

/// A boxed future. It is `Send` except on wasm32, where JavaScript values are not.
#[cfg(not(target_arch = "wasm32"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A boxed future. It is `Send` except on wasm32, where JavaScript values are not.
#[cfg(target_arch = "wasm32")]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// The limits of one exchange.
///
/// The default is [`EXCHANGE_TIMEOUT`] and [`MAX_RESPONSE_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExchangeLimits {
    /// The time from the first byte sent to the last byte received.
    pub timeout: Duration,
    /// The maximum size of the response body in bytes, also after decompression.
    pub max_body: usize,
}

impl ExchangeLimits {
    /// Sets the timeout. A longer one than [`EXCHANGE_TIMEOUT`] has no effect.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self {
            // Can be shortened only: the lock lease of a session store is longer than this maximum.
            timeout: timeout.min(EXCHANGE_TIMEOUT),
            ..self
        }
    }
}

impl Default for ExchangeLimits {
    fn default() -> Self {
        Self {
            timeout: EXCHANGE_TIMEOUT,
            max_body: MAX_RESPONSE_BYTES,
        }
    }
}

/// An asynchronous HTTP client.
///
/// An implementation of [`execute`](Self::execute)
///
/// * follows no redirect, because the request contains secrets (RFC 9700 section 4.11.2);
/// * sends the request once and retries nothing;
/// * returns a response of any status as `Ok`;
/// * ends after [`ExchangeLimits::timeout`];
/// * reads at most one byte more than [`ExchangeLimits::max_body`] of the body, after decompression. The core rejects the
///   longer body.
///
/// ```
/// use std::time::SystemTime;
/// use workos_login::http::{Request, Response};
/// use workos_login::{BoxFuture, ExchangeLimits, HttpClient};
///
/// struct Offline;
///
/// impl HttpClient for Offline {
///     type Error = std::io::Error;
///
///     fn execute(
///         &self,
///         _: Request<Vec<u8>>,
///         _: ExchangeLimits,
///     ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Self::Error>> {
///         Box::pin(async { Err(std::io::Error::other("no network")) })
///     }
///
///     fn now(&self) -> SystemTime {
///         SystemTime::now()
///     }
/// }
/// ```
pub trait HttpClient {
    /// The error of an exchange without a complete response.
    type Error: Error + Send + Sync + 'static;

    /// Sends a request and returns the response, whatever its status.
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Self::Error>>;

    /// Returns the current time, which dates a response. The core has no clock.
    fn now(&self) -> SystemTime;

    /// Sends an exchange within the default limits.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the state of the exchange.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the request may have been sent, and the state of the exchange is lost.
    fn send<E: Exchange>(
        &self,
        exchange: E,
    ) -> impl Future<Output = Result<E::Output, SendError<E, Self::Error>>>
    where
        Self: Sized,
    {
        self.send_within(exchange, ExchangeLimits::default())
    }

    /// Sends an exchange within these limits.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the state of the exchange.
    ///
    /// # Cancel safety
    ///
    /// As [`send`](Self::send).
    fn send_within<E: Exchange>(
        &self,
        exchange: E,
        limits: ExchangeLimits,
    ) -> impl Future<Output = Result<E::Output, SendError<E, Self::Error>>>
    where
        Self: Sized,
    {
        async move {
            match self.execute(exchange.request(), limits).await {
                // The clock is read after the response: the lifetime of a token starts at its receipt.
                Ok(response) => Ok(exchange.response(response, self.now())?),
                Err(source) => Err(SendError::transport(exchange, source)),
            }
        }
    }
}

/// A blocking HTTP client. See [`HttpClient`] for what an implementation does.
pub trait BlockingHttpClient {
    /// The error of an exchange without a complete response.
    type Error: Error + Send + Sync + 'static;

    /// Sends a request and returns the response, whatever its status.
    ///
    /// # Errors
    ///
    /// There is no complete response within the limits.
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> Result<Response<Vec<u8>>, Self::Error>;

    /// Returns the current time, which dates a response. The core has no clock.
    fn now(&self) -> SystemTime;

    /// Sends an exchange within the default limits.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the state of the exchange.
    fn send<E: Exchange>(&self, exchange: E) -> Result<E::Output, SendError<E, Self::Error>>
    where
        Self: Sized,
    {
        self.send_within(exchange, ExchangeLimits::default())
    }

    /// Sends an exchange within these limits.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the state of the exchange.
    fn send_within<E: Exchange>(
        &self,
        exchange: E,
        limits: ExchangeLimits,
    ) -> Result<E::Output, SendError<E, Self::Error>>
    where
        Self: Sized,
    {
        match self.execute(exchange.request(), limits) {
            Ok(response) => Ok(exchange.response(response, self.now())?),
            Err(source) => Err(SendError::transport(exchange, source)),
        }
    }
}
