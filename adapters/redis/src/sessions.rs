//! The sessions of an application.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use workos_login_session::SealingKeys;

use crate::connection::Connection;
use crate::error::Error;

const SESSION_TTL: Duration = Duration::from_secs(30 * 24 * 3600);

/// The sessions of an application in Redis or Valkey. Clones share one connection.
#[derive(Clone)]
pub struct RedisSessions {
    pub(crate) connection: Arc<Connection>,
    pub(crate) keys: Arc<SealingKeys>,
    pub(crate) session_ttl: Duration,
}

impl RedisSessions {
    /// Uses the server at a URL, such as `redis://:PASSWORD@127.0.0.1:6379/0` or `unix:/run/redis/redis.sock`.
    ///
    /// The first command connects, so an application starts without Redis, too. Commands need a tokio runtime.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidUrl`].
    pub fn connect(url: &str, keys: SealingKeys) -> Result<Self, Error> {
        Ok(Self {
            connection: Arc::new(Connection::new(url)?),
            keys: Arc::new(keys),
            session_ttl: SESSION_TTL,
        })
    }

    /// Sets how long a session is kept after it was last saved; 30 days by default.
    ///
    /// Each refresh saves it. Use at least the maximum session length of the WorkOS dashboard. A session
    /// without a refresh token is kept until its access token expires.
    #[must_use]
    pub fn session_ttl(self, session_ttl: Duration) -> Self {
        Self {
            session_ttl,
            ..self
        }
    }
}

impl fmt::Debug for RedisSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisSessions")
            .field("session_ttl", &self.session_ttl)
            .finish_non_exhaustive()
    }
}
