//! The routes: login, callback, logout.

use std::error::Error;
use std::time::Duration;

use axum::Extension;
use axum::http::header::{CACHE_CONTROL, ORIGIN, REFERRER_POLICY, SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use workos_login::url::form_urlencoded;
use workos_login::{
    Callback, Confidential, ConnectionSelector, EndUser, Exchange as _, ExchangeLimits,
    HttpClient as _, Outcome, Screen, Start,
};

use crate::current::{Change, Current};
use crate::pending::{self, Pending};
use crate::return_to;
use crate::sessions::Handle;
use crate::web_auth::{LoginParameter, WebAuth};

/// `GET /login`: begins a login.
pub(crate) async fn login(
    Extension(current): Extension<Current>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let auth = &current.0.auth;
    let query = uri.query().unwrap_or_default();
    let selector = ConnectionSelector::AuthKit(Screen::Default);
    let mut start = auth.client().login(selector, auth.redirect_uri().clone());
    let mut return_to = "/".to_owned();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "return_to" {
            return_to = return_to::path_of(auth.origin(), &value).unwrap_or(return_to);
        } else if let Some(parameter) = LoginParameter::of(&name) {
            if !auth.allows(parameter) {
                return problem(
                    StatusCode::BAD_REQUEST,
                    "This parameter of the login is not allowed.",
                );
            }
            start = match set(start, parameter, &value) {
                Some(start) => start,
                None => {
                    return problem(
                        StatusCode::BAD_REQUEST,
                        "A parameter of the login is invalid.",
                    );
                }
            };
        }
    }
    begin(auth, &headers, start, return_to)
}

fn begin(
    auth: &WebAuth,
    headers: &HeaderMap,
    start: Start<'_, Confidential>,
    return_to: String,
) -> Response {
    let (url, login) = start.begin(auth.now(), &mut rand::rng());
    let mut response = redirect(url.as_str());
    for cookie in pending::set(auth, headers, &Pending { login, return_to }) {
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
        LoginParameter::Screen if matches!(value, "sign-in" | "sign-up") => {
            start.parameter("screen_hint", value).ok()?
        }
        LoginParameter::Screen => return None,
    })
}

/// `GET` of the redirect URI: finishes a login.
pub(crate) async fn callback(
    Extension(current): Extension<Current>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let auth = &current.0.auth;
    let target = uri.to_string();
    // The state alone does not bind a login to this browser: without its cookie there is no login (RFC 9700 section 4.7).
    let Some((name, pending)) = pending::find(auth, &headers, &target) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "This login was not begun in this browser, or has expired.",
        );
    };
    let mut response = match finish(auth, &headers, pending.login, &target).await {
        Ok(Outcome::AuthenticationChallenge(challenge)) => {
            // The hosted login page leads the user through the challenge.
            let start = challenge.login(auth.client(), auth.redirect_uri().clone());
            begin(auth, &headers, start, pending.return_to)
        }
        Ok(Outcome::Authenticated(session)) => match auth.sessions().log_in(auth, *session).await {
            Ok(cookie) => {
                forget(&current).await;
                current.0.change(Change::Set(cookie));
                redirect(&pending.return_to)
            }
            Err(error) => {
                tracing::error!("the session could not be stored: {error}");
                problem(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The login could not be stored.",
                )
            }
        },
        Ok(_) => {
            tracing::error!("the login has an outcome that this version does not know");
            problem(StatusCode::BAD_REQUEST, "The login failed.")
        }
        Err(error) => {
            tracing::warn!("login failed: {error}");
            problem(StatusCode::BAD_REQUEST, "The login failed.")
        }
    };
    // Also after an error: the code can be used once.
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, auth.cookies().delete(&name));
    response
}

async fn finish(
    auth: &WebAuth,
    headers: &HeaderMap,
    login: workos_login::AwaitingCallback,
    uri: &str,
) -> Result<Outcome, Box<dyn Error + Send + Sync>> {
    let mut end_user = EndUser::new();
    if let Some(agent) = headers
        .get(USER_AGENT)
        .and_then(|value| value.to_str().ok())
    {
        end_user = end_user.user_agent(agent);
    }
    let client = auth.client().for_end_user(end_user);
    let exchanging = login.accept(&client, Callback::parse(uri)?, auth.now())?;
    // `send` does the same, but its future is `Send` for some clients only.
    let response = auth
        .http()
        .execute(exchanging.request(), ExchangeLimits::default());
    Ok(exchanging.response(response.await?, auth.now())?)
}

/// Ends the session that the new one replaces, in its store. At the service, it belongs to the same browser.
async fn forget(current: &Current) {
    if let Some(handle) = current.0.handle() {
        let manager = current
            .0
            .auth
            .sessions()
            .manager(&current.0.auth, handle)
            .await;
        let _ = manager.log_out().await;
    }
}

/// `POST /logout`. A form of another site cannot send it: the cookies are `SameSite=Lax`, and the origin is compared.
pub(crate) async fn post_logout(
    Extension(current): Extension<Current>,
    headers: HeaderMap,
) -> Response {
    if !is_same_origin(&current.0.auth, &headers) {
        return problem(
            StatusCode::FORBIDDEN,
            "The logout was requested by another site.",
        );
    }
    log_out(&current).await
}

/// `GET /logout?token=…`, with the token of the session.
pub(crate) async fn get_logout(Extension(current): Extension<Current>, uri: Uri) -> Response {
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
    let Some(handle) = current.0.handle() else {
        return redirect("/");
    };
    let logged_out = auth.sessions().manager(auth, handle).await.log_out().await;
    if let Some(error) = logged_out.error() {
        // The cookie stays, so that the user can try again.
        tracing::error!("the session could not be cleared: {error}");
        return problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "The logout failed. Try again.",
        );
    }
    current.0.change(Change::Delete);
    let session = logged_out.session();
    let url = session.and_then(|session| session.logout_url(auth.client(), auth.logged_out_url()));
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

fn is_same_origin(auth: &WebAuth, headers: &HeaderMap) -> bool {
    // Without either header, the request is not of a current browser, and an older one sends no `SameSite=Lax` cookie with it.
    match (headers.get("sec-fetch-site"), headers.get(ORIGIN)) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            origin.as_bytes() == auth.origin().origin().ascii_serialization().as_bytes()
        }
        (None, None) => true,
    }
}

fn redirect(url: &str) -> Response {
    let mut response = Redirect::to(url).into_response();
    no_store(&mut response);
    response
}

fn problem(status: StatusCode, text: &str) -> Response {
    let page = format!("<!doctype html><title>Login</title><p>{text}<p><a href=/login>Log in</a>");
    let mut response = (status, Html(page)).into_response();
    no_store(&mut response);
    response
}

/// The URL of a callback has a code: neither a cache nor the next site may see it (RFC 9700 section 4.2.4).
fn no_store(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
