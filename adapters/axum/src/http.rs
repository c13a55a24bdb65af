//! An HTTP client without its type, so that no other type has it as a parameter.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use workos_login::http::{Request, Response};
use workos_login::{BoxFuture, ExchangeLimits, HttpClient};
use workos_login_session::Clock;

/// A shared HTTP client, with the clock of the application.
#[derive(Clone)]
pub(crate) struct Http {
    client: Arc<dyn Erased>,
    clock: Arc<dyn Clock>,
}

impl Http {
    pub(crate) fn new(
        http: impl HttpClient + Send + Sync + 'static,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client: Arc::new(http),
            clock,
        }
    }

    pub(crate) fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }
}

impl HttpClient for Http {
    type Error = HttpError;

    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>> {
        self.client.execute(request, limits)
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

trait Erased: Send + Sync {
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, HttpError>>;
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
