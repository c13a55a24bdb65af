//! The same types for async applications that run on tokio.
//!
//! Each method runs its blocking counterpart with [`tokio::task::spawn_blocking`], and is documented there. If the future of a login is
//! dropped, the login is cancelled.

use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::task::spawn_blocking;
use workos_login::url::Url;
use workos_login::{Authenticated, OrganizationId};
use workos_login_session::{SessionError, Token};

use crate::canceller::Canceller;
use crate::error::NativeError;
use crate::link::HandledUrl;
use crate::login::options::Login;
use crate::session::LoggedOut;

/// A native application. See [`NativeApp`](crate::NativeApp).
#[derive(Clone, Debug)]
pub struct NativeApp(crate::NativeApp);

/// The session of a logged-in user. See [`NativeSession`](crate::NativeSession).
#[derive(Clone, Debug)]
pub struct NativeSession(crate::NativeSession);

impl From<crate::NativeApp> for NativeApp {
    fn from(app: crate::NativeApp) -> Self {
        Self(app)
    }
}

impl NativeApp {
    /// Logs the user in. See [`NativeApp::login`](crate::NativeApp::login).
    ///
    /// # Errors
    ///
    /// [`NativeError`]; there is no new session.
    pub async fn login(&self) -> Result<NativeSession, NativeError> {
        self.login_with(|login| login).await
    }

    /// Logs the user in with options. See [`NativeApp::login_with`](crate::NativeApp::login_with).
    ///
    /// # Errors
    ///
    /// [`NativeError`]; there is no new session.
    pub async fn login_with(
        &self,
        options: impl FnOnce(Login<'static>) -> Login<'static>,
    ) -> Result<NativeSession, NativeError> {
        let login = options(Login::new());
        let mut dropped = CancelOnDrop(Some(login.canceller.clone()));
        let app = self.0.clone();
        let session = blocking(move || app.login_with(|_| login)).await;
        dropped.0 = None;
        session.map(NativeSession)
    }

    /// Returns the session of an earlier login. See [`NativeApp::session`](crate::NativeApp::session).
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn session(&self) -> Result<Option<NativeSession>, NativeError> {
        let app = self.0.clone();
        Ok(blocking(move || app.session()).await?.map(NativeSession))
    }

    /// Ends the session, if there is one. See [`NativeApp::log_out`](crate::NativeApp::log_out).
    ///
    /// # Errors
    ///
    /// The store could not be cleared.
    pub async fn log_out(&self) -> Result<LoggedOut, NativeError> {
        let app = self.0.clone();
        blocking(move || app.log_out()).await
    }

    /// Begins a login whose callback is a link. See [`NativeApp::begin`](crate::NativeApp::begin).
    ///
    /// # Errors
    ///
    /// There is no redirect URI, or the store fails.
    pub async fn begin(&self) -> Result<Url, NativeError> {
        self.begin_with(|login| login).await
    }

    /// Begins a login with options. See [`NativeApp::begin_with`](crate::NativeApp::begin_with).
    ///
    /// # Errors
    ///
    /// There is no redirect URI, or the store fails.
    pub async fn begin_with(
        &self,
        options: impl FnOnce(Login<'static>) -> Login<'static>,
    ) -> Result<Url, NativeError> {
        let login = options(Login::new());
        let app = self.0.clone();
        blocking(move || app.begin_with(|_| login)).await
    }

    /// Handles a URL that the operating system passed to the application. See [`NativeApp::handle_url`](crate::NativeApp::handle_url).
    ///
    /// # Errors
    ///
    /// The login is over, unless the error is transient.
    pub async fn handle_url(&self, url: &str) -> Result<HandledUrl<NativeSession>, NativeError> {
        let (app, url) = (self.0.clone(), url.to_owned());
        Ok(match blocking(move || app.handle_url(&url)).await? {
            HandledUrl::Ignored => HandledUrl::Ignored,
            HandledUrl::NotOurs => HandledUrl::NotOurs,
            HandledUrl::Session(session) => HandledUrl::Session(NativeSession(session)),
        })
    }
}

impl NativeSession {
    /// Returns an access token that has not expired. See [`NativeSession::access_token`](crate::NativeSession::access_token).
    ///
    /// # Errors
    ///
    /// There is no such token; the [`SessionError`] says what to do.
    pub async fn access_token(&self) -> Result<Token, SessionError> {
        if let Some(token) = self.0.manager().fresh_access_token() {
            return Ok(token);
        }
        self.run(crate::NativeSession::access_token).await
    }

    /// Refreshes the session, due or not. See [`NativeSession::refresh_now`](crate::NativeSession::refresh_now).
    ///
    /// # Errors
    ///
    /// The session was not refreshed; the [`SessionError`] says what to do.
    pub async fn refresh_now(&self) -> Result<Token, SessionError> {
        self.run(crate::NativeSession::refresh_now).await
    }

    /// Switches the session to another organization. See [`NativeSession::switch_organization`](crate::NativeSession::switch_organization).
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Token, SessionError> {
        let organization = organization.clone();
        self.run(move |session| session.switch_organization(&organization))
            .await
    }

    /// Returns the session as it is stored. See [`NativeSession::authenticated`](crate::NativeSession::authenticated).
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub async fn authenticated(&self) -> Result<Option<Arc<Authenticated>>, SessionError> {
        self.run(crate::NativeSession::authenticated).await
    }

    /// Ends the session. See [`NativeSession::log_out`](crate::NativeSession::log_out).
    ///
    /// # Errors
    ///
    /// The store could not be cleared.
    pub async fn log_out(&self) -> Result<LoggedOut, NativeError> {
        self.run(crate::NativeSession::log_out).await
    }

    /// Verifies the token that names the user. See [`NativeSession::verify`](crate::NativeSession::verify).
    ///
    /// # Errors
    ///
    /// The token was not verified. Do not trust its claims.
    #[cfg(feature = "verify")]
    pub async fn verify(&self) -> Result<crate::VerifiedToken, NativeError> {
        self.run(crate::NativeSession::verify).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&crate::NativeSession) -> T + Send + 'static,
    ) -> T {
        let session = self.0.clone();
        blocking(move || work(&session)).await
    }
}

/// Cancels a login whose future is dropped before its end.
struct CancelOnDrop(Option<Canceller>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        if let Some(canceller) = &self.0 {
            canceller.cancel();
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            // The runtime shuts down, and drops this future, too.
            Err(_) => std::future::pending().await,
        },
    }
}
