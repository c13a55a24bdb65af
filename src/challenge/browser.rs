//! Steps that are taken in the browser, by a new login, and what is not known here.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::ids::ConnectionId;
use crate::stored::{expose, nested, unquoted};

/// A step with nothing but its code.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OtherChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
}

impl OtherChallenge {
    /// Returns the code of the step, exactly as the service wrote it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.step.code
    }
}

/// The profile has no e-mail address. How a grant completes this is not published; a new login asks the user.
#[derive(Clone, Deserialize, Serialize)]
pub struct EmailCompletionChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(serialize_with = "crate::stored::expose_optional")]
    pub(crate) email_completion_token: Option<SecretString>,
}

impl EmailCompletionChallenge {
    /// Returns the token that the service gave for this step.
    #[must_use]
    pub fn email_completion_token(&self) -> Option<&SecretString> {
        self.email_completion_token.as_ref()
    }
}

impl fmt::Debug for EmailCompletionChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailCompletionChallenge")
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}

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

/// A step that is not known here: its code, its token and its raw fields.
#[derive(Clone, Deserialize, Serialize)]
pub struct UnknownChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(serialize_with = "expose")]
    pub(crate) body: SecretString,
}

impl UnknownChallenge {
    /// Returns the code of the step, exactly as the service wrote it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.step.code
    }

    /// Returns the token that a grant which completes the step would need.
    #[must_use]
    pub fn pending_authentication_token(&self) -> Option<&SecretString> {
        self.step.pending_authentication_token.as_ref()
    }

    /// Returns the whole answer of the service, a JSON object.
    #[must_use]
    pub fn body(&self) -> &SecretString {
        &self.body
    }
}

impl fmt::Debug for UnknownChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownChallenge")
            .field("step", &self.step)
            .finish_non_exhaustive()
    }
}
