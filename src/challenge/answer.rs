//! Answers to authentication challenges, from a confidential client.
//!
//! Each leads to [`Exchanging`]. Answering takes `&self`: the user can correct an incorrect code, and an answer for another client is an
//! error that leaves the challenge as it is.

use crate::challenge::{
    ChallengeContext, EmailVerificationChallenge, MfaEnrollmentChallenge,
    OrganizationSelectionChallenge, RadarEmailChallenge, RadarSmsChallenge, TotpChallenge,
};
use crate::client::{Client, Confidential};
use crate::error::{ClientError, ResponseKind};
use crate::ids::OrganizationId;
use crate::login::exchanging::Exchanging;
use crate::login::requirements::Requirements;
use crate::wire::grant::Grant;

impl EmailVerificationChallenge {
    /// Answers with the code that the user received.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is bound to another client.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        code: &str,
    ) -> Result<Exchanging, ClientError> {
        // The token is copied, not taken: after an incorrect code it is needed again.
        let grant = Grant::email_verification(
            code.into(),
            self.context.pending_authentication_token.clone(),
        );
        exchange(&self.context, client, grant)
    }
}

impl TotpChallenge {
    /// Answers the MFA challenge `challenge_id` with the code that the user's authenticator shows.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is bound to another client.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        challenge_id: &str,
        code: &str,
    ) -> Result<Exchanging, ClientError> {
        answer(&self.context, client, challenge_id, code)
    }
}

impl MfaEnrollmentChallenge {
    /// Answers the MFA challenge `challenge_id` of the new factor with the code that the user's authenticator shows.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is bound to another client.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        challenge_id: &str,
        code: &str,
    ) -> Result<Exchanging, ClientError> {
        answer(&self.context, client, challenge_id, code)
    }
}

impl OrganizationSelectionChallenge {
    /// Selects an organization of which the user is an active member.
    ///
    /// If the service rejects the organization, another can be selected.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is bound to another client.
    pub fn select(
        &self,
        client: &Client<Confidential>,
        organization: &OrganizationId,
    ) -> Result<Exchanging, ClientError> {
        let organization_id = organization.as_str().into();
        let grant = Grant::organization_selection(
            self.context.pending_authentication_token.clone(),
            organization_id,
        );
        exchange(&self.context, client, grant)
    }
}

impl RadarEmailChallenge {
    /// Answers with the code that the user received.
    ///
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is bound to another client.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        code: &str,
    ) -> Result<Exchanging, ClientError> {
        let grant = Grant::radar_email_challenge(
            code.into(),
            self.context.pending_authentication_token.clone(),
            self.radar_challenge_id().map(Into::into),
        );
        exchange(&self.context, client, grant)
    }
}

impl RadarSmsChallenge {
    /// Answers with the code that the user received.
    ///
    /// `verification` is from the response to the request that sent the SMS. A challenge at sign-up needs it, one at sign-in does not.
    /// After an incorrect code ([`Error::IncorrectCode`](crate::Error::IncorrectCode)) the challenge can be answered again.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if the challenge is bound to another client.
    pub fn answer(
        &self,
        client: &Client<Confidential>,
        code: &str,
        verification: Option<SmsVerification<'_>>,
    ) -> Result<Exchanging, ClientError> {
        let grant = Grant::radar_sms_challenge(
            code.into(),
            self.context.pending_authentication_token.clone(),
            verification.map(|verification| verification.id.into()),
            verification.map(|verification| verification.phone_number.into()),
        );
        exchange(&self.context, client, grant)
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
) -> Result<Exchanging, ClientError> {
    let grant = Grant::mfa_totp(
        code.into(),
        context.pending_authentication_token.clone(),
        challenge_id.into(),
    );
    exchange(context, client, grant)
}

fn exchange(
    context: &ChallengeContext,
    client: &Client<Confidential>,
    grant: Grant,
) -> Result<Exchanging, ClientError> {
    // Otherwise the pending authentication token of one service would be sent to another.
    client.check(&context.binding)?;
    let requirements = Requirements {
        // User Management has no nonce.
        nonce: None,
        authenticated_since: context.authenticated_since,
    };
    Ok(Exchanging::new(
        client,
        grant,
        ResponseKind::ChallengeAnswer,
        requirements,
    ))
}
