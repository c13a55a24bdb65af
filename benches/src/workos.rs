//! The official `workos` 3.5, without an HTTP client of its own.
//!
//! It sends and reads in one call, through a transport. A request alone is an exchange whose transport does not answer; an
//! answer alone is a whole exchange less that.

use std::fmt;
use std::hint::black_box;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use http::Response;
use rand::Rng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use url::Url;
use workos::helpers::{
    AuthKitAuthorizationUrlParams, AuthKitPkceAuthorizationUrl, generate_code_challenge,
};
use workos::models::AuthenticateResponse;
use workos::transport::{HttpRequest, HttpResponse, HttpTransport, TransportError};
use workos::user_management::AuthenticateWithCodeParams;
use workos::{Client, Error};

use crate::floor::{Claims, token};
use crate::work::{Offer, Work};
use crate::{Row, scene};

pub(crate) fn offer(row: Row) -> Offer {
    let Service { client, line } = Service::new();
    match row {
        Row::BeginSeeded => Offer::Helped(
            Work::new(|| (), move |()| begin(&client)),
            "draws from aws-lc's generator; no other can be given",
        ),
        Row::BeginSystem => Offer::Helped(
            Work::new(|| (), move |()| begin_with_system(&client)),
            "helped: it takes no generator, so state and verifier are drawn and encoded for it",
        ),
        Row::ReadCallback => {
            let address = scene::callback_with(&begin(&client).1.state);
            Offer::Helped(
                Work::new(|| (), move |()| Callback::parse(&address)),
                "helped: it has no callback parser, so a whole URL is parsed",
            )
        }
        Row::BuildRequest => Offer::Helped(
            Work::new(with_callback(client.clone()), move |(pending, callback)| {
                exchange(&client, pending, callback)
            }),
            "helped with comparing the state; the body also says null for five things that it has not",
        ),
        Row::ReadSuccess => Offer::Helped(
            answered(scene::success),
            "helped with the claims exp, iat and sid, which it does not read",
        ),
        Row::WholeLogin => {
            let mut address = String::with_capacity(256);
            let input = move || line.queue(scene::success());
            Offer::Helped(
                Work::new(input, move |()| {
                    let (url, pending) = begin(&client);
                    scene::come_back(&mut address, &url);
                    let callback = Callback::parse(&address)?;
                    Some((exchange(&client, pending, callback), url))
                }),
                "helped as above",
            )
        }
        Row::ReadRefusal => Offer::Does(answered(scene::refusal)),
        Row::Save => {
            let pending = begin(&client).1;
            Offer::Helped(
                Work::new(|| (), move |()| serde_json::to_string(&pending)),
                "helped: a struct of its two values, which says neither whose nor how old it is",
            )
        }
        Row::Load => {
            let stored = serde_json::to_string(&begin(&client).1).expect("texts are JSON");
            Offer::Helped(
                Work::new(|| (), move |()| serde_json::from_str::<Pending>(&stored)),
                "helped: a struct of its two values, which are not checked",
            )
        }
        Row::Fresh => {
            Offer::Cannot("keeps no session but one sealed in a cookie, and reads no exp")
        }
    }
}

/// Pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let client = Service::new().client;
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| begin(&client).1));
    all
}

/// What has to be kept until the callback.
#[derive(Deserialize, Serialize)]
pub(crate) struct Pending {
    state: String,
    verifier: String,
}

fn begin(client: &Client) -> (String, Pending) {
    let AuthKitPkceAuthorizationUrl {
        url,
        code_verifier,
        state,
    } = client
        .authkit()
        .pkce_authorization_url(AuthKitAuthorizationUrlParams {
            redirect_uri: scene::REDIRECT_URI.into(),
            provider: Some("authkit".into()),
            ..Default::default()
        })
        .expect("the client id and the redirect address are there");
    let pending = Pending {
        state,
        verifier: code_verifier,
    };
    (url, pending)
}

fn begin_with_system(client: &Client) -> (String, Pending) {
    let mut random = [0; 66];
    UnwrapErr(SysRng).fill_bytes(&mut random);
    let pending = Pending {
        state: token(&random[..33]),
        verifier: token(&random[33..]),
    };
    let url = client
        .authkit()
        .authorization_url(AuthKitAuthorizationUrlParams {
            redirect_uri: scene::REDIRECT_URI.into(),
            provider: Some("authkit".into()),
            state: Some(pending.state.clone()),
            code_challenge: Some(generate_code_challenge(&pending.verifier)),
            code_challenge_method: Some("S256".into()),
            ..Default::default()
        })
        .expect("the client id and the redirect address are there");
    (url, pending)
}

struct Callback {
    state: String,
    code: String,
}

impl Callback {
    fn parse(address: &str) -> Option<Self> {
        let url = Url::parse(address).ok()?;
        let value = |wanted| {
            let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
            Some(value.into_owned())
        };
        Some(Self {
            state: value("state")?,
            code: value("code")?,
        })
    }
}

fn callback(client: &Client) -> (Pending, Callback) {
    let (_, pending) = begin(client);
    let callback = Callback::parse(&scene::callback_with(&pending.state));
    (pending, callback.expect("this is a callback"))
}

fn with_callback(client: Client) -> impl FnMut() -> (Pending, Callback) {
    move || callback(&client)
}

/// An exchange that is answered, less the one that is not.
fn answered(answer: fn() -> Response<Vec<u8>>) -> Work {
    let (talking, silent) = (Service::new(), Service::new());
    let mut begun = with_callback(talking.client.clone());
    let input = move || {
        talking.line.queue(answer());
        begun()
    };
    let whole = Work::new(input, move |(pending, callback)| {
        exchange(&talking.client, pending, callback)
    });
    whole.less(Work::new(
        with_callback(silent.client.clone()),
        move |(pending, callback)| exchange(&silent.client, pending, callback),
    ))
}

fn exchange(
    client: &Client,
    pending: Pending,
    callback: Callback,
) -> Option<Result<Session, Error>> {
    if !bool::from(callback.state.as_bytes().ct_eq(pending.state.as_bytes())) {
        return None;
    }
    let params = AuthenticateWithCodeParams {
        code_verifier: Some(pending.verifier.into()),
        ..AuthenticateWithCodeParams::new(callback.code)
    };
    let result = client
        .user_management()
        .authenticate_with_code(params)
        .now_or_never()
        .expect("the transport never waits");
    Some(result.map(Session::new))
}

#[cfg_attr(not(test), expect(dead_code, reason = "it is what was to be read"))]
struct Session {
    response: AuthenticateResponse,
    session_id: Option<String>,
    lifetime: Option<Duration>,
}

impl Session {
    fn new(response: AuthenticateResponse) -> Self {
        let claims = Claims::read(response.access_token.expose()).unwrap_or_default();
        Self {
            lifetime: claims.lifetime(),
            session_id: claims.sid,
            response,
        }
    }
}

/// A client, and the line on which its answers come.
struct Service {
    client: Client,
    line: Arc<Line>,
}

impl Service {
    fn new() -> Self {
        let line = Arc::new(Line::default());
        let client = Client::builder()
            .client_id(scene::CLIENT_ID)
            .transport(line.clone())
            .build();
        Self { client, line }
    }
}

/// Answers what was queued before, and else not.
#[derive(Default)]
struct Line(Mutex<Vec<HttpResponse>>);

impl Line {
    fn queue(&self, response: Response<Vec<u8>>) {
        let (head, body) = response.into_parts();
        let response = HttpResponse {
            status: head.status,
            headers: head.headers,
            body: Bytes::from(body),
        };
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push(response);
    }
}

#[async_trait]
impl HttpTransport for Line {
    async fn execute(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        black_box(&request);
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.pop().ok_or_else(|| TransportError::other(Silent))
    }
}

#[derive(Debug)]
struct Silent;

impl fmt::Display for Silent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not sent")
    }
}

impl std::error::Error for Silent {}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered_with(response: Response<Vec<u8>>) -> Result<Session, Error> {
        let Service { client, line } = Service::new();
        line.queue(response);
        let (pending, callback) = callback(&client);
        exchange(&client, pending, callback).unwrap()
    }

    #[test]
    fn with_help_it_reads_the_session() {
        let session = answered_with(scene::success()).unwrap();
        assert_eq!(session.response.user.email, "nadia.okafor@example.org");
        assert!(session.lifetime.is_some() && session.session_id.is_some());
    }

    #[test]
    fn a_refusal_has_its_code() {
        let refused = answered_with(scene::refusal()).map(|_| ()).unwrap_err();
        assert_eq!(refused.code(), Some("invalid_grant"));
    }
}
