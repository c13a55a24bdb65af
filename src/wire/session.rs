//! The success response of User Management: a user and their tokens.

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess};

use crate::ids::OrganizationId;
use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens};
use crate::wire::lenient::{Item, Lenient, one_pass};
use crate::wire::member;
use crate::wire::user::WireUser;

/// Required members are checked by name after reading. Members that change who the user is or acts for (the organization,
/// the impersonator) must be readable if they are present.
#[derive(Deserialize)]
pub(crate) struct Session {
    #[serde(default, deserialize_with = "member")]
    pub(crate) user: Option<WireUser>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) refresh_token: Option<SecretString>,
    #[serde(default)]
    // Not lenient: with an unreadable organization, the session would silently belong to none.
    pub(crate) organization_id: Option<OrganizationId>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) authentication_method: Option<AuthenticationMethod>,
    #[serde(default, deserialize_with = "member")]
    pub(crate) impersonator: Option<Impersonator>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) oauth_tokens: Option<WireProviderTokens>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) authkit_authorization_code: Option<SecretString>,
}

pub(crate) struct WireProviderTokens(pub(crate) ProviderTokens);

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum OauthTokensMember {
    Provider,
    AccessToken,
    RefreshToken,
    ExpiresAt,
    Scopes,
    #[serde(other)]
    Unknown,
}

/// Absent without an access token. Of a member that occurs twice, the last one counts: a session can do without these tokens.
impl<'de> Lenient<'de> for WireProviderTokens {
    fn map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        let (mut provider, mut access_token, mut refresh_token) = (None, None, None);
        let (mut expires_at, mut scopes) = (None, None);
        while let Some(member) = map.next_key()? {
            match member {
                OauthTokensMember::Provider => Item(provider) = map.next_value()?,
                OauthTokensMember::AccessToken => Item(access_token) = map.next_value()?,
                OauthTokensMember::RefreshToken => Item(refresh_token) = map.next_value()?,
                OauthTokensMember::ExpiresAt => Item(expires_at) = map.next_value()?,
                OauthTokensMember::Scopes => Item(scopes) = map.next_value()?,
                OauthTokensMember::Unknown => IgnoredAny = map.next_value()?,
            }
        }
        Ok(access_token.map(|access_token| {
            Self(ProviderTokens {
                provider,
                access_token,
                refresh_token,
                expires_at,
                scopes: scopes.unwrap_or_default(),
            })
        }))
    }
}
