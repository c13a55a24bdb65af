//! An extra check by Radar: a code that is sent by e-mail or SMS.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::client::{Client, Confidential};
use crate::error::ResponseKind;
use crate::login::exchanging::Exchanging;
use crate::stored::{nested, unquoted};
use crate::user::User;
use crate::wire::grant::Grant;

/// Radar has sent a code by e-mail.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RadarEmailChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) user: Option<User>,
    pub(crate) radar_challenge_id: Option<Box<str>>,
}

impl RadarEmailChallenge {
    /// Returns the user who is about to log in.
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
    /// The step stays: a mistyped code comes out as [`Error::IncorrectCode`](crate::Error::IncorrectCode), and it can be answered again.
    pub fn answer(&self, client: &Client<Confidential>, code: &str) -> Exchanging {
        let grant = Grant::radar_email_challenge(
            code.into(),
            self.step.token(),
            self.radar_challenge_id().map(Into::into),
        );
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }
}

/// Radar wants a code that is sent by SMS.
///
/// Have it sent with `POST /user_management/radar_challenges`, which is another API and needs the API key and the
/// [`pending_authentication_token`](Self::pending_authentication_token).
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RadarSmsChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) user: Option<User>,
}

impl RadarSmsChallenge {
    /// Returns the user who is about to log in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the token that the request to send the SMS needs.
    #[must_use]
    pub fn pending_authentication_token(&self) -> Option<&SecretString> {
        self.step.pending_authentication_token.as_ref()
    }

    /// Answers with the code that the user received.
    ///
    /// `verification` is what the sending of the SMS answered; a challenge at sign-up needs it, one at sign-in does not.
    /// The step stays: a mistyped code comes out as [`Error::IncorrectCode`](crate::Error::IncorrectCode), and it can be answered again.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        code: &str,
        verification: Option<SmsVerification<'_>>,
    ) -> Exchanging {
        let grant = Grant::radar_sms_challenge(
            code.into(),
            self.step.token(),
            verification.map(|verification| verification.id.into()),
            verification.map(|verification| verification.phone_number.into()),
        );
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }
}

/// An SMS that was sent for a Radar challenge.
#[derive(Clone, Copy, Debug)]
pub struct SmsVerification<'a> {
    id: &'a str,
    phone_number: &'a str,
}

impl<'a> SmsVerification<'a> {
    /// Names the SMS by the `verification_id` and the `phone_number` that its sending answered.
    #[must_use]
    pub fn new(id: &'a str, phone_number: &'a str) -> Self {
        Self { id, phone_number }
    }
}
