//! Sign-in methods that an organization requires: its SSO connections, or a list of methods.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::ids::ConnectionId;
use crate::stored::{nested, unquoted};

/// The user has to sign in through an SSO connection.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SsoChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    pub(crate) email: Option<Box<str>>,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) connection_ids: Vec<ConnectionId>,
}

impl SsoChallenge {
    /// Returns the user's e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns the connections, any one of which will do.
    #[must_use]
    pub fn connection_ids(&self) -> &[ConnectionId] {
        &self.connection_ids
    }
}

/// The organization allows only some ways of signing in.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AllowedMethodsChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    pub(crate) email: Option<Box<str>>,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) connection_ids: Vec<ConnectionId>,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) methods: BTreeMap<Box<str>, bool>,
}

impl AllowedMethodsChallenge {
    /// Returns the user's e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns the SSO connections that are allowed.
    #[must_use]
    pub fn connection_ids(&self) -> &[ConnectionId] {
        &self.connection_ids
    }

    /// Returns each other way of signing in, as the service names it, and whether it is allowed.
    pub fn methods(&self) -> impl Iterator<Item = (&str, bool)> {
        self.methods
            .iter()
            .map(|(name, allowed)| (&**name, *allowed))
    }
}
