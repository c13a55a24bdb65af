//! The official `workos` 3.5, without its HTTP client.
//!
//! The crate sends a request and reads the response in one call of a transport. For a request alone, the transport returns an error.

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
use subtle::ConstantTimeEq;
use url::Url;
use workos::helpers::{
    AuthKitAuthorizationUrlParams, AuthKitPkceAuthorizationUrl, generate_code_challenge,
};
use workos::models::AuthenticateResponse;
use workos::transport::{HttpRequest, HttpResponse, HttpTransport, TransportError};
use workos::user_management::AuthenticateWithCodeParams;
use workos::{Client, Error};

use crate::floor::{claims, text, token};
use crate::work::Work;
use crate::{Row, scene};

pub(crate) fn work(row: Row) -> Option<Work> {
    let Setup { client, transport } = Setup::new();
    let mut text = String::with_capacity(256);
    Some(match row {
        Row::Begin => Work::new(|| (), move |()| begin(&client)),
        Row::BeginSystem => Work::new(|| (), move |()| begin_with_system(&client)),
        Row::Callback => {
            let (url, pending) = begin(&client);
            scene::redirect(&mut text, &url);
            Work::new(|| (), move |()| pending.code(&text))
        }
        Row::CallbackAndRequest => {
            let (url, pending) = begin(&client);
            scene::redirect(&mut text, &url);
            Work::new(
                move || pending.clone(),
                move |pending| exchange(&client, pending, &text),
            )
        }
        Row::ToRequest => Work::new(|| (), move |()| login(&client, begin, &mut text)),
        Row::ToErrorResponse => {
            let input = move || transport.queue(scene::error_response());
            Work::new(input, move |()| login(&client, begin, &mut text))
        }
        Row::WholeLogin => {
            let input = move || transport.queue(scene::success());
            Work::new(input, move |()| {
                login(&client, begin_with_system, &mut text)
            })
        }
        Row::Response
        | Row::StorePending
        | Row::LoadPending
        | Row::StoreSession
        | Row::LoadSession => return None,
    })
}

/// Creates pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let client = Setup::new().client;
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| begin(&client).1));
    all
}

/// A pending login.
#[derive(Clone)]
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
        .expect("client ID and redirect URI are set");
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
        state: text(&token(&random[..33])).into(),
        verifier: text(&token(&random[33..])).into(),
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
        .expect("client ID and redirect URI are set");
    (url, pending)
}

impl Pending {
    fn code(&self, callback: &str) -> Option<String> {
        let url = Url::parse(callback).ok()?;
        let value = |wanted| {
            let (_, value) = url.query_pairs().find(|(name, _)| name == wanted)?;
            Some(value.into_owned())
        };
        let is_state = value("state")?.as_bytes().ct_eq(self.state.as_bytes());
        bool::from(is_state).then(|| value("code"))?
    }
}

fn login(
    client: &Client,
    begin: fn(&Client) -> (String, Pending),
    callback: &mut String,
) -> (String, Option<Result<Session, Error>>) {
    let (url, pending) = begin(client);
    scene::redirect(callback, &url);
    (url, exchange(client, pending, callback))
}

fn exchange(client: &Client, pending: Pending, callback: &str) -> Option<Result<Session, Error>> {
    let code = pending.code(callback)?;
    let params = AuthenticateWithCodeParams {
        code_verifier: Some(pending.verifier.into()),
        ..AuthenticateWithCodeParams::new(code)
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
        let (lifetime, session_id) = claims(response.access_token.expose());
        Self {
            response,
            session_id,
            lifetime,
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
        login(&client, begin, &mut String::new()).1.unwrap()
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
