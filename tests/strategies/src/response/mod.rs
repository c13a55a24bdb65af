//! Responses of the service to each exchange.
//!
//! A response has a content, damage to its body, and a [`Delivery`]: what a proxy on the way does to status and headers. Without damage
//! and with the default delivery it is what the service sends.

mod challenge;
mod device;
mod error;
mod metadata;
mod tokens;

use std::borrow::Cow;

use serde_json::Value;
use workos_login::http::{HeaderName, HeaderValue, Response, StatusCode};
use workos_login::url::Url;
use workos_login::{Client, ClientKind};

pub use self::challenge::Challenge;
pub use self::device::{DeviceContent, DeviceResponse};
pub use self::error::{ErrorBody, ErrorShape};
pub use self::metadata::{MetadataContent, MetadataResponse};
pub use self::tokens::{Tokens, TokensShape};

use crate::callback::parameter;
use crate::choices::{Choices, values};
use crate::json::Damage;

/// A response of the token endpoint, to any exchange: a code exchange, a poll, a refresh or the answer to a challenge.
///
/// ```
/// use std::time::SystemTime;
/// use proptest::prelude::*;
/// use workos_login::{Client, Exchange, OrganizationId};
/// use workos_login_strategies::{CallbackUri, Machine, Move, State, TokenContent, TokenResponse};
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(response: TokenResponse)| {
///     let mut machine = Machine::new(client.clone());
///     machine.log_in();
///     let State::Authenticated(session) = machine.into_state() else { unreachable!() };
///     let refreshing = session.refresh(&client).unwrap();
///     if let Err(refused) = refreshing.response(response.to_http(&client), SystemTime::now()) {
///         prop_assert!(refused.retry_in(SystemTime::now()).is_none_or(|wait| wait.as_secs() <= 60));
///     }
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TokenResponse {
    content: TokenContent,
    damage: Damage,
    delivery: Delivery,
}

/// The content of a response of the token endpoint.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TokenContent {
    /// Tokens: the exchange was successful.
    Tokens(Tokens),
    /// An error response.
    Error(ErrorBody),
    /// An authentication challenge.
    Challenge(Challenge),
}

impl TokenResponse {
    /// Makes a response without damage.
    #[must_use]
    pub fn new(content: TokenContent) -> Self {
        Self {
            content,
            damage: Damage::Intact,
            delivery: Delivery::default(),
        }
    }

    /// Returns what the response contains.
    #[must_use]
    pub fn content(&self) -> &TokenContent {
        &self.content
    }

    /// Returns whether the response arrives as the service sends it.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.damage == Damage::Intact && self.delivery == Delivery::default()
    }

    /// Sets the nonce of the ID token, if there is one, to that of the login that began with this authorization URL.
    ///
    /// The response to the code exchange of an OAuth client needs it.
    #[must_use]
    pub fn for_login(mut self, authorization_url: &Url) -> Self {
        if let TokenContent::Tokens(tokens) = &mut self.content {
            tokens.nonce(parameter(authorization_url, "nonce").map(Cow::into_owned));
        }
        self
    }

    /// Returns the HTTP response to a request of `client`, to which an ID token is issued.
    #[must_use]
    pub fn to_http<K: ClientKind>(&self, client: &Client<K>) -> Response<Vec<u8>> {
        let (status, body, retry_after) = match &self.content {
            TokenContent::Tokens(tokens) => (200, tokens.body(client), None),
            TokenContent::Error(error) => (error.status(), error.body(), error.retry_after()),
            TokenContent::Challenge(challenge) => (challenge.status(), challenge.body(), None),
        };
        self.delivery
            .deliver(status, self.damage.apply(&body), retry_after)
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let content = match choices.below(8) {
            0..=4 => TokenContent::Tokens(Tokens::generate(choices)),
            5 | 6 => TokenContent::Error(ErrorBody::generate(choices)),
            _ => TokenContent::Challenge(Challenge::generate(choices)),
        };
        Self {
            content,
            damage: Damage::generate(choices),
            delivery: Delivery::generate(choices),
        }
    }
}

/// The changes that a proxy makes to a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    status: Option<u16>,
    content_type: ContentType,
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum ContentType {
    #[default]
    Json,
    None,
    Other(&'static str),
}

impl Delivery {
    /// Returns the response as it arrives.
    pub(crate) fn deliver(
        &self,
        status: u16,
        body: Vec<u8>,
        retry_after: Option<&str>,
    ) -> Response<Vec<u8>> {
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status.unwrap_or(status))
            .expect("every status of this crate has three digits");
        let content_type = match self.content_type {
            ContentType::Json => Some("application/json; charset=utf-8"),
            ContentType::None => None,
            ContentType::Other(other) => Some(other),
        };
        let own = [("content-type", content_type), ("retry-after", retry_after)];
        let own = own
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)));
        let more = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        for (name, value) in own.chain(more) {
            // A text can contain what a header cannot.
            if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
                response
                    .headers_mut()
                    .append(HeaderName::from_static(name), value);
            }
        }
        response
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        if !choices.once_in(8) {
            return Self::default();
        }
        let status = choices.once_in(2).then(|| {
            let common = [
                200, 201, 204, 302, 307, 400, 401, 403, 404, 408, 422, 429, 500, 502, 503,
            ];
            match choices.below(4) {
                3 => u16::try_from(100 + choices.below(900)).unwrap_or(599),
                _ => choices.one_of(&common),
            }
        });
        let content_type = match choices.below(4) {
            0 | 1 => ContentType::Json,
            2 => ContentType::None,
            _ => ContentType::Other(choices.one_of(&[
                "application/problem+json",
                "text/html",
                "text/plain",
                "APPLICATION/JSON",
                "application/x-www-form-urlencoded",
                "",
            ])),
        };
        let names = [
            "retry-after",
            "x-request-id",
            "date",
            "location",
            "content-encoding",
            "www-authenticate",
        ];
        let headers = (0..choices.below(3))
            .map(|_| {
                let value = match choices.below(5) {
                    0 => "1".to_owned(),
                    1 => "Thu, 28 May 2026 20:26:50 GMT".to_owned(),
                    2 => "18446744073709551616".to_owned(),
                    3 => "https://example.org/".to_owned(),
                    _ => choices.text(),
                };
                (choices.one_of(&names), value)
            })
            .collect();
        Self {
            status,
            content_type,
            headers,
        }
    }
}

/// Returns a body with an error code in one of the two shapes.
fn with_code(is_oauth: bool, code: &str, text: &str) -> Value {
    if is_oauth {
        serde_json::json!({"error": code, "error_description": text})
    } else {
        serde_json::json!({"code": code, "message": text})
    }
}

values!(TokenResponse, Delivery);
