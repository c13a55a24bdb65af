//! Answers to authentication challenges, from a confidential client.
//!
//! Each leads to [`Exchanging`]. Answering takes `&self`: the user can correct an incorrect code.

use crate::challenge::{
    ChallengeContext, EmailVerificationChallenge, MfaEnrollmentChallenge,
    OrganizationSelectionChallenge, RadarEmailChallenge, RadarSmsChallenge, TotpChallenge,
};
use crate::client::{Client, Confidential};
use crate::error::ResponseKind;
use crate::ids::OrganizationId;
use crate::login::exchanging::Exchanging;
use crate::login::requirements::Requirements;
use crate::wire::grant::Grant;

impl EmailVerificationChallenge {
    /// Answers with the code that the user received.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    pub fn answer(&self, client: &Client<Confidential>, code: &str) -> Exchanging {
        // The token is copied, not taken: after an incorrect code it is needed again.
        let grant = Grant::email_verification(
            code.into(),
            self.context.pending_authentication_token.clone(),
        );
        exchange(client, grant)
    }
}

impl TotpChallenge {
    /// Answers the MFA challenge `challenge_id` with the code that the user's authenticator shows.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        challenge_id: &str,
        code: &str,
    ) -> Exchanging {
        answer(&self.context, client, challenge_id, code)
    }
}

impl MfaEnrollmentChallenge {
    /// Answers the MFA challenge `challenge_id` of the new factor with the code that the user's authenticator shows.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        challenge_id: &str,
        code: &str,
    ) -> Exchanging {
        answer(&self.context, client, challenge_id, code)
    }
}

impl OrganizationSelectionChallenge {
    /// Selects an organization of which the user is an active member.
    ///
    /// If the service rejects the organization, another can be selected.
    pub fn select(
        &self,
        client: &Client<Confidential>,
        organization: &OrganizationId,
    ) -> Exchanging {
        let organization_id = organization.as_str().into();
        let grant = Grant::organization_selection(
            self.context.pending_authentication_token.clone(),
            organization_id,
        );
        exchange(client, grant)
    }
}

impl RadarEmailChallenge {
    /// Answers with the code that the user received.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    pub fn answer(&self, client: &Client<Confidential>, code: &str) -> Exchanging {
        let grant = Grant::radar_email_challenge(
            code.into(),
            self.context.pending_authentication_token.clone(),
            self.radar_challenge_id().map(Into::into),
        );
        exchange(client, grant)
    }
}

impl RadarSmsChallenge {
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
        exchange(client, grant)
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

fn answer(
    context: &ChallengeContext,
    client: &Client<Confidential>,
    challenge_id: &str,
    code: &str,
) -> Exchanging {
    let grant = Grant::mfa_totp(
        code.into(),
        context.pending_authentication_token.clone(),
        challenge_id.into(),
    );
    exchange(client, grant)
}

fn exchange(client: &Client<Confidential>, grant: Grant) -> Exchanging {
    // `max_age` belongs to the login before the challenge, and User Management has no nonce.
    let requirements = Requirements::default();
    Exchanging::new(client, grant, ResponseKind::ChallengeAnswer, requirements)
}
