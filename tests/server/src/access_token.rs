//! The claims of an access token.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::config::{Config, set_fields};
use crate::ids::ulid;
use crate::state::Session;
use crate::timestamp::unix_seconds;

/// Returns the claims of an access token for the session.
pub(crate) fn claims(config: &Config, session: &Session, now: SystemTime) -> Map<String, Value> {
    let issued = unix_seconds(now).saturating_add(config.token_skew);
    let lifetime = i64::try_from(config.access_token_lifetime.as_secs()).unwrap_or(i64::MAX);
    let mut claims = Map::new();
    claims.insert("iss".into(), config.issuer.clone().into());
    claims.insert("sub".into(), session.user_id.clone().into());
    claims.insert("sid".into(), session.id.clone().into());
    claims.insert("jti".into(), ulid(now).into());
    claims.insert("exp".into(), issued.saturating_add(lifetime).into());
    // `exp` and `iat` move together: a skewed clock does not change the lifetime.
    claims.insert("iat".into(), issued.into());
    claims.insert("aud".into(), session.client_id.clone().into());
    claims.insert("client_id".into(), session.client_id.clone().into());
    claims.insert(
        "auth_time".into(),
        unix_seconds(session.logged_in_at).into(),
    );
    if let Some(organization) = &session.organization_id {
        claims.insert("org_id".into(), organization.clone().into());
        let user = config.user(&session.user_id);
        if let Some(membership) = user.and_then(|user| user.membership(organization)) {
            claims.insert("role".into(), membership.role.clone().into());
            claims.insert("roles".into(), vec![membership.role.clone()].into());
            if !membership.permissions.is_empty() {
                claims.insert("permissions".into(), membership.permissions.clone().into());
            }
        }
    }
    // Last, so that a test can change or remove every claim.
    set_fields(&mut claims, &config.claims);
    claims
}
