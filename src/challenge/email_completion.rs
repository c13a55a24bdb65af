//! E-mail completion.

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::stored::nested;

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
