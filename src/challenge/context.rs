//! The members that every authentication challenge has.

use std::sync::Arc;

use secrecy::SecretString;

use crate::client_binding::ClientBinding;
use crate::ids::OrganizationId;
use crate::timestamp::Timestamp;

#[derive(Clone)]
pub(crate) struct ChallengeContext {
    pub(crate) binding: Arc<ClientBinding>,
    pub(crate) code: Box<str>,
    /// A completing grant sends it, if the service gave one.
    pub(crate) pending_authentication_token: Option<SecretString>,
    pub(crate) login_hint: Option<Box<str>>,
    /// The organization of the refresh that the service responded to with the challenge.
    pub(crate) organization_id: Option<OrganizationId>,
    pub(crate) request_id: Option<Box<str>>,
    /// The earliest `auth_time`, if the login that the service responded to with the challenge has a `max_age`.
    pub(crate) authenticated_since: Option<Timestamp>,
}
