//! The application under test, its browser and the mock server, by one manual clock.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::{get, post};
use futures_lite::stream;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use workos_login_axum::workos_login::secrecy::ExposeSecret as _;
use workos_login_axum::workos_login::url::{Position, Url};
use workos_login_axum::workos_login::{BoxFuture, Client};
use workos_login_axum::workos_login_session::{Clock, ManualClock, SystemClock};
use workos_login_axum::{
    Bearer, LoggedIn, LoginParameter, SealedCookies, SealingKeys, Sessions, StepUpRequired,
    WebAuth, WebAuthBuilder,
};
use workos_login_mock_server::{Config, Server};

pub(crate) const ALICE: &str = "alice@example.com";
/// Bob has two organizations, and logs in with one of them.
pub(crate) const BOB: &str = "bob@example.com";
pub(crate) const CAROL: &str = "carol@example.com";
pub(crate) const SESSION: &str = "__Host-workos-session";

pub(crate) struct World {
    pub(crate) server: Server,
    pub(crate) clock: ManualClock,
    pub(crate) app: Router,
}

pub(crate) fn keys() -> SealingKeys {
    SealingKeys::new(1, &[1; 32])
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = ManualClock::new(SystemTime::now());
        let time = clock.clone();
        let server = Server::start(Config::with(|config| {
            config.set_clock(move || time.now());
            change(config);
        }))
        .unwrap();
        let sessions = SealedCookies::new(keys());
        let app = app(&server, &clock, sessions, Config::CLIENT_ID, |builder| {
            builder
        });
        Self { server, clock, app }
    }

    /// Another process of the application.
    pub(crate) fn process(&self, keys: SealingKeys, client_id: &str) -> Router {
        let sessions = SealedCookies::new(keys);
        app(&self.server, &self.clock, sessions, client_id, |builder| {
            builder
        })
    }

    /// Another process, with sessions in stores.
    pub(crate) fn process_with(&self, sessions: impl Sessions) -> Router {
        self.process_of(sessions, |builder| builder)
    }

    /// Another process, with another configuration.
    pub(crate) fn process_of(
        &self,
        sessions: impl Sessions,
        configure: impl FnOnce(WebAuthBuilder) -> WebAuthBuilder,
    ) -> Router {
        let client_id = Config::CLIENT_ID;
        app(&self.server, &self.clock, sessions, client_id, configure)
    }

    pub(crate) fn refreshes(&self) -> usize {
        let requests = self.server.requests();
        let grants = requests
            .iter()
            .filter_map(|request| request.parameter("grant_type"));
        grants.filter(|grant| grant == "refresh_token").count()
    }
}

/// The manual clock, with real pauses: the requests take real time, so nothing else could tell when a pause is to end.
struct RealPauses(ManualClock);

impl Clock for RealPauses {
    fn now(&self) -> SystemTime {
        self.0.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        SystemClock.sleep(duration)
    }
}

fn app(
    server: &Server,
    clock: &ManualClock,
    sessions: impl Sessions,
    client_id: &str,
    configure: impl FnOnce(WebAuthBuilder) -> WebAuthBuilder,
) -> Router {
    let key = Config::API_KEY.parse().unwrap();
    let client = Client::confidential(client_id.parse().unwrap(), key)
        .base_url(server.base_url().parse().unwrap())
        .unwrap();
    let builder = WebAuth::builder(client, workos_login_reqwest::client().unwrap())
        .redirect_uri("https://app.example.com/callback".parse().unwrap())
        .sessions(sessions)
        .allow([LoginParameter::MaxAge, LoginParameter::Organization])
        .clock(Arc::new(RealPauses(clock.clone())));
    let auth = configure(builder).build().unwrap();
    Router::new()
        .route("/", get(home))
        .route("/admin", get(async |user: LoggedIn| email(&user)))
        .route(
            "/logout-link",
            get(async |user: LoggedIn| user.logout_path()),
        )
        .route("/token", get(token))
        .route("/session", get(session))
        .route("/organization", get(organization))
        .route("/transfer", get(transfer))
        .route("/switch", post(switch))
        .route("/fails", get(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/stream", get(stream))
        .route(
            "/api",
            get(async |Bearer(claims): Bearer| claims.subject().to_owned()),
        )
        .merge(auth.routes())
        .layer(auth.layer())
}

/// A body whose chunks come after the headers.
async fn stream() -> Body {
    Body::from_stream(stream::iter(["a", "b", "c"].map(Ok::<_, Infallible>)))
}

async fn home(user: Option<LoggedIn>) -> String {
    user.map_or("logged out".to_owned(), |user| email(&user))
}

async fn transfer(user: LoggedIn) -> Result<&'static str, StepUpRequired> {
    user.require_auth_within(Duration::from_secs(300))?;
    Ok("transferred")
}

async fn switch(user: LoggedIn, organization: String) -> String {
    let session = user
        .switch_organization(&organization.parse().unwrap())
        .await;
    session.unwrap().organization_id().unwrap().to_string()
}

async fn organization(user: LoggedIn) -> String {
    user.session().organization_id().unwrap().to_string()
}

async fn session(user: LoggedIn) -> String {
    serde_json::to_string(user.session()).unwrap()
}

async fn token(user: LoggedIn) -> String {
    user.session().access_token().expose_secret().to_owned()
}

fn email(user: &LoggedIn) -> String {
    user.session().user().unwrap().email().unwrap().to_owned()
}

/// A response that a browser received.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        let values = self.headers.get_all(SET_COOKIE).iter();
        values.map(|value| value.to_str().unwrap()).collect()
    }
}

/// A browser: a cookie jar.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) async fn get(&mut self, app: &Router, path: &str) -> Page {
        self.send(
            app,
            Method::GET,
            path,
            "",
            &[(ACCEPT.as_str(), "text/html")],
        )
        .await
    }

    pub(crate) async fn send(
        &mut self,
        app: &Router,
        method: Method,
        path: &str,
        body: &str,
        headers: &[(&str, &str)],
    ) -> Page {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(COOKIE, cookies.collect::<Vec<_>>().join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let page = Page {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        };
        for cookie in page.cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        page
    }

    /// Logs in, and returns the response to the callback.
    pub(crate) async fn log_in(&mut self, world: &World, login: &str, email: &str) -> Page {
        self.log_in_to(&world.app, world, login, email).await
    }

    /// Logs in to a process of the application.
    pub(crate) async fn log_in_to(
        &mut self,
        app: &Router,
        world: &World,
        login: &str,
        email: &str,
    ) -> Page {
        let callback = self.begin_at(app, world, login, email).await;
        self.get(app, &callback).await
    }

    /// Begins a login, and returns the path of its callback.
    pub(crate) async fn begin(&mut self, world: &World, login: &str, email: &str) -> String {
        self.begin_at(&world.app, world, login, email).await
    }

    /// Begins a login at a process, and returns the path of its callback.
    pub(crate) async fn begin_at(
        &mut self,
        app: &Router,
        world: &World,
        login: &str,
        email: &str,
    ) -> String {
        let url = self.get(app, login).await.location().to_owned();
        let callback = Url::parse(&world.server.log_in(&url, email).unwrap()).unwrap();
        callback[Position::BeforePath..].to_owned()
    }
}
