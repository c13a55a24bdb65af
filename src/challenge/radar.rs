//! Challenges by Radar: a code that is sent by e-mail or SMS.

use crate::challenge::ChallengeContext;
use crate::client::{Client, Confidential};
use crate::error::ResponseKind;
use crate::login::exchanging::Exchanging;
use crate::user::User;
use crate::wire::grant::Grant;
use secrecy::SecretString;

/// Radar demands a code that was sent by e-mail.
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

    /// Returns the id of the challenge, `radar_challenge_…`.
    #[must_use]
    pub fn radar_challenge_id(&self) -> Option<&str> {
        self.radar_challenge_id.as_deref()
    }

    /// Answers with the code that the user received.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    pub fn answer(&self, client: &Client<Confidential>, code: &str) -> Exchanging {
        let grant = Grant::radar_email_challenge(
            code.into(),
            self.context.pending_authentication_token.clone(),
            self.radar_challenge_id().map(Into::into),
        );
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }
}

/// Radar demands a code that is sent by SMS.
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

    /// Answers with the code that the user received.
    ///
    /// `verification` is from the response to the request that sent the SMS. A challenge at sign-up needs it, one at sign-in does not.
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        code: &str,
        verification: Option<SmsVerification<'_>>,
    ) -> Exchanging {
        let grant = Grant::radar_sms_challenge(
            code.into(),
            self.context.pending_authentication_token.clone(),
            verification.map(|verification| verification.id.into()),
            verification.map(|verification| verification.phone_number.into()),
        );
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }
}

/// The SMS that was sent for a Radar challenge.
#[derive(Clone, Copy, Debug)]
pub struct SmsVerification<'a> {
    id: &'a str,
    phone_number: &'a str,
}

impl<'a> SmsVerification<'a> {
    /// Takes the `verification_id` and the `phone_number` from the response to the request that sent the SMS.
    #[must_use]
    pub fn new(id: &'a str, phone_number: &'a str) -> Self {
        Self { id, phone_number }
    }
}
