//! The layer: opens and refreshes the session before the handler, sets the cookie after it.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::response::{IntoResponse, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::cookies::SessionCookie;
use crate::current::{Change, Current, UserState};
use crate::sessions::Found;
use crate::settings::Settings;
use crate::verification::verified;
use crate::web_auth::WebAuth;

impl WebAuth {
    /// Returns the layer that opens, refreshes and saves the session of each request. Apply it once, after the last route.
    #[must_use]
    pub fn layer(&self) -> AuthLayer {
        AuthLayer(self.clone())
    }
}

/// The layer of [`WebAuth::layer`].
#[derive(Clone)]
pub struct AuthLayer(WebAuth);

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService {
            auth: self.0.clone(),
            inner,
        }
    }
}

impl fmt::Debug for AuthLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthLayer").finish_non_exhaustive()
    }
}

/// The service of [`AuthLayer`].
#[derive(Clone)]
pub struct AuthService<S> {
    auth: WebAuth,
    inner: S,
}

impl<S> fmt::Debug for AuthService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthService").finish_non_exhaustive()
    }
}

impl<S> Service<Request> for AuthService<S>
where
    S: Service<Request, Error = Infallible> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let auth = self.auth.clone();
        // The service that was polled ready is the one that is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let cookie = auth.settings().cookies.session(request.headers());
            let current = current(&auth, &cookie).await;
            let names = cookie.names;
            request.extensions_mut().insert(current.clone());
            let mut response = inner.call(request).await?.into_response();
            if let Some(change) = current.0.take_change() {
                set_cookie(auth.settings(), &names, change, &mut response);
            }
            Ok(response)
        })
    }
}

async fn current(auth: &WebAuth, cookie: &SessionCookie<'_>) -> Current {
    let (user, change) = match &cookie.value {
        None if cookie.names.is_empty() => (UserState::LoggedOut, None),
        None => (UserState::LoggedOut, Some(Change::Delete)),
        Some(value) => match find(auth, value).await {
            Found::Nothing => (UserState::LoggedOut, Some(Change::Delete)),
            Found::Challenged(handle) => (UserState::Challenged(handle), None),
            Found::Unavailable(handle, retry_in) => {
                (UserState::Unavailable(handle, retry_in), None)
            }
            Found::Session {
                handle,
                session,
                cookie,
            } => (
                UserState::LoggedIn(handle, session),
                cookie.map(Change::Set),
            ),
        },
    };
    Current::new(auth.clone(), user, change)
}

async fn find(auth: &WebAuth, value: &str) -> Found {
    let found = auth.sessions().find(auth.settings(), value).await;
    match auth.verifies_each_request() {
        true => verified(auth, found).await,
        false => found,
    }
}

fn set_cookie(settings: &Settings, old: &[String], change: Change, response: &mut Response) {
    let set = match change {
        Change::Set(value) => {
            let ttl = settings.session_ttl;
            let set = settings.cookies.set_session(&value, ttl, old);
            // The browser keeps its cookie, by which this process still finds the session.
            set.unwrap_or_else(|error| {
                tracing::error!("the changed session has no cookie: {error}");
                Vec::new()
            })
        }
        Change::Delete => {
            let names = old.iter();
            names.map(|name| settings.cookies.delete(name)).collect()
        }
    };
    if set.is_empty() {
        return;
    }
    for value in set {
        response.headers_mut().append(SET_COOKIE, value);
    }
    // A shared cache must not store the session of a user (RFC 9111 section 7.3).
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
