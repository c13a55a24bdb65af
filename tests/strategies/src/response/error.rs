//! Error responses.

use serde_json::{Value, json};
use workos_login::error_codes::CODES;

use crate::choices::{Choices, values};
use crate::response::with_code;

/// The members that an error response has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorShape {
    /// `error` and `error_description` (RFC 6749 section 5.2).
    OAuth,
    /// `code` and `message`.
    Plain,
    /// `error` only.
    ErrorOnly,
    /// `message` only: there is no error code.
    MessageOnly,
    /// `code`, `message` and the list `errors` of a validation.
    Validation,
}

/// An error response, with any error code of [`CODES`] or another one.
///
/// ```
/// use proptest::prelude::*;
/// use workos_login::Client;
/// use workos_login_strategies::{ErrorBody, TokenContent, TokenResponse};
///
/// let client = Client::public("client_123".parse()?);
/// proptest!(|(error: ErrorBody)| {
///     let status = error.status();
///     let response = TokenResponse::new(TokenContent::Error(error)).to_http(&client);
///     prop_assert_eq!(response.status(), status);
/// });
/// # Ok::<(), workos_login::InvalidClientId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorBody {
    shape: ErrorShape,
    code: String,
    status: u16,
    retry_after: Option<&'static str>,
}

impl ErrorBody {
    /// Makes an error response with status 400.
    #[must_use]
    pub fn new(shape: ErrorShape, code: &str) -> Self {
        Self {
            shape,
            code: code.to_owned(),
            status: 400,
            retry_after: None,
        }
    }

    /// Returns the error code, which a response of the shape [`MessageOnly`](ErrorShape::MessageOnly) does not show.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    pub(crate) fn retry_after(&self) -> Option<&str> {
        self.retry_after
    }

    pub(crate) fn body(&self) -> Value {
        let text = "The request was rejected.";
        match self.shape {
            ErrorShape::OAuth => with_code(true, &self.code, text),
            ErrorShape::Plain => with_code(false, &self.code, text),
            ErrorShape::ErrorOnly => json!({"error": self.code}),
            ErrorShape::MessageOnly => json!({"message": text}),
            ErrorShape::Validation => json!({
                "code": self.code,
                "message": text,
                "errors": [{"field": "client_id", "code": "client_id_required"}],
            }),
        }
    }

    pub(crate) fn generate(choices: &mut Choices<'_>) -> Self {
        let shape = choices.one_of(&[
            ErrorShape::OAuth,
            ErrorShape::OAuth,
            ErrorShape::Plain,
            ErrorShape::Plain,
            ErrorShape::ErrorOnly,
            ErrorShape::MessageOnly,
            ErrorShape::Validation,
        ]);
        let code = match choices.below(16) {
            0..=5 => choices
                .one_of(&[
                    "invalid_grant",
                    "authorization_pending",
                    "slow_down",
                    "access_denied",
                    "expired_token",
                ])
                .to_owned(),
            15 => choices.text(),
            _ => choices.one_of(CODES).to_owned(),
        };
        let status = choices.one_of(&[400, 400, 400, 400, 401, 403, 404, 422, 429, 500, 503]);
        let retry_after = choices.once_in(4).then(|| {
            choices.one_of(&[
                "1",
                "0",
                "60",
                "99999",
                "-1",
                "Thu, 28 May 2026 20:26:50 GMT",
            ])
        });
        Self {
            status,
            retry_after,
            ..Self::new(shape, &code)
        }
    }
}

values!(ErrorBody);
