//! The routes: login, callback, logout.

use std::time::Duration;

use axum::http::header::{CACHE_CONTROL, ORIGIN, REFERRER_POLICY, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use workos_login::url::form_urlencoded;
use workos_login::{
    Authenticated, Callback, Confidential, ConnectionSelector, EndUser, Exchange as _,
    ExchangeLimits, HttpClient as _, Outcome, Screen, Start,
};

use crate::current::{Change, Current};
use crate::login_parameter::LoginParameter;
use crate::pending::{self, Pending};
use crate::return_to;
use crate::sessions::Handle;
use crate::settings::Settings;
use crate::web_auth::WebAuth;

impl WebAuth {
    /// Returns the routes `/login`, `/logout` and the path of the redirect URI. They need the [`layer`](Self::layer).
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new()
            .route("/login", get(login))
            .route(self.settings().origin.path(), get(callback))
            .route("/logout", get(get_logout).post(post_logout))
    }
}

/// `GET /login`: begins a login.
async fn login(Extension(current): Extension<Current>, headers: HeaderMap, uri: Uri) -> Response {
    let auth = &current.0.auth;
    let settings = auth.settings();
    let query = uri.query().unwrap_or_default();
    let (start, return_to) = match start(settings, query) {
        Ok(start) => start,
        Err(problem) => return problem.page("/"),
    };
    // A session that cannot be stored is better not made.
    if let Err(error) = auth.sessions().check(settings).await {
        tracing::error!("no session can be stored: {error}");
        return NOT_STORED.page(&return_to);
    }
    begin(settings, &headers, start, return_to)
}

/// Begins a login with the parameters of the query, and returns the page to return to.
fn start<'a>(
    settings: &'a Settings,
    query: &str,
) -> Result<(Start<'a, Confidential>, String), Problem> {
    let parameters = || form_urlencoded::parse(query.as_bytes());
    let hint = parameters().find(|(name, _)| name == "screen_hint");
    let screen = match hint.as_ref().map(|(_, hint)| &**hint) {
        None => Screen::Default,
        Some("sign-in") => Screen::SignIn,
        Some("sign-up") => Screen::SignUp,
        Some(_) => return Err(INVALID_PARAMETER),
    };
    let selector = ConnectionSelector::AuthKit(screen);
    let redirect_uri = settings.redirect_uri.clone();
    let mut start = settings.client.login(selector, redirect_uri);
    let mut return_to = "/".to_owned();
    for (name, value) in parameters() {
        if name == "return_to" {
            return_to = return_to::path_of(&settings.origin, &value).unwrap_or(return_to);
        } else if let Some(parameter) = LoginParameter::of(&name) {
            if !settings.parameters.contains(&parameter) {
                return Err(PARAMETER_NOT_ALLOWED);
            }
            start = set(start, parameter, &value).ok_or(INVALID_PARAMETER)?;
        }
    }
    Ok((start, return_to))
}

fn begin(
    settings: &Settings,
    headers: &HeaderMap,
    start: Start<'_, Confidential>,
    return_to: String,
) -> Response {
    let (url, login) = start.begin(settings.now(), &mut rand::rng());
    let mut response = redirect(url.as_str());
    for cookie in pending::set(settings, headers, &Pending { login, return_to }) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn set<'a>(
    start: Start<'a, Confidential>,
    parameter: LoginParameter,
    value: &str,
) -> Option<Start<'a, Confidential>> {
    Some(match parameter {
        LoginParameter::LoginHint => start.login_hint(value),
        LoginParameter::MaxAge => start.max_age(Duration::from_secs(value.parse().ok()?)),
        LoginParameter::Organization => start.organization(&value.parse().ok()?),
        LoginParameter::Prompt => start.prompt(value),
        // A part of the connection selector.
        LoginParameter::Screen => start,
    })
}

/// `GET` of the redirect URI: finishes a login.
async fn callback(
    Extension(current): Extension<Current>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let settings = current.0.auth.settings();
    let target = uri.to_string();
    // The state alone does not bind a login to this browser: without its cookie there is no login (RFC 9700 section 4.7).
    let Some((name, pending)) = pending::find(settings, &headers, &target) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "This login was not begun in this browser, or has expired.",
        );
    };
    let mut response = match finish(settings, &headers, pending.login, &target).await {
        Ok(Outcome::AuthenticationChallenge(challenge)) => {
            // The hosted login page leads the user through the challenge.
            let start = challenge.login(&settings.client, settings.redirect_uri.clone());
            begin(settings, &headers, start, pending.return_to)
        }
        Ok(Outcome::Authenticated(session)) => match keep(&current, *session).await {
            Ok(()) => redirect(&pending.return_to),
            Err(problem) => problem.page(&pending.return_to),
        },
        Ok(_) => {
            tracing::error!("the login has an outcome that this version does not know");
            FAILED.page(&pending.return_to)
        }
        Err(problem) => problem.page(&pending.return_to),
    };
    // Also after an error: the code can be used once.
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, settings.cookies.delete(&name));
    response
}

async fn finish(
    settings: &Settings,
    headers: &HeaderMap,
    login: workos_login::AwaitingCallback,
    uri: &str,
) -> Result<Outcome, Problem> {
    let mut end_user = EndUser::new();
    if let Some(agent) = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
    {
        end_user = end_user.user_agent(agent);
    }
    let client = settings.client.for_end_user(end_user);
    let exchanging = Callback::parse(uri)
        .and_then(|callback| Ok(login.accept(&client, callback, settings.now())?))
        .map_err(|error| failure(&error))?;
    // `send` does the same, but its future is `Send` for some clients only.
    let response = settings
        .http
        .execute(exchanging.request(), ExchangeLimits::default());
    let response = response.await.map_err(|error| {
        tracing::warn!("login failed: {error}");
        UNANSWERED
    })?;
    let outcome = exchanging.response(response, settings.now());
    outcome.map_err(|refused| failure(refused.error()))
}

fn failure(error: &workos_login::Error) -> Problem {
    tracing::warn!("login failed: {error}");
    match error {
        workos_login::Error::Denied(_) => DENIED,
        workos_login::Error::Expired(_) => EXPIRED,
        // The service may have used up the code before the response was lost, so the exchange is not repeated (RFC 6749 section 4.1.2).
        workos_login::Error::Unavailable(_) => UNANSWERED,
        _ => FAILED,
    }
}

/// Stores a new session in place of the session of the request, and sets its cookie.
async fn keep(current: &Current, session: Authenticated) -> Result<(), Problem> {
    let auth = &current.0.auth;
    let settings = auth.settings();
    let stored = auth.sessions().log_in(settings, session).await;
    let cookie = stored.map_err(|error| {
        tracing::error!("the session could not be stored: {error}");
        NOT_STORED
    })?;
    settings.cookies.check_length(&cookie).map_err(|error| {
        tracing::error!("the login failed: {error}");
        TOO_LONG
    })?;
    forget(current).await;
    current.0.change(Change::Set(cookie));
    Ok(())
}

/// Ends the session that the new one replaces, in its store. At the service, it belongs to the same browser.
async fn forget(current: &Current) {
    let auth = &current.0.auth;
    if let Some(handle) = current.0.handle() {
        let manager = auth.sessions().manager(auth.settings(), handle).await;
        let _ = manager.log_out().await;
    }
}

/// `POST /logout`. A form of another site cannot send it: the cookies are `SameSite=Lax`, and the origin is compared.
async fn post_logout(Extension(current): Extension<Current>, headers: HeaderMap) -> Response {
    if !is_same_origin(current.0.auth.settings(), &headers) {
        return problem(
            StatusCode::FORBIDDEN,
            "The logout was requested by another site.",
        );
    }
    log_out(&current).await
}

/// `GET /logout?token=…`, with the token of the session.
async fn get_logout(Extension(current): Extension<Current>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let given = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token");
    match (current.0.handle(), given) {
        (Some(handle), Some((_, token)))
            if token
                .as_bytes()
                .ct_eq(logout_token(handle).as_bytes())
                .into() =>
        {
            log_out(&current).await
        }
        _ => problem(
            StatusCode::FORBIDDEN,
            "The link has no token of this session. Log out with a form that is sent by POST.",
        ),
    }
}

async fn log_out(current: &Current) -> Response {
    let auth = &current.0.auth;
    let settings = auth.settings();
    let Some(handle) = current.0.handle() else {
        return redirect("/");
    };
    let manager = auth.sessions().manager(settings, handle).await;
    let logged_out = manager.log_out().await;
    if let Some(error) = logged_out.error() {
        // The cookie stays, so that the user can try again.
        tracing::error!("the session could not be cleared: {error}");
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "The logout failed. Try again.",
        );
    }
    current.0.change(Change::Delete);
    let return_to = settings.logged_out_url.as_deref();
    let session = logged_out.session();
    let url = session.and_then(|session| session.logout_url(&settings.client, return_to));
    redirect(url.as_ref().map_or("/", |url| url.as_str()))
}

/// Returns the token of a session that allows a logout by GET. It reveals nothing of the session's key.
pub(crate) fn logout_token(handle: &Handle) -> String {
    let hash = Sha256::new()
        .chain_update("workos-login logout\0")
        .chain_update(handle.secret())
        .finalize();
    URL_SAFE_NO_PAD.encode(hash)
}

fn is_same_origin(settings: &Settings, headers: &HeaderMap) -> bool {
    // Without either header, the request is not of a current browser, and an older one sends no `SameSite=Lax` cookie with it.
    match (headers.get("sec-fetch-site"), headers.get(ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let own = settings.origin.origin().ascii_serialization();
            origin.as_bytes() == own.as_bytes()
        }
        (None, None) => true,
    }
}

fn redirect(url: &str) -> Response {
    let mut response = Redirect::to(url).into_response();
    no_store(&mut response);
    response
}

/// The page of a request that failed.
struct Problem(StatusCode, &'static str);

const DENIED: Problem = Problem(StatusCode::FORBIDDEN, "The login was denied.");
const EXPIRED: Problem = Problem(StatusCode::BAD_REQUEST, "The login took too long.");
const FAILED: Problem = Problem(StatusCode::BAD_REQUEST, "The login failed.");
const INVALID_PARAMETER: Problem = Problem(
    StatusCode::BAD_REQUEST,
    "A parameter of the login is invalid.",
);
const NOT_STORED: Problem = Problem(
    StatusCode::SERVICE_UNAVAILABLE,
    "The server cannot store logins now. Try again later.",
);
const PARAMETER_NOT_ALLOWED: Problem = Problem(
    StatusCode::BAD_REQUEST,
    "This parameter of the login is not allowed.",
);
const TOO_LONG: Problem = Problem(
    StatusCode::INTERNAL_SERVER_ERROR,
    "The session of this login is too long for cookies. The log of the server contains the details.",
);
const UNANSWERED: Problem = Problem(
    StatusCode::SERVICE_UNAVAILABLE,
    "The login service did not respond. Log in again.",
);

impl Problem {
    /// Returns the page, with a link to a login that returns to the same page as the one that failed.
    fn page(self, return_to: &str) -> Response {
        let Self(status, text) = self;
        let return_to: String = form_urlencoded::byte_serialize(return_to.as_bytes()).collect();
        let page = format!(
            "<!doctype html><html lang=en><meta name=viewport content=\"width=device-width\"><title>Login</title><p>{text}<p><a href=\"/login?return_to={return_to}\">Log in</a>"
        );
        let mut response = (status, Html(page)).into_response();
        no_store(&mut response);
        response
    }
}

fn problem(status: StatusCode, text: &'static str) -> Response {
    Problem(status, text).page("/")
}

/// The URL of a callback has a code: neither a cache nor the next site may see it (RFC 9700 section 4.2.4).
fn no_store(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
