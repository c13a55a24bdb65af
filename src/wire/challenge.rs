//! The members of an authentication challenge.
//!
//! One struct has the members of every challenge: the code decides which of them are used. A code that this release does not know keeps its
//! whole body.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;
use serde::Deserialize;

use crate::challenge::{
    AuthenticationChallenge, ChallengeContext, Details, Organization, UnknownChallenge,
};
use crate::client_binding::ClientBinding;
use crate::error::ErrorResponse;
use crate::ids::{ConnectionId, OrganizationId};
use crate::wire::lenient::{lenient, lenient_list, one_pass, one_pass_or_default};
use crate::wire::user::WireUser;

/// Every member of every challenge.
#[derive(Default, Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "one_pass_or_default")]
    auth_methods: BTreeMap<Box<str>, bool>,
    #[serde(default, deserialize_with = "lenient")]
    authentication_challenge: Option<WithId>,
    #[serde(default, deserialize_with = "lenient_list")]
    authentication_factors: Vec<WithId>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    connection_ids: Vec<ConnectionId>,
    #[serde(default, deserialize_with = "one_pass")]
    email: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass")]
    email_completion_token: Option<SecretString>,
    #[serde(default, deserialize_with = "one_pass")]
    email_verification_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "lenient_list")]
    organizations: Vec<WireOrganization>,
    #[serde(default, deserialize_with = "one_pass")]
    radar_challenge_id: Option<Box<str>>,
    #[serde(default, deserialize_with = "one_pass_or_default")]
    sso_connection_ids: Vec<ConnectionId>,
    #[serde(default, deserialize_with = "lenient")]
    user: Option<WireUser>,
}

#[derive(Deserialize)]
struct WireOrganization {
    id: OrganizationId,
    #[serde(default, deserialize_with = "one_pass")]
    name: Option<Box<str>>,
}

#[derive(Deserialize)]
struct WithId {
    id: Box<str>,
}

/// Reads the authentication challenge of a response; `response` and `token` are what was read of it before.
pub(crate) fn read(
    response: ErrorResponse,
    token: Option<SecretString>,
    body: &[u8],
    binding: &Arc<ClientBinding>,
) -> AuthenticationChallenge {
    let fields: Fields = super::object(body).unwrap_or_default();
    let details = fields.details();
    let hint = details.email.as_deref();
    let login_hint = hint.or_else(|| details.user.as_ref()?.email());
    let context = ChallengeContext {
        binding: binding.clone(),
        code: response.code.unwrap_or_default(),
        pending_authentication_token: token,
        login_hint: login_hint.map(Into::into),
        organization_id: None,
        request_id: response.request_id,
        authenticated_since: None,
    };
    AuthenticationChallenge::of_code(context, details).unwrap_or_else(|context| {
        let body = std::str::from_utf8(body).unwrap_or_default().into();
        AuthenticationChallenge::Unknown(UnknownChallenge { context, body })
    })
}

impl Fields {
    fn details(self) -> Details {
        let challenge = self.authentication_challenge;
        let factors = self.authentication_factors.into_iter();
        let organizations = self.organizations.into_iter();
        Details {
            auth_methods: self.auth_methods,
            authentication_challenge_id: challenge.map(|challenge| challenge.id),
            authentication_factor_ids: factors.map(|factor| factor.id).collect(),
            body: None,
            // Each kind of challenge has one of the two.
            connection_ids: [self.connection_ids, self.sso_connection_ids].concat(),
            email: self.email,
            email_completion_token: self.email_completion_token,
            email_verification_id: self.email_verification_id,
            organizations: organizations
                .map(|WireOrganization { id, name }| Organization { id, name })
                .collect(),
            radar_challenge_id: self.radar_challenge_id,
            user: self.user.and_then(WireUser::into_user),
        }
    }
}
