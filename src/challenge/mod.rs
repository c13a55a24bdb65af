//! The service asks for one more step before it lets the user in.
//!
//! An answer of any exchange leads in. For a client with a secret a step is a state: its method leads back to
//! [`Exchanging`](crate::Exchanging). For a client without one a step is the data of the next login: [`AuthenticationChallenge::login`].

mod email_completion;
mod email_verification;
mod mfa;
mod organization_selection;
mod other;
mod radar;
mod sso;

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::client::{Client, UserManagement};
use crate::error::Escaped;
use crate::ids::OrganizationId;
use crate::login::connection_selector::{ConnectionSelector, Screen};
use crate::login::redirect_uri::RedirectUri;
use crate::login::start::Start;
use crate::stored::{NO_PENDING_LOGIN, Version, expose_optional, nested, stored};

pub use self::email_completion::EmailCompletionChallenge;
pub use self::email_verification::EmailVerificationChallenge;
pub use self::mfa::{MfaEnrollmentChallenge, TotpChallenge};
pub use self::organization_selection::{Organization, OrganizationSelectionChallenge};
pub use self::other::{OtherChallenge, UnknownChallenge};
pub use self::radar::{RadarEmailChallenge, RadarSmsChallenge, SmsVerification};
pub use self::sso::{AllowedMethodsChallenge, SsoChallenge};

/// One more step that the service asks for.
///
/// The hosted login page usually takes all steps before the code is issued. They still come up at a refresh, and
/// where an organization changes its rules.
///
/// | step | a client with a secret | a client without one |
/// |---|---|---|
/// | [`EmailVerification`](Self::EmailVerification) | [`EmailVerificationChallenge::answer`] | a new login |
/// | [`Totp`](Self::Totp) | [`TotpChallenge::answer`] | a new login |
/// | [`MfaEnrollment`](Self::MfaEnrollment) | [`MfaEnrollmentChallenge::answer`] | a new login |
/// | [`OrganizationSelection`](Self::OrganizationSelection) | [`OrganizationSelectionChallenge::select`] | [`OrganizationSelectionChallenge::login`] |
/// | [`RadarEmail`](Self::RadarEmail) | [`RadarEmailChallenge::answer`] | a new login |
/// | [`RadarSms`](Self::RadarSms) | [`RadarSmsChallenge::answer`] | a new login |
/// | all others | a new login | a new login |
///
/// [`AuthenticationChallenge::login`] fills that new login in: the connection, the organization, who it is for.
///
/// Every completing grant needs the secret, so it does not compile without one:
///
/// ```compile_fail,E0308
/// # use workos_login::*;
/// fn answer(client: &Client<Public>, step: &EmailVerificationChallenge) -> Exchanging {
///     step.answer(client, "123456")
/// }
/// ```
///
/// And this does:
///
/// ```
/// # use workos_login::*;
/// fn answer(client: &Client<Confidential>, step: &EmailVerificationChallenge) -> Exchanging {
///     step.answer(client, "123456")
/// }
/// ```
///
/// # This is a secret
///
/// The stored form holds the pending authentication token, which stands for a user who is half logged in. Keep it as
/// an [`AwaitingCallback`](crate::AwaitingCallback) is kept. It does not name its client: answer it with the client of
/// the login that it came from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(remote = "Self", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthenticationChallenge {
    /// The user has to agree to something on the hosted page.
    #[serde(deserialize_with = "nested")]
    ApplicationConsent(OtherChallenge),
    /// The user's profile has no e-mail address.
    #[serde(deserialize_with = "nested")]
    EmailCompletion(EmailCompletionChallenge),
    /// The user has to confirm their e-mail address with a code that was sent to it.
    #[serde(deserialize_with = "nested")]
    EmailVerification(EmailVerificationChallenge),
    /// The user has to show their second factor.
    #[serde(rename = "mfa_challenge", deserialize_with = "nested")]
    Totp(TotpChallenge),
    /// The user has to set up a second factor.
    #[serde(deserialize_with = "nested")]
    MfaEnrollment(MfaEnrollmentChallenge),
    /// The organization allows only some ways of signing in.
    #[serde(rename = "organization_methods", deserialize_with = "nested")]
    AllowedMethods(AllowedMethodsChallenge),
    /// The user has several organizations, and this login is for none of them yet.
    #[serde(deserialize_with = "nested")]
    OrganizationSelection(OrganizationSelectionChallenge),
    /// The user is offered a passkey on the hosted page.
    #[serde(deserialize_with = "nested")]
    PasskeyEnrollment(OtherChallenge),
    /// Radar asks for a code that was sent by e-mail.
    #[serde(rename = "radar_email_challenge", deserialize_with = "nested")]
    RadarEmail(RadarEmailChallenge),
    /// Radar asks for a code that is sent by SMS.
    #[serde(rename = "radar_sms_challenge", deserialize_with = "nested")]
    RadarSms(RadarSmsChallenge),
    /// This way of signing in is not allowed, or cannot go on from here.
    #[serde(deserialize_with = "nested")]
    SignInAnotherWay(OtherChallenge),
    /// The user has to sign in through an SSO connection.
    #[serde(rename = "sso_required", deserialize_with = "nested")]
    Sso(SsoChallenge),
    /// A step that is not known here.
    #[serde(deserialize_with = "nested")]
    Unknown(UnknownChallenge),
}

impl AuthenticationChallenge {
    /// Returns the code of the step, exactly as the service wrote it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.step().code
    }

    /// Returns the service's id of the answer (`x-request-id`), which its support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.step().request_id.as_deref()
    }

    /// Begins the login that continues here for a client without a secret.
    ///
    /// It goes to the SSO connection that the step names, else to the hosted page; the organization and the user
    /// are filled in where they are known. Options can still be added.
    pub fn login<'a, A: UserManagement>(
        &self,
        client: &'a Client<A>,
        redirect_uri: RedirectUri,
    ) -> Start<'a, A> {
        let connection = match self {
            Self::AllowedMethods(step) => step.connection_ids().first(),
            Self::Sso(step) => step.connection_ids().first(),
            _ => None,
        };
        let via = match connection {
            Some(connection) => ConnectionSelector::Connection(connection.clone()),
            None => ConnectionSelector::AuthKit(Screen::SignIn),
        };
        self.step().fill_in(client.login(via, redirect_uri))
    }

    /// Says for which organization the refresh was that met this step.
    pub(crate) fn in_organization(mut self, organization: Option<&OrganizationId>) -> Self {
        self.step_mut().organization_id = organization.cloned();
        self
    }

    fn step(&self) -> &ChallengeContext {
        match self {
            Self::ApplicationConsent(part)
            | Self::PasskeyEnrollment(part)
            | Self::SignInAnotherWay(part) => &part.step,
            Self::EmailCompletion(part) => &part.step,
            Self::EmailVerification(part) => &part.step,
            Self::Totp(part) => &part.step,
            Self::MfaEnrollment(part) => &part.step,
            Self::AllowedMethods(part) => &part.step,
            Self::OrganizationSelection(part) => &part.step,
            Self::RadarEmail(part) => &part.step,
            Self::RadarSms(part) => &part.step,
            Self::Sso(part) => &part.step,
            Self::Unknown(part) => &part.step,
        }
    }

    fn step_mut(&mut self) -> &mut ChallengeContext {
        match self {
            Self::ApplicationConsent(part)
            | Self::PasskeyEnrollment(part)
            | Self::SignInAnotherWay(part) => &mut part.step,
            Self::EmailCompletion(part) => &mut part.step,
            Self::EmailVerification(part) => &mut part.step,
            Self::Totp(part) => &mut part.step,
            Self::MfaEnrollment(part) => &mut part.step,
            Self::AllowedMethods(part) => &mut part.step,
            Self::OrganizationSelection(part) => &mut part.step,
            Self::RadarEmail(part) => &mut part.step,
            Self::RadarSms(part) => &mut part.step,
            Self::Sso(part) => &mut part.step,
            Self::Unknown(part) => &mut part.step,
        }
    }
}

/// What every step has.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct ChallengeContext {
    version: Version,
    code: Box<str>,
    #[serde(serialize_with = "expose_optional")]
    pending_authentication_token: Option<SecretString>,
    login_hint: Option<Box<str>>,
    organization_id: Option<OrganizationId>,
    request_id: Option<Box<str>>,
}

stored!(AuthenticationChallenge, NO_PENDING_LOGIN);

impl ChallengeContext {
    pub(crate) fn new(
        code: Box<str>,
        pending_authentication_token: Option<SecretString>,
        login_hint: Option<Box<str>>,
        request_id: Option<Box<str>>,
    ) -> Self {
        Self {
            version: Version,
            code,
            pending_authentication_token,
            login_hint,
            organization_id: None,
            request_id,
        }
    }

    /// The token that a completing grant sends, where the service gave one.
    fn token(&self) -> Option<SecretString> {
        self.pending_authentication_token.clone()
    }

    fn fill_in<'a, A: UserManagement>(&self, mut start: Start<'a, A>) -> Start<'a, A> {
        if let Some(hint) = &self.login_hint {
            start = start.login_hint(&**hint);
        }
        if let Some(organization) = &self.organization_id {
            start = start.organization(organization);
        }
        start
    }
}

impl fmt::Debug for ChallengeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChallengeContext")
            .field("code", &Escaped(&self.code))
            .finish_non_exhaustive()
    }
}
