//! The floor: a login that is written by hand for one client, over the same JSON and hash libraries.
//!
//! The authorization URL continues a prefix that was encoded once. `state` and code verifier are arrays, the callback is scanned in
//! place, and the response is read as borrowed strings. It allocates the URL, and three times for the request. It wipes nothing, hides nothing from `Debug`,
//! returns no state with an error, and rejects a response with an escape in a text.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{ACCEPT, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use rand::CryptoRng;
use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use url::form_urlencoded::byte_serialize;

use crate::response::{Body, BorrowedBody, Claims, OwnedBody};
use crate::work::Work;
use crate::{Row, scene, stored};

pub(crate) fn work(row: Row) -> Option<Work> {
    let (app, mut rng) = (App::new(), scene::seeded());
    let mut text = String::with_capacity(256);
    Some(match row {
        Row::Begin => Work::new(|| (), move |()| app.begin(&mut rng)),
        Row::BeginSystem => Work::new(|| (), move |()| app.begin(&mut UnwrapErr(SysRng))),
        Row::Callback => {
            let (url, pending) = app.begin(&mut rng);
            scene::redirect(&mut text, &url);
            Work::new(|| (), move |()| pending.code(&text).map(str::len))
        }
        Row::CallbackAndRequest => {
            let (url, pending) = app.begin(&mut rng);
            scene::redirect(&mut text, &url);
            Work::new(|| (), move |()| app.request(&pending, &text))
        }
        Row::ToRequest => Work::new(|| (), move |()| app.to_request(&mut rng, &mut text)),
        Row::ToErrorResponse => Work::new(scene::error_response, move |response| {
            let request = app.to_request(&mut rng, &mut text);
            (request, read_error(&response).map(str::len))
        }),
        Row::Response => Work::new(scene::success, |response| read_borrowed(&response)),
        Row::WholeLogin => Work::new(scene::success, move |response| {
            let request = app.to_request(&mut UnwrapErr(SysRng), &mut text);
            (request, read_borrowed(&response))
        }),
        Row::StorePending | Row::LoadPending | Row::StoreSession | Row::LoadSession => {
            return stored::work(row);
        }
    })
}

/// Returns the work of a token response with texts of their own and wiped tokens.
pub(crate) fn owned_work(row: Row) -> Option<Work> {
    (row == Row::Response).then(|| {
        Work::new(scene::success, |response| {
            read(&response, |body: OwnedBody, claims| {
                (body, claims.lifetime(), claims.sid.map(Box::<str>::from))
            })
        })
    })
}

/// Creates pending logins.
pub(crate) fn pending(count: usize) -> Vec<Pending> {
    let (app, mut rng) = (App::new(), scene::seeded());
    let mut all = Vec::with_capacity(count);
    all.extend((0..count).map(|_| app.begin(&mut rng).1));
    all
}

/// The parts that are the same in all logins.
pub(crate) struct App {
    authorization_prefix: String,
    token_endpoint: Uri,
}

/// A pending login.
pub(crate) struct Pending {
    state: [u8; 43],
    verifier: [u8; 43],
    begun: u64,
}

impl App {
    pub(crate) fn new() -> Self {
        let redirect_uri: String = byte_serialize(scene::REDIRECT_URI.as_bytes()).collect();
        Self {
            authorization_prefix: format!(
                "https://api.workos.com/user_management/authorize?client_id={}&redirect_uri={redirect_uri}&response_type=code\
                 &provider=authkit&code_challenge_method=S256&code_challenge=",
                scene::CLIENT_ID
            ),
            token_endpoint: Uri::from_static("https://api.workos.com/user_management/authenticate"),
        }
    }

    pub(crate) fn begin(&self, rng: &mut impl CryptoRng) -> (String, Pending) {
        let mut random = [0; 66];
        rng.fill_bytes(&mut random);
        let (state, verifier) = (token(&random[..33]), token(&random[33..]));
        let mut challenge = [0; 43];
        URL_SAFE_NO_PAD
            .encode_slice(Sha256::digest(verifier), &mut challenge)
            .expect("32 bytes are 43 characters");
        let mut url = String::with_capacity(self.authorization_prefix.len() + 128);
        for part in [
            &self.authorization_prefix,
            text(&challenge),
            "&state=",
            text(&state),
        ] {
            url.push_str(part);
        }
        let pending = Pending {
            state,
            verifier,
            begun: seconds(scene::now()),
        };
        (url, pending)
    }

    pub(crate) fn request(&self, pending: &Pending, callback: &str) -> Option<Request<Vec<u8>>> {
        let code = pending.code(callback)?;
        let mut body = Vec::with_capacity(256);
        for part in [
            r#"{"grant_type":"authorization_code","code":""#,
            code,
            r#"","code_verifier":""#,
            text(&pending.verifier),
            r#"","client_id":""#,
            scene::CLIENT_ID,
            r#""}"#,
        ] {
            body.extend_from_slice(part.as_bytes());
        }
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.token_endpoint.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("floor/0"));
        Some(request)
    }

    fn to_request(
        &self,
        rng: &mut impl CryptoRng,
        callback: &mut String,
    ) -> Option<(String, Request<Vec<u8>>)> {
        let (url, pending) = self.begin(rng);
        scene::redirect(callback, &url);
        Some((url, self.request(&pending, callback)?))
    }
}

impl Pending {
    /// Returns the code of a callback with this `state`, which the caller writes into JSON as it is.
    fn code<'a>(&self, callback: &'a str) -> Option<&'a str> {
        let (address, query) = callback.split_once('?')?;
        let (mut state, mut code) = (None, None);
        for pair in query.split('&') {
            match pair.split_once('=')? {
                ("state", value) => state = Some(value),
                ("code", value) => code = Some(value),
                _ => {}
            }
        }
        let is_state = state?.as_bytes() == self.state;
        let age = seconds(scene::now()).checked_sub(self.begun)?;
        let is_plain = |code: &&str| code.bytes().all(|b| b.is_ascii_alphanumeric());
        (is_state && address == scene::REDIRECT_URI && age <= 600)
            .then_some(code?)
            .filter(is_plain)
    }
}

/// Returns 43 characters of the base64url alphabet, made of 33 random bytes.
pub(crate) fn token(random: &[u8]) -> [u8; 43] {
    let mut encoded = [0; 44];
    URL_SAFE_NO_PAD
        .encode_slice(random, &mut encoded)
        .expect("33 bytes are 44 characters");
    *encoded.first_chunk().expect("44 is more than 43")
}

pub(crate) fn text(base64: &[u8]) -> &str {
    std::str::from_utf8(base64).expect("base64 is ASCII")
}

/// Reads a token response and the claims of its access token, and passes both to `with`.
pub(crate) fn read<'a, B: Body + Deserialize<'a>, T>(
    response: &'a Response<Vec<u8>>,
    with: impl FnOnce(B, &Claims<'_>) -> T,
) -> Option<T> {
    if response.status() != StatusCode::OK || !is_json(response) {
        return None;
    }
    let body: B = serde_json::from_slice(response.body()).ok()?;
    let mut buffer = [0; 1024];
    let claims = Claims::read(body.access_token(), &mut buffer)?;
    Some(with(body, &claims))
}

fn read_borrowed(response: &Response<Vec<u8>>) -> Option<(usize, Option<Duration>, Option<usize>)> {
    read(response, |body: BorrowedBody<'_>, claims| {
        (
            body.user.id.len(),
            claims.lifetime(),
            claims.sid.map(str::len),
        )
    })
}

/// Returns lifetime and session ID of an access token, for a library that reads no claims.
pub(crate) fn claims(access_token: &str) -> (Option<Duration>, Option<String>) {
    let mut buffer = [0; 1024];
    match Claims::read(access_token, &mut buffer) {
        Some(claims) => (claims.lifetime(), claims.sid.map(Into::into)),
        None => (None, None),
    }
}

fn is_json(response: &Response<Vec<u8>>) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

fn read_error(response: &Response<Vec<u8>>) -> Option<&str> {
    #[derive(Deserialize)]
    struct ErrorBody<'a> {
        code: Option<&'a str>,
        error: Option<&'a str>,
    }
    if response.status().is_success() {
        return None;
    }
    let body: ErrorBody<'_> = serde_json::from_slice(response.body()).ok()?;
    body.code.or(body.error)
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

impl<'a> Claims<'a> {
    fn read(access_token: &str, buffer: &'a mut [u8; 1024]) -> Option<Self> {
        let payload = access_token.split('.').nth(1)?;
        let length = URL_SAFE_NO_PAD.decode_slice(payload, buffer).ok()?;
        serde_json::from_slice(&buffer[..length]).ok()
    }

    /// Returns `exp − iat`.
    pub(crate) fn lifetime(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.exp?.checked_sub(self.iat?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_read_with_borrowed_and_with_owned_texts() {
        let response = scene::success();
        let borrowed = read(&response, |body: BorrowedBody<'_>, claims| {
            (body.user.id.to_owned(), claims.lifetime())
        });
        let owned = read(&response, |body: OwnedBody, claims| {
            (body.user.id.into_string(), claims.lifetime())
        });
        assert_eq!(borrowed, owned);
        assert_eq!(
            owned.unwrap().1,
            Some(Duration::from_secs(4_102_444_800 - 1_780_000_000))
        );
    }

    #[test]
    fn rejects_a_callback_with_a_different_state() {
        let app = App::new();
        let (_, pending) = app.begin(&mut scene::seeded());
        assert!(
            app.request(&pending, &scene::callback_with("made-up"))
                .is_none()
        );
    }

    #[test]
    fn an_error_response_has_its_code() {
        assert_eq!(read_error(&scene::error_response()), Some("invalid_grant"));
    }
}
