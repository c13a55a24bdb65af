//! An HTTP client without its type, so that no other type has it as a parameter.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use workos_login::http::{Request, Response};
use workos_login::{BoxFuture, ExchangeLimits, HttpClient};

/// A shared HTTP client.
#[derive(Clone)]
pub(crate) struct Http(Arc<dyn Erased>);

impl Http {
    pub(crate) fn new(http: impl HttpClient + Send + Sync + 'static) -> Self {
        Self(Arc::new(http))
    }
}

impl HttpClient for Http {
    type Error = HttpError;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        self.0.execute(request, limits)
    }

    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

trait Erased: Send + Sync {
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>>;

    fn now(&self) -> SystemTime;
}

impl<C: HttpClient + Send + Sync> Erased for C {
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        let response = HttpClient::execute(self, request, limits);
        Box::pin(async { response.await.map_err(|error| HttpError(Box::new(error))) })
    }

    fn now(&self) -> SystemTime {
        HttpClient::now(self)
    }
}

#[derive(Debug)]
pub(crate) struct HttpError(Box<dyn Error + Send + Sync>);

impl fmt::Display for HttpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for HttpError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // Its text is this error's own.
        self.0.source()
    }
}
