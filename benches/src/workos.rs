//! The official `workos` 3.5, without its HTTP client.
//!
//! The crate sends a request and reads the response in one call of a transport. For a request alone, the transport returns an error;
//! for a response alone, that is subtracted from a whole exchange.

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
    let Setup { client, transport } = Setup::new();
    match row {
        Row::BeginSeeded => Offer::Helped(
            Work::new(|| (), move |()| begin(&client)),
            "uses aws-lc's generator; no other can be passed",
        ),
        Row::BeginSystem => Offer::Helped(
            Work::new(|| (), move |()| begin_with_system(&client)),
            "the benchmark generates and encodes `state` and code verifier, because no generator can be passed",
        ),
        Row::ReadCallback => {
            let callback_url = scene::callback_with(&begin(&client).1.state);
            Offer::Helped(
                Work::new(|| (), move |()| Callback::parse(&callback_url)),
                "without a callback parser; the benchmark parses the whole URL",
            )
        }
        Row::BuildRequest => Offer::Helped(
            Work::new(with_callback(client.clone()), move |(pending, callback)| {
                exchange(&client, pending, callback)
            }),
            "the benchmark compares `state`; the body has five more members, which are null",
        ),
        Row::ReadSuccess => Offer::Helped(
            response_to(scene::success),
            "the benchmark reads the claims `exp`, `iat` and `sid`",
        ),
        Row::WholeLogin => {
            let mut callback_url = String::with_capacity(256);
            let input = move || transport.queue(scene::success());
            Offer::Helped(
                Work::new(input, move |()| {
                    let (url, pending) = begin(&client);
                    scene::redirect(&mut callback_url, &url);
                    let callback = Callback::parse(&callback_url)?;
                    Some((exchange(&client, pending, callback), url))
                }),
                "with the help described above",
            )
        }
        Row::ReadErrorResponse => Offer::Does(response_to(scene::error_response)),
        Row::Store => {
            let pending = begin(&client).1;
            Offer::Helped(
                Work::new(|| (), move |()| serde_json::to_string(&pending)),
                "a struct of its two values, without client binding or timestamp",
            )
        }
        Row::Load => {
            let stored =
                serde_json::to_string(&begin(&client).1).expect("strings can be serialized");
            Offer::Helped(
                Work::new(|| (), move |()| serde_json::from_str::<Pending>(&stored)),
                "a struct of its two values, which are not validated",
            )
        }
        Row::Fresh => Offer::Cannot("has only sessions in sealed cookies, and does not read `exp`"),
    }
}

/// Creates pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let client = Setup::new().client;
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| begin(&client).1));
    all
}

/// A pending login.
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
        .expect("client id and redirect URI are set");
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
        .expect("client id and redirect URI are set");
    (url, pending)
}

struct Callback {
    state: String,
    code: String,
}

impl Callback {
    fn parse(callback_url: &str) -> Option<Self> {
        let url = Url::parse(callback_url).ok()?;
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
    (pending, callback.expect("a valid callback"))
}

fn with_callback(client: Client) -> impl FnMut() -> (Pending, Callback) {
    move || callback(&client)
}

/// An exchange with a response, less one without.
fn response_to(response: fn() -> Response<Vec<u8>>) -> Work {
    let (responding, silent) = (Setup::new(), Setup::new());
    let mut begun = with_callback(responding.client.clone());
    let input = move || {
        responding.transport.queue(response());
        begun()
    };
    let whole = Work::new(input, move |(pending, callback)| {
        exchange(&responding.client, pending, callback)
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
        .expect("the transport is always ready");
    Some(result.map(Session::new))
}

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the fields are read for the measurement")
)]
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

/// A client and its transport.
struct Setup {
    client: Client,
    transport: Arc<Queue>,
}

impl Setup {
    fn new() -> Self {
        let transport = Arc::new(Queue::default());
        let client = Client::builder()
            .client_id(scene::CLIENT_ID)
            .transport(transport.clone())
            .build();
        Self { client, transport }
    }
}

/// Returns the queued responses, and an error if there is none.
#[derive(Default)]
struct Queue(Mutex<Vec<HttpResponse>>);

impl Queue {
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
impl HttpTransport for Queue {
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

    fn session_of(response: Response<Vec<u8>>) -> Result<Session, Error> {
        let Setup { client, transport } = Setup::new();
        transport.queue(response);
        let (pending, callback) = callback(&client);
        exchange(&client, pending, callback).unwrap()
    }

    #[test]
    fn reads_a_session_with_help() {
        let session = session_of(scene::success()).unwrap();
        assert_eq!(session.response.user.email, "nadia.okafor@example.org");
        assert!(session.lifetime.is_some() && session.session_id.is_some());
    }

    #[test]
    fn an_error_response_has_its_code() {
        let error = session_of(scene::error_response()).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), Some("invalid_grant"));
    }
}
