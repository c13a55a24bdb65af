//! The conversion of a token response into a session.
//!
//! What a session needs must be present and usable: an access token that fits into a header, and for User Management a user and a
//! refresh token. All else can be absent.
//!
//! The claims of an [ID token](crate::login::id_token) are checked. Those of an access token only tell the lifetime, the organization and
//! the session ID.

use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use crate::client::Configuration;
use crate::client_binding::ClientBinding;
use crate::error::{Malformed, MalformedKind};
use crate::login::authenticated::{Authenticated, fits_into_a_header};
use crate::login::id_token::{Expected, Origin};
use crate::login::refresh_credential::RefreshCredential;
use crate::login::requirements::Requirements;
use crate::service::Service;
use crate::stored::storable;
use crate::timestamp::Timestamp;
use crate::user::User;
use crate::wire::claims::{Claims, payload};
use crate::wire::response::SuccessResponse;
use crate::wire::session::{Session, WireProviderTokens};
use crate::wire::standard::TokenResponse;
use crate::wire::user::WireUser;

impl Authenticated {
    /// Reads the token response of a login.
    pub(crate) fn read(
        reply: &SuccessResponse<'_>,
        client: &Configuration,
        requirements: &Requirements,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        match client.service {
            Service::OAuth(_) => {
                Self::read_oauth(reply, &client.binding, Origin::Login(requirements), now)
            }
            Service::UserManagement(_) => {
                let session = Self::read_user_management(reply, client, now)?;
                requirements
                    .check_auth_time(|| session.auth_time())
                    .map_err(|kind| reply.malformed(kind))?;
                Ok(session)
            }
        }
    }

    /// Reads the token response of a refresh. An authorization server may leave out what has not changed.
    pub(crate) fn read_refreshed(
        &self,
        reply: &SuccessResponse<'_>,
        client: &Configuration,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        match client.service {
            Service::OAuth(_) => Self::read_oauth(reply, &self.binding, Origin::Refresh(self), now),
            Service::UserManagement(_) => Self::read_user_management(reply, client, now),
        }
    }

    pub(super) fn read_user_management(
        reply: &SuccessResponse<'_>,
        client: &Configuration,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        let session: Session = reply.json()?;
        let missing = |name| reply.malformed(MalformedKind::Missing(name));
        let user = session.user.and_then(WireUser::into_user);
        let access_token = session.access_token.filter(fits_into_a_header);
        let access_token = access_token.ok_or_else(|| missing("access_token"))?;
        let claims: Claims = payload(access_token.expose_secret()).unwrap_or_default();
        Ok(Self {
            binding: client.binding.clone(),
            user: Some(user.ok_or_else(|| missing("user"))?),
            // RFC 6749 section 5.1 has `expires_in`; User Management does not send it, and the token tells the lifetime.
            lifetime: claims.lifetime().map(storable),
            // The member of the response takes precedence, because a JWT template can replace `org_id` by any value.
            organization_id: session.organization_id.or(claims.org_id),
            session_id: claims.sid,
            access_token,
            // RFC 6749 section 5.1 makes it optional. User Management always sends one, also if it was not rotated.
            refresh_credential: match (client.refresh_cookie, session.refresh_token) {
                // With the cookie, the token is of no use here, and a script must not be able to read it.
                (true, _) => RefreshCredential::Cookie,
                (false, Some(token)) => RefreshCredential::Token(token),
                (false, None) => return Err(missing("refresh_token")),
            },
            id_token: None,
            authentication_method: session.authentication_method,
            impersonator: session.impersonator,
            provider_tokens: session
                .oauth_tokens
                .map(|WireProviderTokens(tokens)| tokens),
            authkit_authorization_code: session.authkit_authorization_code,
            received_at: Timestamp::from(now),
        })
    }

    fn read_oauth(
        reply: &SuccessResponse<'_>,
        binding: &Arc<ClientBinding>,
        origin: Origin<'_>,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        let before = origin.before();
        let tokens: TokenResponse = reply.json()?;
        let missing = |name| reply.malformed(MalformedKind::Missing(name));
        let expires_in = tokens.expires_in();
        let access_token = tokens.access_token.filter(fits_into_a_header);
        let access_token = access_token.ok_or_else(|| missing("access_token"))?;
        // RFC 6749 section 7.1: a token of an unknown type must not be used.
        let other_type = |kind: Box<str>| !kind.eq_ignore_ascii_case("bearer");
        // Section 5.1 requires the member and ignores its case. Without it, the token is taken as a bearer token, the only supported type.
        if tokens.token_type.is_some_and(other_type) {
            return Err(missing("token_type"));
        }
        let expected = Expected {
            binding,
            access_token: &access_token,
            origin,
        };
        let (user, id_token) =
            identified(tokens.id_token, &expected, now).map_err(|kind| reply.malformed(kind))?;
        let claims: Claims = payload(access_token.expose_secret()).unwrap_or_default();
        // The server states the lifetime twice. The token must not be used longer than the shorter one.
        let lifetime = [expires_in, claims.lifetime()].into_iter().flatten().min();
        Ok(Self {
            binding: binding.clone(),
            user,
            organization_id: claims.org_id.or_else(|| before?.organization_id.clone()),
            session_id: claims.sid,
            refresh_credential: tokens
                .refresh_token
                // RFC 6749 section 6: without a new refresh token, the old one remains valid.
                .or_else(|| before?.refresh_token().cloned())
                .into(),
            access_token,
            id_token,
            authentication_method: None,
            impersonator: None,
            provider_tokens: None,
            authkit_authorization_code: None,
            received_at: Timestamp::from(now),
            lifetime: lifetime.map(storable),
        })
    }
}

/// Returns the user and the ID token of a response. A response to a refresh may omit what the session has.
fn identified(
    id_token: Option<SecretString>,
    expected: &Expected<'_>,
    now: SystemTime,
) -> Result<(Option<User>, Option<SecretString>), MalformedKind> {
    let before = expected.origin.before();
    let Some(id_token) = id_token else {
        // Only an ID token shows that the server has honored `max_age`.
        if expected.origin.requires_auth_time() {
            return Err(MalformedKind::Missing("id_token"));
        }
        // OpenID Connect Core section 12.2.
        return Ok(before.map_or((None, None), |before| {
            (before.user.clone(), before.id_token.clone())
        }));
    };
    let user = expected.user(&id_token, now)?;
    // The ID token of a refresh often has fewer claims than that of the login, so what it omits is kept.
    let user = match before.and_then(Authenticated::user) {
        Some(before) => before.clone().updated_by(user),
        None => user,
    };
    Ok((Some(user), Some(id_token)))
}
