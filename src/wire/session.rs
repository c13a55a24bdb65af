//! The success of User Management: a user and their tokens.

use secrecy::SecretString;
use serde::Deserialize;

use crate::ids::OrganizationId;
use crate::user::{AuthenticationMethod, Impersonator, ProviderTokens, User};
use crate::wire::lenient::{lenient, lenient_json};
use crate::wire::member;

/// What is needed is checked by name after reading. What could change who someone is or acts for
/// (the organization, the impersonator) has to be readable where it is present.
#[derive(Deserialize)]
pub(crate) struct Session {
    #[serde(default, deserialize_with = "member")]
    pub(crate) user: Option<User>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) refresh_token: Option<SecretString>,
    #[serde(default)]
    pub(crate) organization_id: Option<OrganizationId>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) authentication_method: Option<AuthenticationMethod>,
    #[serde(default, deserialize_with = "member")]
    pub(crate) impersonator: Option<Impersonator>,
    #[serde(default, deserialize_with = "lenient_json")]
    pub(crate) oauth_tokens: Option<ProviderTokens>,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) authkit_authorization_code: Option<SecretString>,
}
