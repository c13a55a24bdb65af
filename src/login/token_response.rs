//! How a success becomes a session.

use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret, SecretString};

use crate::client::{ClientBinding, Configuration};
use crate::error::{Malformed, MalformedKind};
use crate::login::authenticated::{Authenticated, fits_into_a_header};
use crate::service::Service;
use crate::stored::storable;
use crate::timestamp::Timestamp;
use crate::user::User;
use crate::wire::claims::{Claims, Payload};
use crate::wire::response::SuccessResponse;
use crate::wire::session::{Session, WireProviderTokens};
use crate::wire::standard::{IdClaims, TokenResponse};
use crate::wire::user::WireUser;

impl Authenticated {
    /// Reads a token response. What a session needs must be present and usable.
    pub(crate) fn read(
        reply: &SuccessResponse<'_>,
        client: &Configuration,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        match client.service {
            Service::OAuth(_) => Self::read_standard(reply, &client.binding, None, now),
            Service::UserManagement(_) => Self::read_user_management(reply, &client.binding, now),
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
            Service::OAuth(_) => Self::read_standard(reply, &self.binding, Some(self), now),
            Service::UserManagement(_) => Self::read_user_management(reply, &self.binding, now),
        }
    }

    fn read_user_management(
        reply: &SuccessResponse<'_>,
        binding: &Arc<ClientBinding>,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        let session: Session = reply.json()?;
        let missing = |name| reply.malformed(MalformedKind::Missing(name));
        let user = session
            .user
            .and_then(WireUser::into_user)
            .ok_or_else(|| missing("user"))?;
        let access_token = session
            .access_token
            .filter(fits_into_a_header)
            .ok_or_else(|| missing("access_token"))?;
        let refresh_token = session
            .refresh_token
            .ok_or_else(|| missing("refresh_token"))?;
        let payload = Payload::of(access_token.expose_secret());
        let claims: Claims<'_> = payload.as_ref().and_then(Payload::read).unwrap_or_default();
        Ok(Self {
            binding: binding.clone(),
            user: Some(user),
            lifetime: claims.lifetime().map(storable),
            organization_id: session.organization_id.or_else(|| claims.org_id.clone()),
            session_id: claims.sid,
            access_token,
            refresh_token: Some(refresh_token),
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

    fn read_standard(
        reply: &SuccessResponse<'_>,
        binding: &Arc<ClientBinding>,
        before: Option<&Self>,
        now: SystemTime,
    ) -> Result<Self, Malformed> {
        let tokens: TokenResponse = reply.json()?;
        let missing = |name| reply.malformed(MalformedKind::Missing(name));
        let access_token = tokens
            .access_token
            .as_ref()
            .filter(|token| fits_into_a_header(token))
            .ok_or_else(|| missing("access_token"))?;
        // RFC 6749 section 7.1: a token of a type that is not understood must not be used.
        if tokens
            .token_type
            .as_ref()
            .is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer"))
        {
            return Err(missing("token_type"));
        }
        let (user, id_token) = match (&tokens.id_token, before) {
            (Some(id_token), before) => (
                Some(identify(reply, id_token, binding, before)?),
                Some(id_token.clone()),
            ),
            (None, Some(before)) => (before.user.clone(), before.id_token.clone()),
            (None, None) => (None, None),
        };
        let payload = Payload::of(access_token.expose_secret());
        let claims: Claims<'_> = payload.as_ref().and_then(Payload::read).unwrap_or_default();
        let lifetime = match (tokens.expires_in(), claims.lifetime()) {
            (Some(told), Some(claimed)) => Some(told.min(claimed)),
            (told, claimed) => told.or(claimed),
        };
        Ok(Self {
            binding: binding.clone(),
            user,
            organization_id: claims.org_id.or_else(|| before?.organization_id.clone()),
            session_id: claims.sid,
            access_token: access_token.clone(),
            refresh_token: tokens
                .refresh_token
                .or_else(|| before?.refresh_token.clone()),
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

/// Reads who an ID token is about.
///
/// Its signature is not checked, because it came straight from the token endpoint over TLS; its issuer and its
/// audience are (OpenID Connect Core section 3.1.3.7). A refresh must not change who it is (section 12.2).
fn identify(
    reply: &SuccessResponse<'_>,
    id_token: &SecretString,
    binding: &ClientBinding,
    before: Option<&Authenticated>,
) -> Result<User, Malformed> {
    let refuse = |why| reply.malformed(MalformedKind::IdToken(why));
    let payload = Payload::of(id_token.expose_secret());
    let claims: IdClaims = payload
        .as_ref()
        .and_then(Payload::read)
        .ok_or_else(|| refuse("cannot be read"))?;
    if claims.iss.as_deref() != Some(&*binding.issuer) {
        return Err(refuse("is from another issuer than the one that was asked"));
    }
    if !claims.is_for(binding.client_id.as_str()) {
        return Err(refuse("is for another client"));
    }
    let user = claims.into_user().ok_or_else(|| refuse("names no user"))?;
    if before
        .and_then(Authenticated::user)
        .is_some_and(|before| before.id() != user.id())
    {
        return Err(refuse("is about another user than before"));
    }
    Ok(user)
}
