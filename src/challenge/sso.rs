//! Sign-in methods that an organization requires: its SSO connections, or a list of methods.

use std::collections::BTreeMap;

use crate::challenge::ChallengeContext;
use crate::ids::ConnectionId;

/// The user has to sign in through an SSO connection.
#[derive(Clone)]
pub struct SsoChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) email: Option<Box<str>>,
    pub(crate) connection_ids: Vec<ConnectionId>,
}

impl SsoChallenge {
    /// Returns the user's e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns the connections; the user can sign in through any of them.
    #[must_use]
    pub fn connection_ids(&self) -> &[ConnectionId] {
        &self.connection_ids
    }
}

/// The organization allows only some sign-in methods.
#[derive(Clone)]
pub struct AllowedMethodsChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) email: Option<Box<str>>,
    pub(crate) connection_ids: Vec<ConnectionId>,
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

    /// Returns the name of each other sign-in method, and whether it is allowed.
    pub fn methods(&self) -> impl Iterator<Item = (&str, bool)> {
        self.methods
            .iter()
            .map(|(name, allowed)| (&**name, *allowed))
    }
}
