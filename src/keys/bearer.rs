//! The resource server: bearer tokens in, claims or an error response out (RFC 6750, RFC 9470).
//!
//! A check returns a [`BearerError`], which is a status and a `WWW-Authenticate` header. Its texts are fixed or those of the caller: no part of a token gets into a
//! response. A token that cannot be verified yet, for lack of keys, is no error of the client: the status is 503, without a challenge.

use std::error;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, HeaderMap};
use http::{HeaderValue, StatusCode};

use crate::keys::key_set::KeySet;
use crate::keys::verified::{AccessClaims, Verified};
use crate::keys::verify_error::{InvalidToken, VerifyError};

impl KeySet {
    /// Verifies the access token of a request.
    ///
    /// # Errors
    ///
    /// [`BearerError`] with the status and the headers of the response. If it [requires the keys](BearerError::keys_required_in) now,
    /// fetch them and try again before responding.
    pub fn authorize(
        &self,
        headers: &HeaderMap,
        now: SystemTime,
    ) -> Result<Verified<AccessClaims>, BearerError> {
        let verified = self.verify_access_token(bearer_token(headers)?, now)?;
        // The proof of possession (RFC 8705, RFC 9449) is not checked, and without it the token is worth nothing.
        if verified.is_sender_constrained {
            return Err(VerifyError::Invalid(InvalidToken::Type).into());
        }
        Ok(verified)
    }
}

impl Verified<AccessClaims> {
    /// Requires that the user authenticated (`auth_time`) no longer than `max_age` ago (RFC 9470).
    ///
    /// # Errors
    ///
    /// [`BearerError`] with `insufficient_user_authentication` and `max_age`, also if the time is unknown or in the future. The client
    /// logs in again with this `max_age`.
    pub fn require_auth_within(
        &self,
        max_age: Duration,
        now: SystemTime,
    ) -> Result<(), BearerError> {
        match self.auth_age(now) {
            Some(age) if age <= max_age => Ok(()),
            _ => Err(BearerError(Kind::InsufficientUserAuthentication(max_age))),
        }
    }

    /// Requires a permission.
    ///
    /// # Errors
    ///
    /// [`BearerError`] with `insufficient_scope`.
    pub fn require_permission(&self, permission: &str) -> Result<(), BearerError> {
        if self.permissions().any(|granted| granted == permission) {
            return Ok(());
        }
        Err(BearerError(Kind::InsufficientScope(None)))
    }

    /// Requires a scope.
    ///
    /// # Errors
    ///
    /// [`BearerError`] with `insufficient_scope` and the scope.
    pub fn require_scope(&self, scope: &str) -> Result<(), BearerError> {
        if self.scopes().any(|granted| granted == scope) {
            return Ok(());
        }
        Err(BearerError(Kind::InsufficientScope(Some(scope.into()))))
    }
}

/// Returns the token of the `Authorization` header with the scheme `Bearer` (RFC 6750 section 2.1).
///
/// Tokens in the body or the query are not read.
///
/// # Errors
///
/// [`BearerError`] if there is no such header, or more than one, or no token in it.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, BearerError> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Err(BearerError(Kind::NoToken)),
        (Some(value), None) => value.as_bytes(),
        // A proxy and this server could each take another one (RFC 6750 section 3.1: repeated parameters are an invalid request).
        (Some(_), Some(_)) => return Err(BearerError(Kind::InvalidRequest)),
    };
    let end = value.iter().position(|byte| *byte == b' ');
    let (scheme, token) = value.split_at(end.unwrap_or(value.len()));
    // RFC 9110 section 11.1: a scheme is case-insensitive. A request with another scheme has no bearer token and gets no error code.
    if !scheme.eq_ignore_ascii_case(b"Bearer") {
        return Err(BearerError(Kind::NoToken));
    }
    std::str::from_utf8(token.trim_ascii_start())
        .ok()
        .filter(|token| is_b64token(token))
        .ok_or(BearerError(Kind::InvalidRequest))
}

/// RFC 6750 section 2.1: `b64token`.
fn is_b64token(token: &str) -> bool {
    let text = token.trim_end_matches('=');
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

/// The error response of a resource server to a request that is not authorized (RFC 6750 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BearerError(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    InsufficientScope(Option<Box<str>>),
    InsufficientUserAuthentication(Duration),
    InvalidRequest,
    InvalidToken(InvalidToken),
    KeysRequired { fetch_in: Duration },
    NoToken,
}

impl BearerError {
    /// Returns the status: 400, 401 or 403, or 503 if the token could not be verified.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.0 {
            Kind::InsufficientScope(_) => StatusCode::FORBIDDEN,
            Kind::InvalidRequest => StatusCode::BAD_REQUEST,
            Kind::InsufficientUserAuthentication(_) | Kind::InvalidToken(_) | Kind::NoToken => {
                StatusCode::UNAUTHORIZED
            }
            // Not 401: the token may be valid, and a client would log in again for nothing.
            Kind::KeysRequired { .. } => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns the error code: `invalid_request`, `invalid_token`, `insufficient_scope` or `insufficient_user_authentication`.
    ///
    /// `None` if the request has no bearer token (RFC 6750 section 3.1), or if the token could not be verified.
    #[must_use]
    pub fn code(&self) -> Option<&'static str> {
        match self.0 {
            Kind::InsufficientScope(_) => Some("insufficient_scope"),
            Kind::InsufficientUserAuthentication(_) => Some("insufficient_user_authentication"),
            Kind::InvalidRequest => Some("invalid_request"),
            Kind::InvalidToken(_) => Some("invalid_token"),
            Kind::KeysRequired { .. } | Kind::NoToken => None,
        }
    }

    /// Returns the value of the header `WWW-Authenticate`; `None` for the status 503.
    #[must_use]
    pub fn www_authenticate(&self) -> Option<HeaderValue> {
        let Some(code) = self.code() else {
            let has_no_token = self.0 == Kind::NoToken;
            return has_no_token.then(|| HeaderValue::from_static("Bearer"));
        };
        let challenge = format!("Bearer error=\"{code}\", error_description=\"{self}\"");
        let value = match &self.0 {
            // RFC 6750 section 3: the characters of a scope. Others would end the quoted string.
            Kind::InsufficientScope(Some(scope)) if is_scope(scope) => {
                format!("{challenge}, scope=\"{scope}\"")
            }
            // RFC 9470 section 3.
            Kind::InsufficientUserAuthentication(max_age) => {
                format!("{challenge}, max_age=\"{}\"", max_age.as_secs())
            }
            _ => challenge,
        };
        // Error codes, descriptions and scopes are ASCII without control characters.
        HeaderValue::try_from(value).ok()
    }

    /// Returns which check of the token failed.
    #[must_use]
    pub fn invalid_token(&self) -> Option<InvalidToken> {
        match self.0 {
            Kind::InvalidToken(invalid) => Some(invalid),
            _ => None,
        }
    }

    /// Returns the time until the keys can be fetched, if the token could not be verified without: [`VerifyError::KeysRequired`].
    #[must_use]
    pub fn keys_required_in(&self) -> Option<Duration> {
        match self.0 {
            Kind::KeysRequired { fetch_in } => Some(fetch_in),
            _ => None,
        }
    }
}

impl fmt::Display for BearerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::InsufficientScope(_) => "the access token lacks a scope or permission",
            Kind::InsufficientUserAuthentication(_) => "a more recent authentication is required",
            Kind::InvalidRequest => "the request has no single bearer token",
            Kind::InvalidToken(InvalidToken::Expired) => "the access token has expired",
            Kind::InvalidToken(_) => "the access token is invalid",
            Kind::KeysRequired { .. } => "the access token cannot be verified now",
            Kind::NoToken => "the request has no bearer token",
        })
    }
}

impl From<VerifyError> for BearerError {
    fn from(error: VerifyError) -> Self {
        Self(match error {
            VerifyError::Invalid(invalid) => Kind::InvalidToken(invalid),
            VerifyError::KeysRequired { fetch_in } => Kind::KeysRequired { fetch_in },
        })
    }
}

impl error::Error for BearerError {}

fn is_scope(scope: &str) -> bool {
    let is_allowed = |byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~');
    !scope.is_empty() && scope.bytes().all(is_allowed)
}
