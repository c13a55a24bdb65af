//! Where the sessions are: in sealed cookies, or in stores under keys that cookies hold.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use workos_login::secrecy::SecretString;
use workos_login::{Any, Authenticated, Client};
use workos_login_session::{SealingKeys, SessionError, SessionManager, Store, StoreFactory, Token};

use crate::sealed::{Seal, SealedCookies};
use crate::web_auth::WebAuth;

/// Where the sessions are. [`SealedCookies`] and every [`StoreFactory`] implement it; the trait is sealed.
pub trait Sessions: private::Sealed {}

impl<S: private::Sealed> Sessions for S {}

pub(crate) mod private {
    use super::{Arc, Backend, SealedCookies, StoreFactory};

    #[expect(unnameable_types, reason = "it seals the trait")]
    pub trait Sealed {
        fn into_backend(self) -> Backend;
    }

    impl Sealed for SealedCookies {
        fn into_backend(self) -> Backend {
            Backend(super::Kind::Sealed(self))
        }
    }

    impl<F: StoreFactory> Sealed for F {
        fn into_backend(self) -> Backend {
            Backend(super::Kind::Stores(Arc::new(self)))
        }
    }
}

/// One of the two kinds of sessions.
#[expect(unnameable_types, reason = "a sealed trait returns it")]
pub struct Backend(Kind);

enum Kind {
    Sealed(SealedCookies),
    Stores(Arc<dyn StoreFactory>),
}

/// The session of a request, before its access token is known to be usable.
pub(crate) enum Handle {
    Sealed(Box<Seal>),
    Stored(String),
}

/// What a session cookie leads to.
pub(crate) enum Found {
    /// No session: the cookie is deleted.
    Nothing,
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
        match &self.0 {
            Kind::Sealed(sealed) => sealed.keys.clone(),
            Kind::Stores(stores) => stores.sealing_keys(),
        }
    }

    /// Finds the session of a cookie, and refreshes it if it is due.
    pub(crate) async fn find(&self, auth: &WebAuth, value: &str) -> Found {
        match &self.0 {
            Kind::Sealed(sealed) => {
                let Some(seal) = sealed.open(auth, value) else {
                    return Found::Nothing;
                };
                let manager = match sealed.known(auth, &seal) {
                    Some(manager) => manager,
                    None if is_fresh(auth, &seal) => {
                        let session = Arc::clone(seal.record().session());
                        return Found::session(Handle::Sealed(Box::new(seal)), session);
                    }
                    None => sealed.manager(auth, &seal).await,
                };
                let result = access_token(manager).await;
                let cookie = sealed.newer(auth, &seal).await;
                found(Handle::Sealed(Box::new(seal)), result, cookie)
            }
            Kind::Stores(stores) => {
                if !is_key(value) {
                    return Found::Nothing;
                }
                let manager = auth.manager(store(auth, &**stores, value));
                let result = access_token(manager).await;
                found(Handle::Stored(value.to_owned()), result, None)
            }
        }
    }

    /// Stores a new session and returns the value of its cookie.
    pub(crate) async fn log_in(
        &self,
        auth: &WebAuth,
        session: Authenticated,
    ) -> Result<String, SessionError> {
        match &self.0 {
            Kind::Sealed(sealed) => Ok(sealed.begin(auth, session)),
            Kind::Stores(stores) => {
                // A new key for each login: one that was known before it is worth nothing after it (session fixation).
                let key = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
                let manager = auth.manager(store(auth, &**stores, &key));
                manager.log_in(session).await?;
                Ok(key)
            }
        }
    }

    pub(crate) async fn manager(&self, auth: &WebAuth, handle: &Handle) -> SessionManager {
        match (&self.0, handle) {
            (Kind::Stores(stores), Handle::Stored(key)) => {
                auth.manager(store(auth, &**stores, key))
            }
            (Kind::Sealed(sealed), Handle::Sealed(seal)) => sealed.manager(auth, seal).await,
            _ => unreachable!("a handle is used with the sessions that made it"),
        }
    }

    /// Returns the cookie of a session after a change, if it is another one.
    pub(crate) async fn cookie(&self, auth: &WebAuth, handle: &Handle) -> Option<String> {
        match (&self.0, handle) {
            (Kind::Sealed(sealed), Handle::Sealed(seal)) => sealed.newer(auth, seal).await,
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
            Self::Sealed(seal) => seal.handle(),
            Self::Stored(key) => key,
        }
    }
}

/// Runs on a task of its own: a browser that closes the connection does not cancel a refresh that was sent.
async fn access_token(manager: SessionManager) -> Result<Token, SessionError> {
    if let Some(token) = manager.fresh_access_token() {
        return Ok(token);
    }
    let task = tokio::spawn(async move { manager.access_token().await });
    task.await.unwrap_or_else(|_| {
        Err(SessionError::Unavailable {
            retry_in: Duration::from_secs(1),
            cause: None,
        })
    })
}

fn is_fresh(auth: &WebAuth, seal: &Seal) -> bool {
    let record = seal.record();
    let due = record
        .session()
        .refresh_in(auth.refresh_policy(), auth.now());
    !record.has_unanswered_refresh() && due != Some(Duration::ZERO)
}

fn found(handle: Handle, result: Result<Token, SessionError>, cookie: Option<String>) -> Found {
    match result {
        Ok(token) => Found::Session {
            handle,
            session: Arc::clone(token.session()),
            cookie,
        },
        Err(SessionError::Ended(_) | SessionError::AuthenticationChallenge(_)) => Found::Nothing,
        Err(SessionError::Unavailable { retry_in, .. }) => Found::Unavailable(handle, retry_in),
        Err(error) => {
            tracing::error!("the session cannot be used: {error}");
            Found::Unavailable(handle, Duration::from_secs(1))
        }
    }
}

fn store(auth: &WebAuth, stores: &dyn StoreFactory, key: &str) -> Arc<dyn Store> {
    let client = Client::<Any>::from(auth.client().clone());
    stores.store(&client, &SecretString::from(key))
}

fn is_key(value: &str) -> bool {
    URL_SAFE_NO_PAD
        .decode(value)
        .is_ok_and(|key| key.len() == 32)
}
