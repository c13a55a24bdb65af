//! The import of a session that another library has stored.

use std::time::SystemTime;

use http::Response;
use secrecy::ExposeSecret;

use crate::client::{Client, UserManagement};
use crate::error::Error;
use crate::login::authenticated::Authenticated;
use crate::timestamp::Timestamp;
use crate::wire::claims::{Claims, payload};
use crate::wire::response::SuccessResponse;

impl<A: UserManagement> Client<A> {
    /// Imports a session that another library has stored, such as the session of an SDK of WorkOS.
    ///
    /// `tokens` is JSON with the members of a token response: `user`, `access_token` and `refresh_token`, and, if the session has them,
    /// `organization_id`, `authentication_method`, `impersonator` and `oauth_tokens`. The session is bound to this client.
    ///
    /// The time of the receipt is unknown. The access token expires at its `exp` by the local clock, so that clock has to be right.
    ///
    /// The service rotates refresh tokens: of two libraries that refresh the same session, the second one uses a used refresh token.
    ///
    /// # Errors
    ///
    /// [`Error::Malformed`] if a required member is missing or invalid.
    pub fn import_session(&self, tokens: &[u8], now: SystemTime) -> Result<Authenticated, Error> {
        let response = Response::new(tokens);
        let reply = SuccessResponse::new(&response, &[])?;
        let mut session = Authenticated::read_user_management(&reply, self.configuration(), now)?;
        let claims: Option<Claims> = payload(session.access_token.expose_secret());
        if let Some(issued_at) = claims.and_then(|claims| claims.issued_at()) {
            // A later time would be one of a clock that was set back, whose age is unknown.
            session.received_at = Timestamp::from(issued_at).min(now.into());
        }
        Ok(session)
    }
}
