//! The floor: the same work in hand-written code over the same libraries, with owned strings and the necessary checks.
//!
//! It omits what a library adds: no secret is wiped or hidden from `Debug`, an error loses the pending login, one member of an
//! unexpected type fails the whole response, and there is only one kind of login.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::work::{Offer, Work};
use crate::{Row, scene};

pub(crate) fn offer(row: Row) -> Offer {
    Offer::Does(match row {
        Row::BeginSeeded => {
            let mut rng = scene::seeded();
            Work::new(|| (), move |()| begin(&mut rng))
        }
        Row::BeginSystem => Work::new(|| (), |()| begin(&mut UnwrapErr(SysRng))),
        Row::ReadCallback => {
            let callback_url = scene::callback_with(&begin(&mut scene::seeded()).1.state);
            Work::new(|| (), move |()| Callback::parse(&callback_url))
        }
        Row::BuildRequest => {
            let token = token_endpoint();
            let input = || {
                let (_, pending) = begin(&mut scene::seeded());
                let callback = Callback::parse(&scene::callback_with(&pending.state));
                (pending, callback.expect("a valid callback"))
            };
            Work::new(input, move |(pending, callback)| {
                accept(pending, callback, &token)
            })
        }
        Row::ReadSuccess => Work::new(scene::success, |response| read_success(&response)),
        Row::WholeLogin => {
            let token = token_endpoint();
            let (mut rng, mut callback_url) = (scene::seeded(), String::with_capacity(256));
            Work::new(scene::success, move |response| {
                let (url, pending) = begin(&mut rng);
                scene::redirect(&mut callback_url, &url);
                let callback = Callback::parse(&callback_url)?;
                let request = accept(pending, callback, &token)?;
                Some((read_success(&response)?, request, url))
            })
        }
        Row::ReadErrorResponse => Work::new(scene::error_response, |response| {
            read_error_response(&response)
        }),
        Row::Store => {
            let pending = begin(&mut scene::seeded()).1;
            Work::new(|| (), move |()| serde_json::to_string(&pending))
        }
        Row::Load => {
            let pending = begin(&mut scene::seeded()).1;
            let stored =
                serde_json::to_string(&pending).expect("strings and a number can be serialized");
            Work::new(|| (), move |()| serde_json::from_str::<Pending>(&stored))
        }
        Row::Fresh => {
            let session = read_success(&scene::success()).expect("a token response");
            Work::new(scene::now, move |now| session.is_fresh(now))
        }
    })
}

/// Creates pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let mut rng = scene::seeded();
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| begin(&mut rng).1));
    all
}

/// A pending login.
#[derive(Deserialize, Serialize)]
pub(crate) struct Pending {
    state: String,
    verifier: String,
    begun: u64,
}

fn begin(rng: &mut impl CryptoRng) -> (String, Pending) {
    let mut random = [0; 66];
    rng.fill_bytes(&mut random);
    let state = token(&random[..33]);
    let verifier = token(&random[33..]);
    let url = form_urlencoded::Serializer::for_suffix(
        with_capacity_for("https://api.workos.com/user_management/authorize?", 512),
        "https://api.workos.com/user_management/authorize?".len(),
    )
    .append_pair("client_id", scene::CLIENT_ID)
    .append_pair("redirect_uri", scene::REDIRECT_URI)
    .append_pair("response_type", "code")
    .append_pair("code_challenge", &challenge(&verifier))
    .append_pair("code_challenge_method", "S256")
    .append_pair("state", &state)
    .append_pair("provider", "authkit")
    .finish();
    let pending = Pending {
        state,
        verifier,
        begun: seconds(scene::now()),
    };
    (url, pending)
}

fn with_capacity_for(text: &str, more: usize) -> String {
    let mut long = String::with_capacity(text.len() + more);
    long.push_str(text);
    long
}

pub(crate) fn token(random: &[u8]) -> String {
    let mut text = URL_SAFE_NO_PAD.encode(random);
    text.truncate(43);
    text
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

pub(crate) struct Callback {
    redirect_uri: String,
    state: String,
    code: String,
}

impl Callback {
    pub(crate) fn parse(uri: &str) -> Option<Self> {
        let (redirect_uri, query) = uri.split_once('?')?;
        let (mut state, mut code) = (None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = match &*name {
                "state" => &mut state,
                "code" => &mut code,
                _ => continue,
            };
            if known.replace(value).is_some() {
                return None;
            }
        }
        Some(Self {
            redirect_uri: redirect_uri.into(),
            state: state?.into_owned(),
            code: code?.into_owned(),
        })
    }
}

#[derive(Serialize)]
struct TokenRequest<'a> {
    grant_type: &'static str,
    code: &'a str,
    code_verifier: &'a str,
    client_id: &'a str,
}

fn accept(pending: Pending, callback: Callback, token: &Uri) -> Option<Request<Vec<u8>>> {
    let state_matches = bool::from(callback.state.as_bytes().ct_eq(pending.state.as_bytes()));
    let age = seconds(scene::now()).checked_sub(pending.begun)?;
    if !state_matches || callback.redirect_uri != scene::REDIRECT_URI || age > 600 {
        return None;
    }
    let mut body = Vec::with_capacity(256);
    let fields = TokenRequest {
        grant_type: "authorization_code",
        code: &callback.code,
        code_verifier: &pending.verifier,
        client_id: scene::CLIENT_ID,
    };
    serde_json::to_writer(&mut body, &fields).ok()?;
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    *request.uri_mut() = token.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static("floor/0"));
    Some(request)
}

fn token_endpoint() -> Uri {
    Uri::from_static("https://api.workos.com/user_management/authenticate")
}

/// A user of the token response.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) email: Option<String>,
    email_verified: Option<bool>,
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    profile_picture_url: Option<String>,
    locale: Option<String>,
    external_id: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    last_sign_in_at: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Impersonator {
    email: String,
    reason: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct ProviderTokens {
    provider: Option<String>,
    access_token: String,
    refresh_token: Option<String>,
    expires_at: Option<u64>,
    scopes: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the floor keeps the fields of a session")]
struct Success {
    user: User,
    organization_id: Option<String>,
    access_token: String,
    refresh_token: String,
    authentication_method: Option<String>,
    impersonator: Option<Impersonator>,
    oauth_tokens: Option<ProviderTokens>,
    authkit_authorization_code: Option<String>,
}

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the floor keeps the fields of a session")
)]
struct Session {
    success: Success,
    session_id: Option<String>,
    lifetime: Option<Duration>,
    received: u64,
}

impl Session {
    fn is_fresh(&self, now: SystemTime) -> bool {
        let Some(lifetime) = self.lifetime else {
            return true;
        };
        let margin = (lifetime / 2).min(Duration::from_secs(300));
        seconds(now).saturating_sub(self.received) < (lifetime - margin).as_secs()
    }
}

fn read_success(response: &Response<Vec<u8>>) -> Option<Session> {
    if response.status() != StatusCode::OK || !is_json(response) {
        return None;
    }
    let success: Success = serde_json::from_slice(response.body()).ok()?;
    if success.user.id.is_empty() || !success.access_token.bytes().all(|b| b.is_ascii_graphic()) {
        return None;
    }
    let claims = Claims::read(&success.access_token).unwrap_or_default();
    Some(Session {
        lifetime: claims.lifetime(),
        session_id: claims.sid,
        success,
        received: seconds(scene::now()),
    })
}

fn is_json(response: &Response<Vec<u8>>) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

/// The claims of an access token, read for other libraries, too.
#[derive(Default, Deserialize)]
pub(crate) struct Claims {
    exp: Option<u64>,
    iat: Option<u64>,
    pub(crate) sid: Option<String>,
}

impl Claims {
    pub(crate) fn read(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    pub(crate) fn lifetime(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.exp?.checked_sub(self.iat?)?))
    }
}

#[expect(dead_code, reason = "the floor keeps the fields of an error response")]
struct ErrorResponse {
    status: StatusCode,
    code: Option<String>,
    description: Option<String>,
    request_id: Option<String>,
}

#[derive(Default, Deserialize)]
struct ErrorBody {
    code: Option<String>,
    error: Option<String>,
    message: Option<String>,
    error_description: Option<String>,
}

fn read_error_response(response: &Response<Vec<u8>>) -> ErrorResponse {
    let body: ErrorBody = serde_json::from_slice(response.body()).unwrap_or_default();
    let request_id = response.headers().get("x-request-id");
    ErrorResponse {
        status: response.status(),
        code: body.code.or(body.error),
        description: body.message.or(body.error_description),
        request_id: request_id.and_then(|id| Some(id.to_str().ok()?.into())),
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A login up to the token request.
    pub(crate) struct Walk {
        pub(crate) url: String,
        pub(crate) request: Request<Vec<u8>>,
    }

    impl Walk {
        pub(crate) fn new(rng: &mut impl CryptoRng) -> Self {
            let (url, pending) = begin(rng);
            let callback = Callback::parse(&scene::callback_with(&pending.state)).unwrap();
            let request = accept(pending, callback, &token_endpoint()).unwrap();
            Self { url, request }
        }
    }

    #[test]
    fn the_session_has_its_lifetime_and_id() {
        let session = read_success(&scene::success()).unwrap();
        assert_eq!(
            session.success.user.email.as_deref(),
            Some("nadia.okafor@example.org")
        );
        assert_eq!(
            session.lifetime,
            Some(Duration::from_secs(4_102_444_800 - 1_780_000_000))
        );
        assert!(session.session_id.is_some());
    }

    #[test]
    fn rejects_a_callback_with_a_different_state() {
        let (_, pending) = begin(&mut scene::seeded());
        let forged = Callback::parse(&scene::callback_with("made-up")).unwrap();
        assert!(accept(pending, forged, &token_endpoint()).is_none());
    }

    #[test]
    fn an_error_response_has_its_code() {
        let error = read_error_response(&scene::error_response());
        assert_eq!(error.code.as_deref(), Some("invalid_grant"));
    }
}
