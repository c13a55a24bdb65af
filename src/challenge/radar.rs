//! Challenges by Radar: a code that is sent by e-mail or SMS.

use crate::challenge::ChallengeContext;
use crate::user::User;
use secrecy::SecretString;

/// Radar requires a code that was sent by e-mail.
#[derive(Clone)]
pub struct RadarEmailChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) user: Option<User>,
    pub(crate) radar_challenge_id: Option<Box<str>>,
}

impl RadarEmailChallenge {
    /// Returns the user who is signing in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the ID of the challenge, `radar_challenge_…`.
    #[must_use]
    pub fn radar_challenge_id(&self) -> Option<&str> {
        self.radar_challenge_id.as_deref()
    }
}

/// Radar requires a code that is sent by SMS.
///
/// The server has it sent with `POST /user_management/radar_challenges`, which is another API and needs the API key and the
/// [`pending_authentication_token`](Self::pending_authentication_token).
#[derive(Clone)]
pub struct RadarSmsChallenge {
    pub(crate) context: ChallengeContext,
    pub(crate) user: Option<User>,
}

impl RadarSmsChallenge {
    /// Returns the user who is signing in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the token for the request that sends the SMS.
    #[must_use]
    pub fn pending_authentication_token(&self) -> Option<&SecretString> {
        self.context.pending_authentication_token.as_ref()
    }
}
