//! What an authorization request requires of the token response.

use secrecy::SecretString;

/// What an authorization request requires of the token response. Grants of other kinds require nothing.
#[derive(Debug, Default)]
pub(crate) struct Requirements {
    /// The nonce, which only a login at an authorization server has.
    pub(crate) nonce: Option<SecretString>,
}
