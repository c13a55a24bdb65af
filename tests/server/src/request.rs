//! [`RecordedRequest`]: a request as it arrived.

use crate::params::Params;
use crate::response::MockResponse;

/// A request as it arrived.
///
/// `Debug` shows all of it, including tokens and authorization codes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The number of the connection, counted from 1 in the order of acceptance.
    pub connection: u64,
    /// The method.
    pub method: String,
    /// The path, not decoded.
    pub path: String,
    /// The query without the question mark, not decoded.
    pub query: Option<String>,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl RecordedRequest {
    /// Returns the first header with this name, compared without case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// Returns the decoded parameters of the query, in order.
    #[must_use]
    pub fn query_parameters(&self) -> Vec<(String, String)> {
        self.query_params().into_pairs()
    }

    /// Returns the first parameter of the query with this name, decoded.
    #[must_use]
    pub fn query_parameter(&self, name: &str) -> Option<String> {
        first(self.query_parameters(), name)
    }

    /// Returns the parameters of a form or JSON body, in order, or an empty list if the body is
    /// neither.
    #[must_use]
    pub fn parameters(&self) -> Vec<(String, String)> {
        self.body_params()
            .map(Params::into_pairs)
            .unwrap_or_default()
    }

    /// Returns the first parameter of a form or JSON body with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<String> {
        first(self.parameters(), name)
    }

    /// Returns the body as text, with replacement characters for invalid UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn query_params(&self) -> Params {
        Params::from_form(self.query.as_deref().unwrap_or_default().as_bytes())
    }

    pub(crate) fn body_params(&self) -> Result<Params, MockResponse> {
        Params::from_body(self.header("content-type").unwrap_or_default(), &self.body)
    }
}

fn first(pairs: Vec<(String, String)>, name: &str) -> Option<String> {
    pairs
        .into_iter()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value)
}
