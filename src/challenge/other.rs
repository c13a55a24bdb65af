//! Challenges that are passed on the hosted login page, and unknown challenges.

use crate::challenge::ChallengeContext;
use secrecy::SecretString;

/// A challenge that has only a code.
#[derive(Clone)]
pub struct OtherChallenge {
    pub(crate) context: ChallengeContext,
}

impl OtherChallenge {
    /// Returns the code, exactly as the service sent it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.context.code
    }
}

/// A challenge whose code is unknown to this release: its code, its token and the whole response.
#[derive(Clone)]
pub struct UnknownChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) body: SecretString,
}

impl UnknownChallenge {
    /// Returns the code, exactly as the service sent it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.context.code
    }

    /// Returns the token that a completing grant needs.
    #[must_use]
    pub fn pending_authentication_token(&self) -> Option<&SecretString> {
        self.context.pending_authentication_token.as_ref()
    }

    /// Returns the body of the response, a JSON object.
    #[must_use]
    pub fn body(&self) -> &SecretString {
        &self.body
    }
}
