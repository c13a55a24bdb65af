//! The contenders: services that are called with a request, and functions that open a cookie.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{COOKIE, LOCATION, SET_COOKIE};
use tower::{Service as _, ServiceExt as _};
use workos::helpers::{SessionData, seal_session};
use workos::transport::{HttpRequest, HttpResponse, HttpTransport, TransportError};
use workos_login_axum::workos_login::Client;
use workos_login_axum::{
    LoggedIn, NodeSealedSessions, SealedCookies, SealingKeys, Sessions, WebAuth,
};

use crate::floor::{Floor, FloorService};
use crate::scene::{CLIENT_ID, Service};
use crate::{KEY, NODE_PASSWORD};

/// The configuration of this library.
pub(crate) fn auth(service: &Service, sessions: impl Sessions, verifies: bool) -> WebAuth {
    let id = CLIENT_ID.parse().expect("the client ID is valid");
    let key = "sk_test_fixture".parse().expect("the API key is valid");
    let uri = "https://app.example.com/callback".parse();
    let builder = WebAuth::builder(Client::confidential(id, key), service.clone())
        .redirect_uri(uri.expect("the redirect URI is valid"))
        .sessions(sessions);
    let builder = match verifies {
        true => builder.verify_each_request(),
        false => builder,
    };
    builder.build().expect("the configuration is complete")
}

pub(crate) fn sealed() -> SealedCookies {
    SealedCookies::new(SealingKeys::new(1, &KEY))
}

pub(crate) fn of_node() -> NodeSealedSessions {
    NodeSealedSessions::new(&NODE_PASSWORD.into())
}

/// A trivial application that tells whether it has a user.
pub(crate) fn application() -> Router {
    Router::new().route("/", get(async || "hello"))
}

/// The same with the extractor of this library.
pub(crate) fn application_with_user() -> Router {
    Router::new().route(
        "/",
        get(async |user: Option<LoggedIn>| match user {
            Some(_) => "hello",
            None => "login",
        }),
    )
}

/// Logs in, and returns the value of the session cookie.
pub(crate) async fn log_in(auth: &WebAuth, name: &str) -> String {
    let app = application().merge(auth.routes()).layer(auth.layer());
    let response = app.clone().oneshot(request("/login", None)).await;
    let response = response.unwrap_or_else(|never| match never {});
    let pending = cookies(response.headers(), "__Host-workos-login-");
    let location = response.headers()[LOCATION].to_str().unwrap_or_default();
    let state = location.split("&state=").nth(1).unwrap_or_default();
    let state = state.split('&').next().unwrap_or_default();
    let callback = format!("/callback?code=01KRD61NFP1TMK7DSQQ9C3Z534&state={state}");
    let response = app.oneshot(request(&callback, Some(&pending))).await;
    let response = response.unwrap_or_else(|never| match never {});
    let cookie = cookies(response.headers(), name);
    assert!(
        !cookie.is_empty(),
        "the login failed: {}",
        response.status()
    );
    cookie
}

/// Returns the `Cookie` header for the cookies of a response whose names begin with `prefix`.
fn cookies(headers: &HeaderMap, prefix: &str) -> String {
    let values = headers.get_all(SET_COOKIE).iter();
    let mut cookies = values.filter_map(|value| value.to_str().ok()?.split(';').next());
    let cookie = cookies.find(|cookie| cookie.starts_with(prefix));
    cookie.unwrap_or_default().to_owned()
}

pub(crate) fn request(path: &str, cookie: Option<&str>) -> Request {
    let mut request = http::Request::builder().uri(path);
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    request.body(Body::empty()).expect("the headers are valid")
}

/// A layer of this library over a service that does nothing.
#[derive(Clone)]
pub(crate) struct Layered {
    auth: WebAuth,
    headers: HeaderMap,
}

impl Layered {
    pub(crate) fn new(auth: &WebAuth, cookie: Option<&str>) -> Self {
        Self {
            auth: auth.clone(),
            headers: request("/", cookie).headers().clone(),
        }
    }

    pub(crate) async fn call(&self, count: usize) {
        let inner = tower::service_fn(async |request: Request| {
            std::hint::black_box(&request);
            Ok::<_, Infallible>(Response::new(Body::empty()))
        });
        let mut service = tower::Layer::layer(&self.auth.layer(), inner);
        for _ in 0..count {
            let mut request = Request::new(Body::empty());
            request.headers_mut().clone_from(&self.headers);
            let response = service.call(request).await;
            let response = response.unwrap_or_else(|never| match never {});
            // A cookie that does not open is deleted.
            assert!(!response.headers().contains_key(SET_COOKIE));
        }
    }
}

/// The layer of the floor over the same service.
pub(crate) struct FloorLayered {
    floor: Arc<Floor>,
    headers: HeaderMap,
}

impl FloorLayered {
    pub(crate) fn new(floor: &Arc<Floor>, cookie: Option<&str>) -> Self {
        Self {
            floor: floor.clone(),
            headers: request("/", cookie).headers().clone(),
        }
    }

    pub(crate) async fn call(&self, count: usize) {
        let inner = tower::service_fn(async |request: Request| {
            std::hint::black_box(&request);
            Ok::<_, Infallible>(Response::new(Body::empty()))
        });
        let floor = self.floor.clone();
        let mut service = FloorService { floor, inner };
        for _ in 0..count {
            let mut request = Request::new(Body::empty());
            request.headers_mut().clone_from(&self.headers);
            let response = service.call(request).await;
            let _ = response.unwrap_or_else(|never| match never {});
        }
    }
}

/// The official SDK for Rust.
pub(crate) struct WorkOs {
    client: workos::Client,
    sealed: String,
    password: String,
}

impl WorkOs {
    pub(crate) fn new(service: &Service) -> Self {
        let response = &service.tokens().response;
        let password = "07".repeat(32);
        let data: SessionData =
            serde_json::from_value(response.clone()).expect("the response has the tokens");
        let sealed = seal_session(&data, &password).expect("the password is a key");
        let jwks = service.tokens().jwks.to_string();
        let client = workos::Client::builder()
            .client_id(CLIENT_ID)
            .transport(Arc::new(Jwks(jwks)))
            .build();
        Self {
            client,
            sealed,
            password,
        }
    }

    pub(crate) async fn authenticate(&self, count: usize) {
        for _ in 0..count {
            let session = self
                .client
                .session(self.sealed.as_str(), self.password.as_str());
            let state = session.authenticate().await;
            assert!(state.authenticated, "{}", state.reason);
        }
    }
}

struct Jwks(String);

#[async_trait]
impl HttpTransport for Jwks {
    async fn execute(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
        Ok(HttpResponse {
            status: http::StatusCode::OK,
            headers: HeaderMap::new(),
            body: Bytes::from(self.0.clone()),
        })
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwks")
    }
}
