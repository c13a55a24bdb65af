//! The HTTP client over `fetch`.
//!
//! A response of another origin shows only the headers that CORS exposes, so a request ID or a `Retry-After` can be missing. `User-Agent` is
//! omitted: it is the browser's, and another one would cause a preflight.

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use futures_lite::future;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, ReadableStreamDefaultReader, RequestCache, RequestCredentials, RequestInit,
    RequestRedirect, ResponseType,
};
use workos_login::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use workos_login::http::{HeaderName, HeaderValue, Request, Response};
use workos_login::{BoxFuture, ExchangeLimits, HttpClient};

use crate::js;

/// An [`HttpClient`] over `fetch`: without redirects, caches and retries.
#[derive(Clone, Copy, Debug)]
pub struct FetchClient {
    credentials: RequestCredentials,
}

impl FetchClient {
    /// Makes a client that sends and stores no cookies.
    #[must_use]
    pub fn new() -> Self {
        Self {
            credentials: RequestCredentials::Omit,
        }
    }

    /// Makes a client that sends and stores the cookies of the service, for a client with
    /// [`refresh_cookie`](workos_login::Client::refresh_cookie).
    #[must_use]
    pub fn with_cookies() -> Self {
        Self {
            credentials: RequestCredentials::Include,
        }
    }

    async fn fetch(
        self,
        request: Request<Vec<u8>>,
        max_body: usize,
    ) -> Result<Response<Vec<u8>>, FetchError> {
        let abort = Abort(AbortController::new().map_err(|_| FetchError::Unsupported)?);
        let init = self.init(&request, &abort)?;
        let fetched = fetch(&request.uri().to_string(), &init);
        let fetched = JsFuture::from(fetched).await;
        let fetched: web_sys::Response = fetched
            .and_then(JsCast::dyn_into)
            .map_err(|_| FetchError::Network)?;
        // Its status is 0, and nothing else of it can be read.
        if fetched.type_() == ResponseType::Opaqueredirect {
            return Err(FetchError::Redirected);
        }
        let body = read(&fetched, max_body).await?;
        let mut response = Response::builder().status(fetched.status());
        for name in [
            CONTENT_TYPE,
            RETRY_AFTER,
            HeaderName::from_static("x-request-id"),
        ] {
            if let Ok(Some(value)) = fetched.headers().get(name.as_str())
                && let Ok(value) = HeaderValue::from_str(&value)
            {
                response = response.header(name, value);
            }
        }
        response.body(body).map_err(|_| FetchError::Network)
    }

    fn init(self, request: &Request<Vec<u8>>, abort: &Abort) -> Result<RequestInit, FetchError> {
        let unsupported = |_| FetchError::Unsupported;
        let headers = web_sys::Headers::new().map_err(unsupported)?;
        // Every other header is forbidden, or would only cause a preflight.
        for name in [ACCEPT, AUTHORIZATION, CONTENT_TYPE] {
            if let Some(value) = request.headers().get(&name)
                && let Ok(value) = value.to_str()
            {
                headers.set(name.as_str(), value).map_err(unsupported)?;
            }
        }
        let init = RequestInit::new();
        init.set_method(request.method().as_str());
        init.set_headers(&headers);
        init.set_cache(RequestCache::NoStore);
        init.set_credentials(self.credentials);
        init.set_redirect(RequestRedirect::Manual);
        init.set_signal(Some(&abort.0.signal()));
        if !request.body().is_empty() {
            init.set_body(&Uint8Array::from(&**request.body()));
        }
        Ok(init)
    }
}

impl Default for FetchClient {
    fn default() -> Self {
        Self::new()
    }
}

impl HttpClient for FetchClient {
    type Error = FetchError;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, FetchError>> {
        let fetched = self.fetch(request, limits.max_body);
        let too_late = async move {
            js::sleep(limits.timeout).await;
            Err(FetchError::TimedOut(limits.timeout))
        };
        Box::pin(future::or(fetched, too_late))
    }

    fn now(&self) -> SystemTime {
        js::now()
    }
}

#[wasm_bindgen]
extern "C" {
    fn fetch(url: &str, init: &RequestInit) -> js_sys::Promise;
}

/// Aborts the request when it is dropped: after the timeout, and when the future is.
struct Abort(AbortController);

impl Drop for Abort {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Reads at most one byte more than `max` of the body.
async fn read(response: &web_sys::Response, max: usize) -> Result<Vec<u8>, FetchError> {
    let mut body = Vec::new();
    let Some(stream) = response.body() else {
        return Ok(body);
    };
    let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
    let lost = |_| FetchError::Network;
    while body.len() <= max {
        let chunk = JsFuture::from(reader.read()).await.map_err(lost)?;
        let member = |name: &str| Reflect::get(&chunk, &name.into()).map_err(lost);
        if member("done")?.is_truthy() {
            break;
        }
        let bytes: Uint8Array = member("value")?.unchecked_into();
        let rest = u32::try_from(max + 1 - body.len()).unwrap_or(u32::MAX);
        body.extend(bytes.subarray(0, bytes.length().min(rest)).to_vec());
    }
    Ok(body)
}

/// The error of an exchange without a complete response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchError {
    /// The browser reports no reason: no network, a name that does not resolve, a certificate, CORS or a Content-Security-Policy.
    Network,
    /// The response is a redirect, which is not followed.
    Redirected,
    /// There was no complete response in this time.
    TimedOut(Duration),
    /// The environment has no `fetch`.
    Unsupported,
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network => f.write_str(
                "the request failed; check the network, the allowed origins (CORS) of the service and `connect-src` of the page",
            ),
            Self::Redirected => f.write_str("the response is a redirect; check the base URL"),
            Self::TimedOut(timeout) => {
                write!(f, "no complete response within {timeout:?}; check the network")
            }
            Self::Unsupported => f.write_str("`fetch` is missing; use a current browser"),
        }
    }
}

impl Error for FetchError {}
