//! The rules for the claims of a JWT: its lifetime, and all those of an ID token. A login and a key set apply the same ones.
//!
//! What only a request or a session determines, such as the nonce, is compared in `login::id_token`.

use std::time::{Duration, SystemTime};

use crate::wire::claims::NotBefore;
use crate::wire::standard::IdClaims;

/// The expectations for an ID token.
pub(crate) struct IdTokenRules<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    /// The time by which the clocks may differ.
    pub(crate) leeway: Duration,
}

/// The rule that a JWT violates.
#[derive(Clone, Copy)]
pub(crate) enum Violation {
    Audience,
    AuthorizedParty,
    Expired,
    Issuer,
    MissingExpiry,
    MissingIssueTime,
    MissingSubject,
    NotYetValid,
}

impl IdTokenRules<'_> {
    /// Checks what OpenID Connect Core requires, in the order of section 3.1.3.7, and returns the expiry.
    pub(crate) fn check(
        &self,
        claims: &IdClaims,
        now: SystemTime,
    ) -> Result<SystemTime, Violation> {
        let client_id = self.client_id;
        if claims.iss.as_deref() != Some(self.issuer) {
            return Err(Violation::Issuer);
        }
        if !claims.aud.iter().any(|audience| &**audience == client_id) {
            return Err(Violation::Audience);
        }
        let is_authorized_party = match &claims.azp {
            Some(party) => &**party == client_id,
            // Of several audiences, one is the client that requested the token, and only `azp` tells which.
            None => claims.aud.len() == 1,
        };
        if !is_authorized_party {
            return Err(Violation::AuthorizedParty);
        }
        let expires_at = check_lifetime(claims.exp, claims.nbf.as_ref(), self.leeway, now)?;
        // Section 2 requires it. The lifetime is that of `exp`, so its value decides nothing.
        claims.iat.ok_or(Violation::MissingIssueTime)?;
        claims.subject().ok_or(Violation::MissingSubject)?;
        Ok(expires_at)
    }
}

/// Checks `exp`, which is required, and `nbf`, and returns the expiry (RFC 7519 sections 4.1.4 and 4.1.5).
pub(crate) fn check_lifetime(
    exp: Option<SystemTime>,
    nbf: Option<&NotBefore>,
    leeway: Duration,
    now: SystemTime,
) -> Result<SystemTime, Violation> {
    let expires_at = exp.ok_or(Violation::MissingExpiry)?;
    // A token must not be accepted on its expiry or after it. Overflow counts as expired.
    if expires_at.checked_add(leeway).is_none_or(|end| now >= end) {
        return Err(Violation::Expired);
    }
    let is_valid_yet = |nbf: &NotBefore| now.checked_add(leeway).is_some_and(|now| nbf.allows(now));
    if !nbf.is_none_or(is_valid_yet) {
        return Err(Violation::NotYetValid);
    }
    Ok(expires_at)
}
