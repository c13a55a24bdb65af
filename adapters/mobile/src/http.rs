//! The HTTP client of the platform.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_lite::future;
use uniffi::UnexpectedUniFFICallbackError;
use workos_login::http::header::{HeaderName, HeaderValue};
use workos_login::http::{Request, Response};
use workos_login::{BoxFuture, ExchangeLimits};
use workos_login_session::{Clock as _, SystemClock};

/// The HTTP client of the platform, over URLSession or OkHttp.
///
/// It follows no redirect, because requests contain secrets; it retries nothing, keeps no cache and no cookies, and returns a response of any status.
#[uniffi::export(with_foreign)]
#[async_trait::async_trait]
pub trait HttpClient: Send + Sync {
    /// Sends a request and returns the response.
    ///
    /// # Errors
    ///
    /// There is no complete response. The request may have been sent.
    async fn execute(&self, request: Arc<HttpRequest>) -> Result<Arc<HttpResponse>, HttpError>;
}

/// A request to send. Its body is a secret.
#[derive(uniffi::Object)]
pub struct HttpRequest {
    request: Request<Vec<u8>>,
    timeout: Duration,
}

#[uniffi::export]
impl HttpRequest {
    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> String {
        self.request.method().to_string()
    }

    /// Returns the URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.request.uri().to_string()
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> Vec<Header> {
        let headers = self.request.headers().iter();

        headers
            .map(|(name, value)| Header::of(name, value))
            .collect()
    }

    /// Returns the body, which is empty for a GET.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.request.body().clone()
    }

    /// Returns the time from the first byte sent to the last byte received. After it, the response is no longer used.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// A header of a request or of a response.
#[derive(Clone, uniffi::Record)]
pub struct Header {
    /// The name, in any case.
    pub name: String,
    /// The value.
    pub value: String,
}

/// A response. Its body is a secret.
#[derive(uniffi::Object)]
pub struct HttpResponse {
    status: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
}

#[uniffi::export]
impl HttpResponse {
    /// Makes a response of its status, its headers and its body without content coding.
    #[uniffi::constructor]
    #[must_use]
    pub fn new(status: u16, headers: Vec<Header>, body: Vec<u8>) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }
}

/// The error of the platform's HTTP client.
#[derive(Clone, Debug, uniffi::Error)]
pub enum HttpError {
    /// There is no complete response.
    Failed {
        /// The failure, without a secret.
        text: String,
    },
}

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Failed { text } = self;
        write!(
            f,
            "no response was received; check the network and try again: {text}"
        )
    }
}

impl Error for HttpError {}

impl From<UnexpectedUniFFICallbackError> for HttpError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        // The text of the foreign exception can contain the request.
        Self::failed("the HTTP client threw an exception other than an HttpError")
    }
}

impl HttpError {
    fn failed(text: &str) -> Self {
        Self::Failed {
            text: text.to_owned(),
        }
    }
}

/// The platform's HTTP client as that of the core.
#[derive(Clone)]
pub(crate) struct Platform(pub(crate) Arc<dyn HttpClient>);

impl workos_login::HttpClient for Platform {
    type Error = HttpError;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        let timeout = limits.timeout;
        let request = Arc::new(HttpRequest { request, timeout });
        let too_late = async move {
            SystemClock.sleep(timeout).await;
            Err(HttpError::failed("the exchange timed out"))
        };
        Box::pin(async move {
            let response = future::or(self.0.execute(request), too_late).await?;
            response.to_core()
        })
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

impl HttpResponse {
    fn to_core(&self) -> Result<Response<Vec<u8>>, HttpError> {
        let mut response = Response::builder().status(self.status);
        for Header { name, value } in &self.headers {
            response = response.header(name, value);
        }
        let response = response.body(self.body.clone());
        response.map_err(|_| HttpError::failed("the status or a header is invalid"))
    }
}

impl Header {
    fn of(name: &HeaderName, value: &HeaderValue) -> Self {
        Self {
            name: name.to_string(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        }
    }
}
