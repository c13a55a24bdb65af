//! The claims of an ID token (OpenID Connect Core sections 3.1.3.7 and 12.2).
//!
//! The signature is not verified: the token comes from the token endpoint over TLS, which section 3.1.3.7 accepts instead.

use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use crate::client_binding::ClientBinding;
use crate::login::authenticated::Authenticated;
use crate::user::User;
use crate::wire::claims::Payload;
use crate::wire::standard::IdClaims;

/// What an ID token is compared with.
pub(super) struct Expected<'a> {
    pub(super) binding: &'a ClientBinding,
    /// The session that is refreshed.
    pub(super) before: Option<&'a Authenticated>,
}

impl Expected<'_> {
    /// Returns the user that an ID token identifies.
    pub(super) fn user(
        &self,
        id_token: &SecretString,
        now: SystemTime,
    ) -> Result<User, &'static str> {
        let payload = Payload::of(id_token.expose_secret());
        let claims: Option<IdClaims> = payload.as_ref().and_then(Payload::read);
        let claims = claims.ok_or("cannot be read")?;
        let client_id = self.binding.client_id.as_str();
        let checks = [
            (
                claims.iss.as_deref() == Some(&self.binding.issuer),
                "is from another issuer than the one that was asked",
            ),
            (claims.is_for(client_id), "is for another client"),
            (
                claims.is_authorized(client_id),
                "was issued to another client",
            ),
            (!claims.has_expired(now), "has expired; check the clock"),
        ];
        if let Some((_, problem)) = checks.iter().find(|(passed, _)| !passed) {
            return Err(problem);
        }
        let user = claims.into_user().ok_or("names no user")?;
        match self.before.and_then(Authenticated::user) {
            Some(before) if before.id() != user.id() => Err("is about another user than before"),
            _ => Ok(user),
        }
    }
}
