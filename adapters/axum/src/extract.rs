//! The extractors: the logged-in user, and the claims of a bearer token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::{ACCEPT, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use workos_login::keys::{AccessClaims, BearerError, Verified};
use workos_login::url::form_urlencoded;
use workos_login::{Authenticated, OrganizationId};
use workos_login_session::SessionError;

use crate::current::{Change, Current, UserState};
use crate::handlers::logout_token;

/// The logged-in user of a request.
///
/// Without one, a request for a page is redirected to `/login` and back to the page, and any other gets 401. `Option<LoggedIn>` is `None`
/// instead. If the session has not ended but cannot be refreshed now, both are rejected with 503 and `Retry-After`.
#[derive(Clone)]
pub struct LoggedIn {
    current: Current,
    session: Arc<Authenticated>,
    page: String,
}

impl LoggedIn {
    /// Returns the session. Its access token has not expired.
    #[must_use]
    pub fn session(&self) -> &Arc<Authenticated> {
        &self.session
    }

    /// Returns the path of a link that logs out, with a token of this session.
    #[must_use]
    pub fn logout_path(&self) -> String {
        let token = self.current.0.handle().map(logout_token);
        format!("/logout?token={}", token.unwrap_or_default())
    }

    /// Requires that the user authenticated no longer than `max_age` ago (step-up authentication).
    ///
    /// # Errors
    ///
    /// [`StepUpRequired`], which redirects to a login with `max_age` and back to this page. The application allows
    /// [`LoginParameter::MaxAge`](crate::LoginParameter::MaxAge).
    pub fn require_auth_within(&self, max_age: Duration) -> Result<(), StepUpRequired> {
        let now = self.current.0.auth.settings().now();
        let authenticated_at = self.session.auth_time();
        let age = authenticated_at.and_then(|time| now.duration_since(time).ok());
        match age {
            Some(age) if age <= max_age => Ok(()),
            _ => Err(StepUpRequired {
                page: self.page.clone(),
                max_age,
            }),
        }
    }

    /// Switches the session to another organization. The response has the new cookie.
    ///
    /// # Errors
    ///
    /// The session was not switched; the [`SessionError`] says what to do.
    pub async fn switch_organization(
        &self,
        organization: &OrganizationId,
    ) -> Result<Arc<Authenticated>, SessionError> {
        let auth = &self.current.0.auth;
        let Some(handle) = self.current.0.handle() else {
            return Ok(Arc::clone(&self.session));
        };
        let manager = auth.sessions().manager(auth.settings(), handle).await;
        let token = manager.switch_organization(organization).await?;
        if let Some(cookie) = auth.sessions().cookie(auth.settings(), handle).await {
            self.current.0.change(Change::Set(cookie));
        }
        Ok(Arc::clone(token.session()))
    }
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LoggedIn").field(&self.session).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for LoggedIn {
    type Rejection = LoginRequired;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, LoginRequired> {
        find(parts)?.ok_or_else(|| LoginRequired(login_required(parts)))
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for LoggedIn {
    type Rejection = LoginRequired;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, LoginRequired> {
        find(parts)
    }
}

fn find(parts: &Parts) -> Result<Option<LoggedIn>, LoginRequired> {
    let current = parts.extensions.get::<Current>();
    let current = current.ok_or(LoginRequired(Reason::NoLayer))?;
    match &current.0.user {
        UserState::LoggedOut | UserState::Challenged(_) => Ok(None),
        UserState::Unavailable(_, retry_in) => Err(LoginRequired(Reason::Unavailable(*retry_in))),
        UserState::LoggedIn(_, session) => Ok(Some(LoggedIn {
            current: current.clone(),
            session: Arc::clone(session),
            page: page(parts),
        })),
    }
}

fn page(parts: &Parts) -> String {
    parts
        .uri
        .path_and_query()
        .map_or("/", |page| page.as_str())
        .to_owned()
}

fn login_required(parts: &Parts) -> Reason {
    // A browser that navigates accepts HTML. A script that fetches data cannot follow a redirect to a login page.
    let accepts_html = parts.headers.get_all(ACCEPT).iter().any(|value| {
        value
            .to_str()
            .is_ok_and(|text| text.to_ascii_lowercase().contains("text/html"))
    });
    if accepts_html && matches!(parts.method, Method::GET | Method::HEAD) {
        Reason::LogIn(page(parts))
    } else {
        Reason::Unauthorized
    }
}

/// The response to a request without a logged-in user.
#[derive(Clone, Debug)]
pub struct LoginRequired(Reason);

#[derive(Clone, Debug)]
enum Reason {
    LogIn(String),
    NoLayer,
    Unauthorized,
    Unavailable(Duration),
}

impl IntoResponse for LoginRequired {
    fn into_response(self) -> Response {
        match self.0 {
            Reason::LogIn(page) => to_login(&[("return_to", &page)]),
            Reason::NoLayer => {
                tracing::error!(
                    "the router has no layer of WebAuth; add `.layer(auth.layer())` after its routes"
                );
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Reason::Unauthorized => StatusCode::UNAUTHORIZED.into_response(),
            Reason::Unavailable(retry_in) => {
                let seconds = retry_in.as_millis().div_ceil(1000).max(1).to_string();
                (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, seconds)]).into_response()
            }
        }
    }
}

/// A more recent authentication is required: [`LoggedIn::require_auth_within`].
#[derive(Clone, Debug)]
pub struct StepUpRequired {
    page: String,
    max_age: Duration,
}

impl IntoResponse for StepUpRequired {
    fn into_response(self) -> Response {
        let seconds = self.max_age.as_secs().to_string();
        to_login(&[("return_to", &self.page), ("max_age", &seconds)])
    }
}

fn to_login(parameters: &[(&str, &str)]) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let mut response = Redirect::to(&format!("/login?{query}")).into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

/// The verified claims of the bearer token of a request, for a resource server (RFC 6750).
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "handlers destructure it")]
pub struct Bearer(pub Verified<AccessClaims>);

impl<S: Sync> FromRequestParts<S> for Bearer {
    type Rejection = BearerRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, BearerRejection> {
        let Some(current) = parts.extensions.get::<Current>() else {
            return Err(BearerRejection(None));
        };
        let verified = current.0.auth.verifier().authorize(&parts.headers).await;
        verified
            .map(Self)
            .map_err(|error| BearerRejection(Some(error)))
    }
}

/// The response to a request that is not authorized.
#[derive(Clone, Debug)]
pub struct BearerRejection(Option<BearerError>);

impl IntoResponse for BearerRejection {
    fn into_response(self) -> Response {
        let Some(error) = self.0 else {
            return LoginRequired(Reason::NoLayer).into_response();
        };
        let mut response = error.status().into_response();
        if let Some(value) = error.www_authenticate() {
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        response
    }
}
