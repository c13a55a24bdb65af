//! The requirements of an authorization request for the token response.

use std::time::SystemTime;

use secrecy::SecretString;

use crate::error::MalformedKind;
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
    /// Checks that the authentication is recent enough, if the login has a `max_age`.
    ///
    /// `auth_time` is called only for such a login, because it decodes a token. Without an `auth_time`, nothing shows that the service has
    /// honored `max_age`.
    pub(crate) fn check_auth_time(
        &self,
        auth_time: impl FnOnce() -> Option<SystemTime>,
    ) -> Result<(), MalformedKind> {
        let Some(since) = self.authenticated_since else {
            return Ok(());
        };
        match auth_time().map(Timestamp::from) {
            Some(auth_time) if auth_time >= since => Ok(()),
            Some(_) => Err(MalformedKind::StaleAuthentication),
            None => Err(MalformedKind::Missing("auth_time")),
        }
    }
}
