//! Challenges that are passed on the hosted login page, and unknown challenges.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::stored::{expose, nested};

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
