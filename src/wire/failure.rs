//! The body of an error response, in either of its two shapes.

use secrecy::SecretString;
use serde::Deserialize;

use crate::wire::lenient::one_pass;

/// The common members of the OAuth shape (`error`, `error_description`) and the plain shape (`code`, `message`).
pub(crate) struct Failure {
    pub(crate) code: Option<Box<str>>,
    pub(crate) text: Option<SecretString>,
    pub(crate) pending_authentication_token: Option<SecretString>,
}

#[derive(Default, Deserialize)]
struct Shapes {
    #[serde(default, deserialize_with = "one_pass")]
    code: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    error: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    message: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    error_description: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    pending_authentication_token: Option<SecretString>,
}

impl Failure {
    /// Reads any body. A body that is not a JSON object has no code.
    pub(crate) fn read(body: &[u8]) -> Self {
        let shapes: Shapes = super::object(body).unwrap_or_default();
        Self {
            code: shapes
                .code
                .filter(|code| !code.is_empty())
                // RFC 6749 section 5.2 has `error`, and the plain shape of User Management has `code`. Each shape occurs with any status.
                .or(shapes.error.filter(|error| !error.is_empty())),
            // A secret, because it can quote a code or an e-mail address.
            text: shapes.message.or(shapes.error_description),
            pending_authentication_token: shapes.pending_authentication_token,
        }
    }
}
