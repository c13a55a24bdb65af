//! The floor: a layer written by hand for one form of session. It finds the cookie, decodes and opens it, and reads the text in one pass of
//! serde_json, with borrowed strings and without checks.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{SystemTime, UNIX_EPOCH};

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::COOKIE;
use serde::Deserialize;
use tower::Service;

use crate::{KEY, contexts};

/// The key ID and the nonce in front, and the tag.
const HEADER_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

#[derive(Clone)]
pub(crate) struct Floor {
    cipher: Aes256Gcm,
    associated_data: Vec<u8>,
}

/// The parts of a session that a handler needs.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) is_fresh: bool,
    /// The text of the session, with the tokens and the user.
    pub(crate) text: Vec<u8>,
}

#[derive(Deserialize)]
struct Seal<'a> {
    #[serde(borrow)]
    handle: &'a str,
    sequence: u64,
    expires: u64,
    #[serde(borrow)]
    record: Record<'a>,
}

#[derive(Deserialize)]
struct Record<'a> {
    #[serde(borrow)]
    session: Stored<'a>,
}

#[derive(Deserialize)]
struct Stored<'a> {
    client_id: &'a str,
    issuer: &'a str,
    organization_id: Option<&'a str>,
    session_id: Option<&'a str>,
    access_token: &'a str,
    refresh_token: &'a str,
    authentication_method: Option<&'a str>,
    received_at: u64,
    lifetime: u64,
    #[serde(borrow)]
    user: User<'a>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "the members are read")]
struct User<'a> {
    id: &'a str,
    email: Option<&'a str>,
    email_verified: Option<bool>,
    name: Option<&'a str>,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    profile_picture_url: Option<&'a str>,
    locale: Option<&'a str>,
    external_id: Option<&'a str>,
    last_sign_in_at: Option<&'a str>,
    created_at: Option<&'a str>,
    updated_at: Option<&'a str>,
}

impl Floor {
    pub(crate) fn new() -> Self {
        // The associated data of the library: the key ID, and each part with its length in front.
        let mut associated_data = 1u32.to_be_bytes().to_vec();
        for part in contexts() {
            associated_data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            associated_data.extend_from_slice(part.as_bytes());
        }
        Self {
            cipher: Aes256Gcm::new(&KEY.into()),
            associated_data,
        }
    }

    /// Opens the value of a cookie.
    pub(crate) fn open(&self, value: &str) -> Option<Session> {
        let mut sealed = URL_SAFE_NO_PAD.decode(value.strip_prefix("1.")?).ok()?;
        let end = sealed.len().checked_sub(TAG_BYTES)?;
        let tag: [u8; TAG_BYTES] = sealed[end..].try_into().ok()?;
        let nonce: [u8; 12] = sealed[4..HEADER_BYTES].try_into().ok()?;
        let text = &mut sealed[HEADER_BYTES..end];
        self.cipher
            .decrypt_inout_detached(
                &nonce.into(),
                &self.associated_data,
                text.into(),
                &tag.into(),
            )
            .ok()?;
        let seal: Seal<'_> = serde_json::from_slice(&sealed[HEADER_BYTES..end]).ok()?;
        let session = &seal.record.session;
        std::hint::black_box((
            seal.handle,
            seal.sequence,
            session.client_id,
            session.issuer,
        ));
        std::hint::black_box((session.organization_id, session.session_id));
        std::hint::black_box((session.access_token, session.refresh_token));
        std::hint::black_box((session.authentication_method, &session.user));
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()?
            .as_millis() as u64;
        let due = session.received_at + session.lifetime - 300_000;
        Some(Session {
            is_fresh: now < seal.expires && now < due,
            text: sealed,
        })
    }
}

/// The service of the layer.
#[derive(Clone)]
pub(crate) struct FloorService<S> {
    pub(crate) floor: std::sync::Arc<Floor>,
    pub(crate) inner: S,
}

impl<S> Service<Request> for FloorService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let cookies = request
            .headers()
            .get(COOKIE)
            .and_then(|value| value.to_str().ok());
        let session = cookies
            .and_then(|cookies| cookies.strip_prefix(contexts()[0])?.strip_prefix('='))
            .and_then(|value| self.floor.open(value));
        if let Some(session) = session {
            request.extensions_mut().insert(session);
        }
        Box::pin(self.inner.call(request))
    }
}
