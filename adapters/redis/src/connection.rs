//! One connection that all stores share, with a timeout for every command.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ErrorKind, FromRedisValue, ScriptInvocation, ServerErrorKind};
use tokio::time::timeout;

use crate::error::Error;

/// The time in which a command ends, with the connection and the retry that it needs.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

const CONNECTION_TIMEOUT: Duration = Duration::from_secs(1);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_RECONNECTION_DELAY: Duration = Duration::from_millis(200);

/// A connection that is opened by the first command, and again after it was lost.
pub(crate) struct Connection {
    client: Client,
    manager: Mutex<Option<ConnectionManager>>,
}

impl Connection {
    pub(crate) fn new(url: &str) -> Result<Self, Error> {
        Ok(Self {
            client: Client::open(url).map_err(|_| Error::InvalidUrl)?,
            manager: Mutex::new(None),
        })
    }

    /// Runs a script, which must be idempotent: if the connection is lost, it is sent once more.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        let attempts = async {
            match script.invoke_async(&mut self.manager()?).await {
                // The first command after a restart of the server finds the connection closed.
                Err(error) if error.is_connection_dropped() => {
                    script.invoke_async(&mut self.manager()?).await
                }
                result => result,
            }
        };
        let result = timeout(COMMAND_TIMEOUT, attempts).await;
        let result = result.map_err(|_| Error::TimedOut)?;
        result.map_err(|error| {
            // After a failover, the name of the server leads to the new primary.
            if error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly) {
                *self.manager.lock().unwrap_or_else(PoisonError::into_inner) = None;
            }
            error.into()
        })
    }

    fn manager(&self) -> Result<ConnectionManager, redis::RedisError> {
        let mut manager = self.manager.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(manager) = &*manager {
            return Ok(manager.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_max_delay(MAX_RECONNECTION_DELAY)
            .set_connection_timeout(Some(CONNECTION_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        let opened = ConnectionManager::new_lazy_with_config(self.client.clone(), config)?;
        Ok(manager.insert(opened).clone())
    }
}
