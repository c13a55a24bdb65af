//! [`MockResponse`]: a status, headers and a body, in one of the shapes of the service.
//!
//! The service has three shapes of error: that of OAuth for malformed requests, codes and refresh
//! tokens; `code` and `message` for its own grants and for challenges; and `message` alone.

use serde_json::{Map, Value, json};

/// An HTTP response.
///
/// A test can put one in place of a real response; see
/// [`Server::respond_with`](crate::Server::respond_with).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MockResponse {
    /// The status code. An invalid one is sent as 500.
    pub status: u16,
    /// The headers, in order. The server adds `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl MockResponse {
    /// Returns a response without headers and with an empty body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// Returns a response with this body and the content type of JSON. The body is not validated.
    #[must_use]
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::new(status)
            .header("content-type", JSON)
            .body(body.into())
    }

    /// Appends a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Returns the error response `{"error", "error_description"}` (RFC 6749 section 5.2).
    #[must_use]
    pub fn oauth_error(status: u16, error: &str, description: &str) -> Self {
        Self::value(
            status,
            &json!({"error": error, "error_description": description}),
        )
    }

    /// Returns the error response `{"code", "message"}`, the shape of WorkOS's own grants and of
    /// authentication challenges.
    #[must_use]
    pub fn plain_error(status: u16, code: &str, message: &str) -> Self {
        Self::value(status, &json!({"code": code, "message": message}))
    }

    /// Returns the error response `{"message"}`.
    #[must_use]
    pub fn message(status: u16, message: &str) -> Self {
        Self::value(status, &json!({"message": message}))
    }

    /// Returns the first header with this name, compared without case.
    #[must_use]
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    pub(crate) fn value(status: u16, value: &Value) -> Self {
        Self::json(status, value.to_string())
    }

    pub(crate) fn challenge(code: &str, message: &str, mut body: Map<String, Value>) -> Self {
        body.insert("code".into(), code.into());
        body.insert("message".into(), message.into());
        Self::value(403, &Value::Object(body))
    }

    pub(crate) fn invalid_request(description: &str) -> Self {
        Self::oauth_error(400, "invalid_request", description)
    }

    pub(crate) fn invalid_grant(description: &str) -> Self {
        Self::oauth_error(400, "invalid_grant", description)
    }

    pub(crate) fn redirect(location: &str) -> Self {
        Self::new(302)
            .header("location", location)
            .header("cache-control", "no-store")
    }
}

pub(crate) const JSON: &str = "application/json; charset=utf-8";
