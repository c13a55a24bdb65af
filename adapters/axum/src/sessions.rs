//! The place of the sessions: sealed cookies, or stores under keys that cookies hold.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use workos_login::Authenticated;
use workos_login_session::{
    SealingKeys, SessionError, SessionManager, StoreError, StoreFactory, Token,
};

use crate::cookies::Shared;
use crate::error::BuildError;
use crate::in_cookies::{InCookies, Seal};
use crate::sealed::SealedCookies;
use crate::settings::Settings;
use crate::stored::{NotStored, StoredSessions};

/// The place of the sessions. [`SealedCookies`] and every [`StoreFactory`] implement it; the trait is sealed.
pub trait Sessions: private::Sealed {}

impl<S: private::Sealed> Sessions for S {}

pub(crate) mod private {
    use super::{Backend, InCookies, Kind, SealedCookies, StoreFactory, StoredSessions};

    #[expect(unnameable_types, reason = "it seals the trait")]
    pub trait Sealed {
        fn into_backend(self) -> Backend;
    }

    impl Sealed for SealedCookies {
        fn into_backend(self) -> Backend {
            Backend {
                keys: self.keys.clone(),
                kind: Kind::Sealed(InCookies::new(self)),
                shared_cookie: None,
                problem: None,
            }
        }
    }

    impl<F: StoreFactory> Sealed for F {
        fn into_backend(self) -> Backend {
            Backend {
                keys: self.sealing_keys(),
                kind: Kind::Stored(StoredSessions::new(self)),
                shared_cookie: None,
                problem: None,
            }
        }
    }

    #[cfg(feature = "node-sealed-sessions")]
    impl Sealed for crate::NodeSealedSessions {
        fn into_backend(self) -> Backend {
            Backend {
                keys: self.keys().into(),
                shared_cookie: Some(self.cookie().clone()),
                problem: self.problem(),
                kind: Kind::Sealed(InCookies::new(self)),
            }
        }
    }
}

/// The sessions, and the keys that seal pending logins.
#[expect(unnameable_types, reason = "a sealed trait returns it")]
pub struct Backend {
    keys: Arc<SealingKeys>,
    kind: Kind,
    shared_cookie: Option<Shared>,
    problem: Option<BuildError>,
}

enum Kind {
    Sealed(InCookies),
    Stored(StoredSessions),
}

/// The session of a request, before its access token is known to be usable.
pub(crate) enum Handle {
    Sealed(Box<Seal>),
    Stored(String),
}

/// The result for a session cookie.
pub(crate) enum Found {
    /// No session: the cookie is deleted.
    Nothing,
    /// The service demands an authentication challenge before it refreshes the session. A logout can still end it.
    Challenged(Handle),
    Session {
        handle: Handle,
        session: Arc<Authenticated>,
        /// The value of the cookie, if it is to be replaced.
        cookie: Option<String>,
    },
    /// The session has not ended, but has no usable access token.
    Unavailable(Handle, Duration),
}

impl Backend {
    pub(crate) fn keys(&self) -> Arc<SealingKeys> {
        self.keys.clone()
    }

    /// Returns the session cookie, if it is shared with another service.
    pub(crate) fn shared_cookie(&self) -> Option<&Shared> {
        self.shared_cookie.as_ref()
    }

    /// Checks the configuration of the sessions.
    pub(crate) fn check_configuration(&self) -> Result<(), BuildError> {
        self.problem.map_or(Ok(()), Err)
    }

    /// Finds the session of a cookie, and refreshes it if it is due.
    pub(crate) async fn find(&self, settings: &Settings, value: &str) -> Found {
        match &self.kind {
            Kind::Sealed(sealed) => {
                let Some(seal) = sealed.open(settings, value) else {
                    return Found::Nothing;
                };
                let manager = match sealed.known(settings, &seal) {
                    Some(manager) => manager,
                    None if is_fresh(settings, &seal) => {
                        let session = Arc::clone(seal.record.session());
                        return Found::session(Handle::Sealed(Box::new(seal)), session);
                    }
                    None => sealed.manager(settings, &seal).await,
                };
                let result = access_token(manager).await;
                let cookie = sealed.newer(settings, &seal).await;
                found(Handle::Sealed(Box::new(seal)), result, cookie)
            }
            Kind::Stored(stored) => {
                let Some(manager) = stored.find(settings, value).await else {
                    return Found::Nothing;
                };
                let result = access_token(manager).await;
                found(Handle::Stored(value.to_owned()), result, None)
            }
        }
    }

    /// Checks that a session can be stored.
    pub(crate) async fn check(&self, settings: &Settings) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Sealed(_) => Ok(()),
            Kind::Stored(stored) => stored.check(settings).await,
        }
    }

    /// Stores a new session and returns the value of its cookie.
    pub(crate) async fn log_in(
        &self,
        settings: &Settings,
        session: Authenticated,
    ) -> Result<String, NotStored> {
        match &self.kind {
            Kind::Sealed(sealed) => Ok(sealed.begin(settings, session)),
            Kind::Stored(stored) => stored.log_in(settings, session).await,
        }
    }

    pub(crate) async fn manager(&self, settings: &Settings, handle: &Handle) -> SessionManager {
        match (&self.kind, handle) {
            (Kind::Stored(stored), Handle::Stored(key)) => stored.manager(settings, key),
            (Kind::Sealed(sealed), Handle::Sealed(seal)) => sealed.manager(settings, seal).await,
            _ => unreachable!("a handle is used with the sessions that made it"),
        }
    }

    /// Returns the cookie of a session after a change, if it is another one.
    pub(crate) async fn cookie(&self, settings: &Settings, handle: &Handle) -> Option<String> {
        match (&self.kind, handle) {
            (Kind::Sealed(sealed), Handle::Sealed(seal)) => sealed.newer(settings, seal).await,
            _ => None,
        }
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").finish_non_exhaustive()
    }
}

impl Found {
    fn session(handle: Handle, session: Arc<Authenticated>) -> Self {
        Self::Session {
            handle,
            session,
            cookie: None,
        }
    }
}

impl Handle {
    pub(crate) fn secret(&self) -> &str {
        match self {
            Self::Sealed(seal) => &seal.handle,
            Self::Stored(key) => key,
        }
    }
}

async fn access_token(manager: SessionManager) -> Result<Token, SessionError> {
    if let Some(token) = manager.fresh_access_token() {
        return Ok(token);
    }
    on_a_task(async move { manager.access_token().await }).await
}

/// Runs on a task of its own: a browser that closes the connection does not cancel a refresh that was sent.
pub(crate) async fn on_a_task(
    token: impl Future<Output = Result<Token, SessionError>> + Send + 'static,
) -> Result<Token, SessionError> {
    tokio::spawn(token).await.unwrap_or_else(|_| {
        Err(SessionError::Unavailable {
            retry_in: Duration::from_secs(1),
            cause: None,
        })
    })
}

fn is_fresh(settings: &Settings, seal: &Seal) -> bool {
    let record = &seal.record;
    let due = record
        .session()
        .refresh_in(&settings.refresh, settings.now());
    !record.has_unanswered_refresh() && due != Some(Duration::ZERO)
}

pub(crate) fn found(
    handle: Handle,
    result: Result<Token, SessionError>,
    cookie: Option<String>,
) -> Found {
    match result {
        Ok(token) => Found::Session {
            handle,
            session: Arc::clone(token.session()),
            cookie,
        },
        Err(SessionError::Ended(_)) => Found::Nothing,
        Err(SessionError::AuthenticationChallenge(_)) => Found::Challenged(handle),
        Err(SessionError::Unavailable { retry_in, .. }) => Found::Unavailable(handle, retry_in),
        Err(error) => {
            tracing::error!("the session cannot be used: {error}");
            Found::Unavailable(handle, Duration::from_secs(1))
        }
    }
}
