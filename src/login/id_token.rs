//! The claims of an ID token (OpenID Connect Core sections 3.1.3.7 and 12.2).
//!
//! The signature is not verified: the token comes from the token endpoint over TLS, which section 3.1.3.7 accepts instead.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::client_binding::ClientBinding;
use crate::error::MalformedKind::{self, IdToken};
use crate::jwt_rules::{IdTokenRules, Violation};
use crate::limits::TIMESTAMP_TOLERANCE;
use crate::login::authenticated::Authenticated;
use crate::login::requirements::Requirements;
use crate::user::User;
use crate::wire::claims::{algorithm, payload};
use crate::wire::standard::IdClaims;

/// The values that an ID token is compared with.
pub(super) struct Expected<'a> {
    pub(super) binding: &'a ClientBinding,
    /// The access token that came with the ID token.
    pub(super) access_token: &'a SecretString,
    pub(super) origin: Origin<'a>,
}

/// The request that the token response belongs to.
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

    pub(super) fn requires_auth_time(self) -> bool {
        match self {
            Self::Login(requirements) => requirements.authenticated_since.is_some(),
            Self::Refresh(_) => false,
        }
    }

    /// A refresh does not authenticate the user: `auth_time` remains that of the login (section 12.2).
    fn check_auth_time(self, auth_time: Option<SystemTime>) -> Result<(), MalformedKind> {
        match self {
            Self::Login(requirements) => requirements.check_auth_time(|| auth_time),
            Self::Refresh(_) => Ok(()),
        }
    }
}

impl Expected<'_> {
    /// Returns the user that an ID token identifies.
    pub(super) fn user(
        &self,
        id_token: &SecretString,
        now: SystemTime,
    ) -> Result<User, MalformedKind> {
        let claims = read(id_token).ok_or(IdToken("cannot be read"))?;
        let rules = IdTokenRules {
            issuer: &self.binding.issuer,
            client_id: self.binding.client_id.as_str(),
            leeway: TIMESTAMP_TOLERANCE,
        };
        rules.check(&claims, now).map_err(problem)?;
        let before = self.origin.before().and_then(Authenticated::user);
        // Every check is evaluated, also the hash of the access token: a token response is rare, and a table can be compared with
        // the specification. The subject is that of section 12.2, `at_hash` that of section 3.1.3.8.
        let checks = [
            (
                before.is_none_or(|user| claims.subject() == Some(user.id())),
                IdToken("is about another user than before"),
            ),
            (
                self.is_nonce(claims.nonce.as_deref()),
                IdToken("has another nonce than the login"),
            ),
            (
                claims
                    .at_hash
                    .as_deref()
                    .is_none_or(|hash| self.is_hash(hash, id_token)),
                IdToken("belongs to another access token"),
            ),
            (
                claims.auth_time.is_some() || !self.origin.requires_auth_time(),
                IdToken("has no auth_time, which max_age requires"),
            ),
        ];
        if let Some((_, problem)) = checks.into_iter().find(|(passed, _)| !passed) {
            return Err(problem);
        }
        self.origin.check_auth_time(claims.auth_time)?;
        claims.into_user().ok_or(problem(Violation::MissingSubject))
    }

    /// Returns whether an `at_hash` is that of the access token, or of an algorithm that is unknown here.
    fn is_hash(&self, hash: &str, id_token: &SecretString) -> bool {
        let algorithm = algorithm(id_token.expose_secret()).unwrap_or_default();
        is_at_hash(hash, &algorithm, self.access_token.expose_secret())
    }

    /// Returns whether a nonce is that of the login (section 3.1.3.7). A refreshed ID token can have none (section 12.2).
    fn is_nonce(&self, nonce: Option<&str>) -> bool {
        match self.origin {
            Origin::Login(requirements) => {
                let expected = requirements.nonce.as_ref().map(ExposeSecret::expose_secret);
                // A device login has no authorization request, and so no nonce.
                expected.is_none() || nonce == expected
            }
            Origin::Refresh(before) => {
                // The nonce of the login is not stored apart: the ID token of the session contains it.
                let before = before.id_token.as_ref().and_then(read);
                let expected = before.and_then(|claims| claims.nonce);
                nonce.is_none() || expected.is_none() || nonce == expected.as_deref()
            }
        }
    }
}

/// Returns whether a text is half of the hash of an access token (section 3.1.3.6).
fn is_at_hash(text: &str, algorithm: &str, access_token: &str) -> bool {
    let is_half = |hash: &[u8]| text == URL_SAFE_NO_PAD.encode(&hash[..hash.len() / 2]);
    match algorithm {
        "ES256" | "HS256" | "PS256" | "RS256" => is_half(&Sha256::digest(access_token)),
        "ES384" | "HS384" | "PS384" | "RS384" => is_half(&Sha384::digest(access_token)),
        "ES512" | "HS512" | "PS512" | "RS512" => is_half(&Sha512::digest(access_token)),
        // The name of the algorithm has no hash. That of Ed25519 is SHA-512 (RFC 8032 section 5.1); some servers use SHA-256.
        "Ed25519" | "EdDSA" => {
            is_half(&Sha512::digest(access_token)) || is_half(&Sha256::digest(access_token))
        }
        // `at_hash` is optional in this flow (section 3.1.3.6), so an unknown algorithm is treated as its absence.
        _ => true,
    }
}

fn problem(violation: Violation) -> MalformedKind {
    IdToken(match violation {
        Violation::Audience => "is for another client",
        Violation::AuthorizedParty => "was issued to another client",
        // The token was issued a moment ago. If it has expired, one of the two clocks is wrong.
        Violation::Expired => "has expired; check the clock",
        Violation::Issuer => "is from another issuer than the one that was asked",
        Violation::MissingExpiry => "has no valid exp",
        Violation::MissingIssueTime => "has no valid iat",
        Violation::MissingSubject => "names no user",
        Violation::NotYetValid => "is not valid yet; check the clock",
    })
}

fn read(id_token: &SecretString) -> Option<IdClaims> {
    payload(id_token.expose_secret())
}
