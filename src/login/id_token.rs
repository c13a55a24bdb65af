//! The claims of an ID token (OpenID Connect Core sections 3.1.3.7 and 12.2).
//!
//! The signature is not verified: the token comes from the token endpoint over TLS, which section 3.1.3.7 accepts instead.

use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use crate::client_binding::ClientBinding;
use crate::login::authenticated::Authenticated;
use crate::login::requirements::Requirements;
use crate::user::User;
use crate::wire::claims::Payload;
use crate::wire::standard::IdClaims;

/// What an ID token is compared with.
pub(super) struct Expected<'a> {
    pub(super) binding: &'a ClientBinding,
    pub(super) origin: Origin<'a>,
}

/// What the token response belongs to.
#[derive(Clone, Copy)]
pub(super) enum Origin<'a> {
    Login(&'a Requirements),
    /// The session that is refreshed.
    Refresh(&'a Authenticated),
}

impl<'a> Origin<'a> {
    pub(super) fn before(self) -> Option<&'a Authenticated> {
        match self {
            Self::Login(_) => None,
            Self::Refresh(before) => Some(before),
        }
    }
}

impl Expected<'_> {
    /// Returns the user that an ID token identifies.
    pub(super) fn user(
        &self,
        id_token: &SecretString,
        now: SystemTime,
    ) -> Result<User, &'static str> {
        let claims = read(id_token).ok_or("cannot be read")?;
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
            (
                self.is_nonce(claims.nonce.as_deref()),
                "has another nonce than the login",
            ),
        ];
        if let Some((_, problem)) = checks.iter().find(|(passed, _)| !passed) {
            return Err(problem);
        }
        let user = claims.into_user().ok_or("names no user")?;
        match self.origin.before().and_then(Authenticated::user) {
            Some(before) if before.id() != user.id() => Err("is about another user than before"),
            _ => Ok(user),
        }
    }

    /// Returns whether a nonce is that of the login (section 3.1.3.7). A refreshed ID token can have none (section 12.2).
    fn is_nonce(&self, nonce: Option<&str>) -> bool {
        match self.origin {
            Origin::Login(Requirements { nonce: None }) => true,
            Origin::Login(Requirements { nonce: expected }) => {
                nonce == expected.as_ref().map(ExposeSecret::expose_secret)
            }
            Origin::Refresh(before) => {
                let before = before.id_token.as_ref().and_then(read);
                let expected = before.and_then(|claims| claims.nonce);
                nonce.is_none() || expected.is_none() || nonce == expected.as_deref()
            }
        }
    }
}

fn read(id_token: &SecretString) -> Option<IdClaims> {
    Payload::of(id_token.expose_secret())?.read()
}
