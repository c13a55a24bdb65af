//! A second factor: a time-based one-time password (TOTP).

use serde::{Deserialize, Serialize};

use crate::challenge::ChallengeContext;
use crate::client::{Client, Confidential};
use crate::error::ResponseKind;
use crate::login::exchanging::Exchanging;
use crate::stored::{nested, unquoted};
use crate::user::User;
use crate::wire::grant::Grant;

/// The second factor has to be shown.
///
/// Where the service has made a challenge already, [`challenge_id`](Self::challenge_id) is it. Otherwise make one for one of the
/// [`factor_ids`](Self::factor_ids) with `POST /auth/factors/{id}/challenge`, which is another API and needs the API key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TotpChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) user: Option<User>,
    pub(crate) challenge_id: Option<Box<str>>,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) factor_ids: Vec<Box<str>>,
}

impl TotpChallenge {
    /// Returns the user who is about to log in.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Returns the id of the challenge that the service has made, `auth_challenge_…`.
    #[must_use]
    pub fn challenge_id(&self) -> Option<&str> {
        self.challenge_id.as_deref()
    }

    /// Returns the ids of the factors that a challenge can be made for, `auth_factor_…`.
    pub fn factor_ids(&self) -> impl Iterator<Item = &str> {
        self.factor_ids.iter().map(|id| &**id)
    }

    /// Answers the challenge `challenge_id` with the code that the user's authenticator shows.
    ///
    /// The step stays: a mistyped code comes out as [`Error::IncorrectCode`](crate::Error::IncorrectCode), and it can be answered again.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        challenge_id: &str,
        code: &str,
    ) -> Exchanging {
        answer(&self.step, client, challenge_id, code)
    }
}

/// A second factor has to be set up.
///
/// Enrol one with `POST /user_management/users/{id}/auth_factors`, which is another API and needs the API key; its answer has the
/// secret for the user's authenticator, and the id of a first challenge.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MfaEnrollmentChallenge {
    #[serde(deserialize_with = "nested")]
    pub(crate) step: ChallengeContext,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) user: Option<User>,
}

impl MfaEnrollmentChallenge {
    /// Returns the user who is to set up a factor.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Answers the challenge `challenge_id` of the new factor with the code that the user's authenticator shows.
    ///
    /// The step stays: a mistyped code comes out as [`Error::IncorrectCode`](crate::Error::IncorrectCode), and it can be answered again.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        challenge_id: &str,
        code: &str,
    ) -> Exchanging {
        answer(&self.step, client, challenge_id, code)
    }
}

fn answer(
    step: &ChallengeContext,
    client: &Client<Confidential>,
    challenge_id: &str,
    code: &str,
) -> Exchanging {
    let grant = Grant::mfa_totp(code.into(), step.token(), challenge_id.into());
    Exchanging::new(client, grant, ResponseKind::ChallengeAnswer)
}
