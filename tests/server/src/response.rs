//! What the server says: a status, headers and a body, in one of the service's shapes.

use serde_json::{Map, Value, json};

/// An HTTP answer, complete and exact.
///
/// Also what a test puts in the place of a real answer, see [`Fault::Response`](crate::Fault::Response).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MockResponse {
    /// The status code. One that HTTP does not have becomes 500.
    pub status: u16,
    /// The headers, in order. `Content-Length` is added when it is sent.
    pub headers: Vec<(String, String)>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl MockResponse {
    /// An answer without headers and without a body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// An answer with the text as its body, labelled as JSON whether it is or not.
    #[must_use]
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::new(status)
            .header("content-type", JSON)
            .body(body.into())
    }

    /// Adds a header; what was there stays.
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

    /// `{"error", "error_description"}`: malformed requests, codes and refresh tokens.
    #[must_use]
    pub fn oauth_error(status: u16, error: &str, description: &str) -> Self {
        Self::value(
            status,
            &json!({"error": error, "error_description": description}),
        )
    }

    /// `{"code", "message"}`: step-ups, and the refusals of the service's own grants.
    #[must_use]
    pub fn plain_error(status: u16, code: &str, message: &str) -> Self {
        Self::value(status, &json!({"code": code, "message": message}))
    }

    /// `{"message"}` and nothing else.
    #[must_use]
    pub fn message(status: u16, message: &str) -> Self {
        Self::value(status, &json!({"message": message}))
    }

    /// The first header of this name, whatever its case.
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

    pub(crate) fn step_up(code: &str, message: &str, extra: Map<String, Value>) -> Self {
        let mut body = extra;
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
