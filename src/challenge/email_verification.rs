//! A code that was sent to an e-mail address.

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::client::{Client, Confidential};
use crate::error::ResponseKind;
use crate::login::exchanging::Exchanging;
use crate::stored::nested;
use crate::wire::grant::Grant;

/// The e-mail address has to be confirmed, with the code that was sent to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EmailVerificationChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    pub(crate) email: Option<Box<str>>,
    pub(crate) email_verification_id: Option<Box<str>>,
}

impl EmailVerificationChallenge {
    /// Returns the address that the code was sent to.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }

    /// Returns the id of this verification, `email_verification_…`.
    #[must_use]
    pub fn email_verification_id(&self) -> Option<&str> {
        self.email_verification_id.as_deref()
    }

    /// Answers with the code that the user received.
    ///
    /// The step stays: a mistyped code comes out as [`Error::IncorrectCode`](crate::Error::IncorrectCode), and it can be answered again.
    pub fn answer(&self, client: &Client<Confidential>, code: &str) -> Exchanging {
        let grant = Grant::email_verification(code.into(), self.step.token());
        Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
    }
}
