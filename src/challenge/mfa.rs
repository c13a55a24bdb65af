//! Multi-factor authentication: a time-based one-time password (TOTP).

use crate::challenge::ChallengeContext;
use crate::user::User;

/// The user has to enter a code of their authenticator.
///
/// If the service has created an MFA challenge, [`challenge_id`](Self::challenge_id) is its ID. Otherwise the server creates one for one of the
/// [`factor_ids`](Self::factor_ids) with `POST /auth/factors/{id}/challenge`, which is another API and needs the API key.
#[derive(Clone)]
pub struct TotpChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) user: Option<User>,
    pub(crate) challenge_id: Option<Box<str>>,
    pub(crate) factor_ids: Vec<Box<str>>,
}

impl TotpChallenge {
    /// Returns the user who is signing in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the ID of the MFA challenge that the service has created, `auth_challenge_…`.
    #[must_use]
    pub fn challenge_id(&self) -> Option<&str> {
        self.challenge_id.as_deref()
    }

    /// Returns the IDs of the factors that an MFA challenge can be created for, `auth_factor_…`.
    pub fn factor_ids(&self) -> impl Iterator<Item = &str> {
        self.factor_ids.iter().map(|id| &**id)
    }
}

/// The user has to enroll a second factor.
///
/// The server enrolls it with `POST /user_management/users/{id}/auth_factors`, which is another API and needs the API key. The response has
/// the secret for the user's authenticator and the ID of a first MFA challenge.
#[derive(Clone)]
pub struct MfaEnrollmentChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) user: Option<User>,
}

impl MfaEnrollmentChallenge {
    /// Returns the user who has to enroll a factor.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }
}
