//! The requirements of an authorization request for the token response.

use std::time::SystemTime;

use secrecy::SecretString;

use crate::timestamp::Timestamp;

/// The requirements of an authorization request for the token response. Grants of other kinds require nothing.
#[derive(Debug, Default)]
pub(crate) struct Requirements {
    /// The nonce, which only a login at an authorization server has.
    pub(crate) nonce: Option<SecretString>,
    /// The earliest `auth_time`, if the login has a `max_age`.
    pub(crate) authenticated_since: Option<Timestamp>,
}

impl Requirements {
    /// Returns whether an authentication is recent enough, if it is known when it was.
    ///
    /// `auth_time` is called only for a login with a `max_age`, because it decodes a token.
    pub(crate) fn allow(&self, auth_time: impl FnOnce() -> Option<SystemTime>) -> bool {
        let Some(since) = self.authenticated_since else {
            return true;
        };
        // User Management need not send an `auth_time`. That an ID token must have one is checked with its other claims.
        auth_time().is_none_or(|auth_time| Timestamp::from(auth_time) >= since)
    }
}
