//! The driver of a machine over a store, an HTTP client and a clock.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_lite::future;
use workos_login::http::{Request, Response};
use workos_login::{BoxFuture, ExchangeLimits, HttpClient};

use crate::clock::Clock;
use crate::error::{Cause, ExchangeTimeout, StoreError};
use crate::machine::{Driver, Lock};
use crate::marker::MaybeSend;
use crate::record::{Expected, StoredSession};
use crate::store::{Store, StoreLock};

/// Everything outside of a machine.
pub(crate) struct Outside {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) http: Arc<dyn Http>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// An HTTP client without its error type.
pub(crate) trait Http: MaybeSend {
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Cause>>;
}

/// An async HTTP client as [`Http`].
pub(crate) struct Erased<H>(pub(crate) H);

impl<H: HttpClient + MaybeSend> Http for Erased<H> {
    fn execute(
        &self,
        request: Request<Vec<u8>>,
        limits: ExchangeLimits,
    ) -> BoxFuture<'_, Result<Response<Vec<u8>>, Cause>> {
        let response = self.0.execute(request, limits);
        Box::pin(async { response.await.map_err(|error| Arc::new(error) as Cause) })
    }
}

/// The driver of one operation. Dropping it releases the lock.
pub(crate) struct Io<'a> {
    outside: &'a Outside,
    /// The time that the operation has waited for its turn in this process, which counts as waiting for the lock.
    waited: Duration,
    lock: Option<StoreLock>,
}

impl<'a> Io<'a> {
    pub(crate) fn new(outside: &'a Outside, waited: Duration) -> Self {
        Self {
            outside,
            waited,
            lock: None,
        }
    }
}

impl Driver for Io<'_> {
    fn now(&self) -> SystemTime {
        self.outside.clock.now()
    }

    async fn lock(&mut self, wait: Duration, lease: Duration) -> Result<Lock, StoreError> {
        let wait = wait.saturating_sub(self.waited);
        self.lock = self.outside.store.lock(wait, lease).await?;
        Ok(match self.lock {
            Some(_) => Lock::Acquired,
            None => Lock::TimedOut,
        })
    }

    async fn unlock(&mut self) {
        self.lock = None;
    }

    async fn load(&mut self) -> Result<Option<StoredSession>, StoreError> {
        self.outside.store.load().await
    }

    async fn save(&mut self, record: &StoredSession, expected: Expected) -> Result<(), StoreError> {
        self.outside.store.save(record, expected).await
    }

    async fn clear(&mut self, expected: Expected) -> Result<(), StoreError> {
        self.outside.store.clear(expected).await
    }

    async fn send(
        &mut self,
        request: Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response<Vec<u8>>, Cause> {
        let limits = ExchangeLimits::default().timeout(timeout);
        let response = self.outside.http.execute(request, limits);
        // The HTTP client has the same timeout, but by a clock of its own.
        let too_late = async {
            self.outside.clock.sleep(timeout).await;
            Err(Arc::new(ExchangeTimeout) as Cause)
        };
        future::or(response, too_late).await
    }

    async fn sleep(&mut self, duration: Duration) {
        self.outside.clock.sleep(duration).await;
    }
}
