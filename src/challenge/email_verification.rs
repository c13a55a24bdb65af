//! E-mail verification.

use crate::challenge::ChallengeContext;

/// The user has to verify their e-mail address with a code that was sent to it.
#[derive(Clone)]
pub struct EmailVerificationChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) email: Option<Box<str>>,
    pub(crate) email_verification_id: Option<Box<str>>,
}

impl EmailVerificationChallenge {
    /// Returns the e-mail address that the code was sent to.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns the ID of the verification, `email_verification_…`.
    #[must_use]
    pub fn email_verification_id(&self) -> Option<&str> {
        self.email_verification_id.as_deref()
    }
}
