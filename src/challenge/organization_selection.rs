//! Organization selection.

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::ids::OrganizationId;
use crate::user::User;

/// The user has to select one of several organizations.
#[derive(Clone)]
pub struct OrganizationSelectionChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) user: Option<User>,
    pub(crate) organizations: Vec<Organization>,
}

impl OrganizationSelectionChallenge {
    /// Returns the user who is signing in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the organizations to select from.
    #[must_use]
    pub fn organizations(&self) -> &[Organization] {
        &self.organizations
    }
}

/// An organization that the user can select.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Organization {
    pub(crate) id: OrganizationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Box<str>>,
}

impl Organization {
    /// Returns the ID.
    #[must_use]
    pub fn id(&self) -> &OrganizationId {
        &self.id
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}
