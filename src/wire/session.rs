//! The success response of User Management: a user and their tokens.

use secrecy::SecretString;
use serde::Deserialize;

use crate::ids::OrganizationId;
use crate::login::connection_selector::Provider;
use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens};
use crate::wire::lenient::{lenient, one_pass, one_pass_or_default};
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
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) oauth_tokens: Option<WireProviderTokens>,
    #[serde(default, deserialize_with = "one_pass")]
    pub(crate) authkit_authorization_code: Option<SecretString>,
}

#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct WireProviderTokens(#[serde(with = "OauthTokens")] pub(crate) ProviderTokens);

#[derive(Deserialize)]
#[serde(remote = "ProviderTokens")]
struct OauthTokens {
    #[serde(default, deserialize_with = "one_pass")]
    provider: Option<Provider>,
    access_token: SecretString,
    #[serde(default, deserialize_with = "one_pass")]
    refresh_token: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    expires_at: Option<u64>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    scopes: Vec<Box<str>>,
}
