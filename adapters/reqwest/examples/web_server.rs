//! A web server that signs its users in: a confidential client.
//!
//! A pending login is stored on the server under a random ID, which the browser holds in a cookie. This binds the login
//! to the browser that began it (login CSRF, RFC 9700 section 4.7).
//!
//! ```console
//! $ WORKOS_CLIENT_ID=client_123 WORKOS_API_KEY=sk_123 cargo run -p workos-login-reqwest --example web_server
//! ```
//!
//! Then open `http://127.0.0.1:3000/`. `http://127.0.0.1:3000/callback` must be a redirect URI of the client.
//! `WORKOS_BASE_URL` is the base URL of another service, and `PUBLIC_URL` the URL of this server.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use tokio::net::TcpListener;
use workos_login_reqwest::workos_login::{
    self, Authenticated, AwaitingCallback, Callback, Client, Confidential, ConnectionSelector,
    HttpClient, RedirectUri, Screen,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
    let id = variable("WORKOS_CLIENT_ID")?.parse()?;
    let mut workos = Client::confidential(id, variable("WORKOS_API_KEY")?.parse()?);
    if let Ok(url) = env::var("WORKOS_BASE_URL") {
        workos = workos.base_url(url.parse()?)?;
    }
    let public_url = env::var("PUBLIC_URL").unwrap_or("http://127.0.0.1:3000".to_owned());

    let app = Arc::new(App {
        http: workos_login_reqwest::client()?,
        workos,
        redirect_uri: format!("{public_url}/callback").parse()?,
        https: public_url.starts_with("https:"),
        pending: Mutex::default(),
        sessions: Mutex::default(),
    });
    let router = Router::new()
        .route("/", get(home))
        .route("/login", get(login))
        .route("/callback", get(callback))
        .with_state(app);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("Open {public_url}/");
    Ok(axum::serve(listener, router).await?)
}

struct App {
    http: workos_login_reqwest::Client,
    workos: Client<Confidential>,
    redirect_uri: RedirectUri,
    https: bool,
    // Maps keep the example short. Both states can be serialized: a server that restarts or has several machines
    // stores them encrypted in its database.
    pending: Mutex<HashMap<String, AwaitingCallback>>,
    sessions: Mutex<HashMap<String, Authenticated>>,
}

async fn home(State(app): State<Arc<App>>, cookies: CookieJar) -> Html<String> {
    let sessions = app.sessions.lock().unwrap_or_else(PoisonError::into_inner);
    let session = cookies
        .get(SESSION)
        .and_then(|cookie| sessions.get(cookie.value()));
    Html(match session {
        Some(session) => format!(
            "<p>Hello {}",
            escape(session.user().map_or("", |user| user.id()))
        ),
        None => "<p><a href=/login>Log in</a>".to_owned(),
    })
}

async fn login(State(app): State<Arc<App>>, cookies: CookieJar) -> Response {
    let now = SystemTime::now();
    let (url, pending) = app
        .workos
        .login(
            ConnectionSelector::AuthKit(Screen::Default),
            app.redirect_uri.clone(),
        )
        .begin(now, &mut rand::rng());
    let lifetime = pending.expires_in(now);
    let id = random_id();
    {
        let mut kept = app.pending.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, pending| !pending.expires_in(now).is_zero());
        // The number of logins that a visitor can begin is not limited otherwise.
        if kept.len() >= MAX_PENDING {
            return (StatusCode::SERVICE_UNAVAILABLE, "Try again later.").into_response();
        }
        kept.insert(id.clone(), pending);
    }
    let cookies = cookies.add(app.cookie(LOGIN, id, lifetime));
    (cookies, Redirect::to(url.as_str())).into_response()
}

async fn callback(State(app): State<Arc<App>>, cookies: CookieJar, uri: Uri) -> Response {
    match finish(&app, &cookies, &uri).await {
        Ok(session) => {
            let id = random_id();
            app.sessions
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(id.clone(), session);
            let cookies = cookies
                .remove(Cookie::build(LOGIN).path("/"))
                .add(app.cookie(SESSION, id, DAY));
            (cookies, Redirect::to("/")).into_response()
        }
        Err(error) => {
            eprintln!("login failed: {error}");
            let page = "<p>The login failed.<p><a href=/login>Log in</a>";
            (StatusCode::BAD_REQUEST, Html(page)).into_response()
        }
    }
}

async fn finish(
    app: &App,
    cookies: &CookieJar,
    uri: &Uri,
) -> Result<Authenticated, Box<dyn Error + Send + Sync>> {
    let callback = Callback::parse(&uri.to_string())?;
    // The cookie identifies the pending login. The state alone does not bind it to this browser.
    let id = cookies.get(LOGIN).map_or("", Cookie::value);
    let pending = app
        .pending
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .remove(id)
        .ok_or(workos_login::Error::NoPendingLogin)?;
    let exchanging = match pending.accept(&app.workos, callback, SystemTime::now()) {
        Ok(exchanging) => exchanging,
        Err(refused) => {
            let (pending, error) = refused.into_parts();
            if matches!(error, workos_login::Error::CallbackMismatch(_)) {
                // The callback of this login can still arrive.
                let mut kept = app.pending.lock().unwrap_or_else(PoisonError::into_inner);
                kept.insert(id.to_owned(), pending);
            }
            return Err(error.into());
        }
    };
    Ok(app.http.send(exchanging).await?.authenticated()?)
}

impl App {
    /// Returns a cookie that scripts cannot read and that the browser sends with the callback.
    fn cookie(&self, name: &'static str, value: String, lifetime: Duration) -> Cookie<'static> {
        let mut cookie = Cookie::new(name, value);
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_secure(self.https);
        cookie.set_path("/");
        cookie.set_max_age(lifetime.try_into().ok());
        cookie
    }
}

fn random_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

const LOGIN: &str = "login";
const SESSION: &str = "session";
const DAY: Duration = Duration::from_secs(86_400);
const MAX_PENDING: usize = 10_000;
