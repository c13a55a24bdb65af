//! E-mail completion.

use crate::challenge::ChallengeContext;
use secrecy::SecretString;

/// The user's profile has no e-mail address. No grant that completes this challenge is documented; another login asks the user.
#[derive(Clone)]
pub struct EmailCompletionChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) email_completion_token: Option<SecretString>,
}

impl EmailCompletionChallenge {
    /// Returns the e-mail completion token.
    #[must_use]
    pub fn email_completion_token(&self) -> Option<&SecretString> {
        self.email_completion_token.as_ref()
    }
}
