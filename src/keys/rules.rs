//! The rules for the claims of a token, and the distinction between access tokens and ID tokens.
//!
//! An issuer signs both with the same keys, and both have the `typ` `JWT` at most servers. So the two sets of rules exclude each other
//! (RFC 8725 section 3.12; RFC 9068 section 5):
//!
//! | token | access token | ID token |
//! |---|---|---|
//! | `typ` is `at+jwt` | yes | no |
//! | `typ` is `JWT` or missing: the event of a logout token | no | no |
//! | … and not this; `nonce`, `at_hash` or `c_hash` | no | yes |
//! | … and none of these; `aud` does not contain the client ID | yes | no |
//! | … and none of these; `aud` contains the client ID; `client_id` or `scope` | yes | no |
//! | … and none of these; `aud` contains the client ID; neither `client_id` nor `scope` | no | yes |
//! | any other `typ` | no | no |
//!
//! "yes" means that the other checks decide. User Management issues access tokens only, in which a
//! JWT template can set `aud` and omit `client_id`: there, `sid` counts like `client_id`, and nothing is an ID token.

use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use crate::ids::ClientId;
use crate::jwt_rules::{IdTokenRules, Violation, check_lifetime};
use crate::keys::signed_token::Payload;
use crate::keys::verified::{AccessClaims, IdClaims, Verified};
use crate::keys::verify_error::InvalidToken;
use crate::wire;
use crate::wire::jose::Claims;

/// The expectations of a verifier.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) client_id: ClientId,
    pub(super) issuer: Option<Box<str>>,
    /// The audience of access tokens.
    pub(super) audience: Option<Box<str>>,
    pub(super) leeway: Duration,
    /// Set if the issuer issues ID tokens, too.
    pub(super) has_id_tokens: bool,
}

/// The type of a token by the `typ` of its header (RFC 7515 section 4.1.9).
#[derive(PartialEq, Eq)]
enum Typ {
    AccessToken,
    Jwt,
    Other,
}

impl Typ {
    fn of(payload: &Payload) -> Self {
        const PREFIX: &str = "application/";
        let Some(typ) = payload.typ.as_deref() else {
            return Self::Jwt;
        };
        let typ = match typ.get(..PREFIX.len()) {
            Some(prefix) if prefix.eq_ignore_ascii_case(PREFIX) => &typ[PREFIX.len()..],
            _ => typ,
        };
        if typ.eq_ignore_ascii_case("at+jwt") {
            Self::AccessToken
        } else if typ.eq_ignore_ascii_case("JWT") {
            Self::Jwt
        } else {
            Self::Other
        }
    }
}

impl Rules {
    pub(super) fn access_token(
        &self,
        payload: Payload,
        now: SystemTime,
    ) -> Result<Verified<AccessClaims>, InvalidToken> {
        let claims: Claims = read(&payload)?;
        let is_access_token = match Typ::of(&payload) {
            Typ::AccessToken => true,
            Typ::Jwt => {
                !claims.is_logout_token()
                    && !claims.has_mark_of_id_token()
                    && (!self.is_for_client(&claims) || self.has_mark_of_access_token(&claims))
            }
            Typ::Other => false,
        };
        // The type is first, so that an ID token in place of an access token is reported as such and not for its audience.
        if !is_access_token {
            return Err(InvalidToken::Type);
        }
        // RFC 9068 section 4 requires the issuer and the audience. User Management documents neither; its keys tell the environment.
        if self.issuer.is_some() && claims.iss != self.issuer {
            return Err(InvalidToken::Issuer);
        }
        if let Some(audience) = &self.audience
            && !claims.aud.contains(audience)
        {
            return Err(InvalidToken::Audience);
        }
        let expires_at = check_lifetime(claims.exp, claims.nbf.as_ref(), self.leeway, now)?;
        let claims = AccessClaims::new(claims).ok_or(InvalidToken::MissingSubject)?;
        Ok(Verified::new(claims, expires_at, payload.json))
    }

    pub(super) fn id_token(
        &self,
        payload: Payload,
        now: SystemTime,
    ) -> Result<Verified<IdClaims>, InvalidToken> {
        let claims: Claims = read(&payload)?;
        if !self.has_id_tokens
            || Typ::of(&payload) != Typ::Jwt
            || claims.is_logout_token()
            || self.has_mark_of_access_token(&claims) && !claims.has_mark_of_id_token()
        {
            return Err(InvalidToken::Type);
        }
        let issuer = self.issuer.as_deref().ok_or(InvalidToken::Issuer)?;
        let rules = IdTokenRules {
            issuer,
            client_id: self.client_id.as_str(),
            leeway: self.leeway,
        };
        let session_id = claims.sid;
        let claims = read(&payload)?;
        let expires_at = rules.check(&claims, now)?;
        let claims = IdClaims::new(claims, session_id).ok_or(InvalidToken::MissingSubject)?;
        Ok(Verified::new(claims, expires_at, payload.json))
    }

    fn is_for_client(&self, claims: &Claims) -> bool {
        let client_id = self.client_id.as_str();
        claims.aud.iter().any(|audience| &**audience == client_id)
    }

    /// Returns whether this is an access token by its claims (RFC 9068 section 2.2, for User Management the session).
    fn has_mark_of_access_token(&self, claims: &Claims) -> bool {
        claims.client_id.is_some()
            || claims.scope.is_some()
            || !self.has_id_tokens && claims.sid.is_some()
    }
}

fn read<T: DeserializeOwned>(payload: &Payload) -> Result<T, InvalidToken> {
    wire::object(payload.json.as_bytes()).ok_or(InvalidToken::Malformed)
}

impl From<Violation> for InvalidToken {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::Audience | Violation::AuthorizedParty => Self::Audience,
            Violation::Expired => Self::Expired,
            Violation::Issuer => Self::Issuer,
            Violation::MissingExpiry => Self::MissingExpiry,
            Violation::MissingIssueTime => Self::MissingIssueTime,
            Violation::MissingSubject => Self::MissingSubject,
            Violation::NotYetValid => Self::NotYetValid,
        }
    }
}
