//! What the service said when it did not do what was asked.

use std::fmt;

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};

use crate::error::Shown;
use crate::error_codes::Purpose;
use crate::timestamp::Timestamp;

/// What the service answered when it did not do what was asked.
#[derive(Clone)]
pub struct ErrorResponse {
    pub(crate) purpose: Purpose,
    pub(crate) status: StatusCode,
    pub(crate) code: Option<Box<str>>,
    pub(crate) description: Option<SecretString>,
    pub(crate) request_id: Option<Box<str>>,
    pub(crate) retry_at: Option<Timestamp>,
}

impl ErrorResponse {
    /// Returns the HTTP status. It decides nothing alone: a code that is known here comes first.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the error code exactly as the service wrote it (its `code`, else its `error`).
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Returns the service's own words. They can quote a code or a token: do not log or print them.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.description.as_ref().map(|text| text.expose_secret())
    }

    /// Returns the service's id of the answer (`x-request-id`), which its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub(super) fn shown_code(&self) -> Shown<'_> {
        Shown(self.code().unwrap_or("no code"))
    }
}

impl fmt::Debug for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorResponse")
            .field("purpose", &self.purpose)
            .field("status", &self.status)
            .field("code", &format_args!("{}", self.shown_code()))
            .field("request_id", &self.request_id.as_deref().map(Shown))
            .finish_non_exhaustive()
    }
}
