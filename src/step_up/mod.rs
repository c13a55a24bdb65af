//! The service asks for one more step before it lets the user in.
//!
//! An answer of any exchange leads in. For a client with a secret a step is a state: its method leads back to
//! [`Exchanging`](crate::Exchanging). For a client without one a step is the data of the next login: [`StepUp::login`].

mod organization;
mod radar;
mod second_factor;
mod sign_in;
mod verify_email;

use std::fmt;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::client::{Client, UserManagement};
use crate::error::Shown;
use crate::ids::OrganizationId;
use crate::redirect_uri::RedirectUri;
use crate::saved::{NO_PENDING_LOGIN, Version, expose_optional, nested, stored};
use crate::start::Start;
use crate::via::{Screen, Via};

pub use self::organization::{Organization, SelectOrganization, UseAllowedMethod};
pub use self::radar::{EnterRadarEmailCode, EnterRadarSmsCode, SmsVerification};
pub use self::second_factor::{EnrollMfa, EnterTotp};
pub use self::sign_in::{BareStep, CompleteEmail, UnknownStep, UseSso};
pub use self::verify_email::VerifyEmail;

/// One more step that the service asks for.
///
/// The hosted login page usually takes all steps before the code is issued. They still come up at a refresh, and
/// where an organization changes its rules.
///
/// | step | a client with a secret | a client without one |
/// |---|---|---|
/// | [`EmailVerification`](Self::EmailVerification) | [`VerifyEmail::answer`] | a new login |
/// | [`MfaChallenge`](Self::MfaChallenge) | [`EnterTotp::answer`] | a new login |
/// | [`MfaEnrollment`](Self::MfaEnrollment) | [`EnrollMfa::answer`] | a new login |
/// | [`OrganizationSelection`](Self::OrganizationSelection) | [`SelectOrganization::select`] | [`SelectOrganization::login`] |
/// | [`RadarEmailChallenge`](Self::RadarEmailChallenge) | [`EnterRadarEmailCode::answer`] | a new login |
/// | [`RadarSmsChallenge`](Self::RadarSmsChallenge) | [`EnterRadarSmsCode::answer`] | a new login |
/// | all others | a new login | a new login |
///
/// [`StepUp::login`] fills that new login in: the connection, the organization, who it is for.
///
/// Every completing grant needs the secret, so it does not compile without one:
///
/// ```compile_fail,E0308
/// # use workos_login::*;
/// fn answer(client: &Client<Public>, step: &VerifyEmail) -> Exchanging {
///     step.answer(client, "123456")
/// }
/// ```
///
/// And this does:
///
/// ```
/// # use workos_login::*;
/// fn answer(client: &Client<Confidential>, step: &VerifyEmail) -> Exchanging {
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
pub enum StepUp {
    /// The user has to agree to something on the hosted page.
    #[serde(deserialize_with = "nested")]
    ApplicationConsent(BareStep),
    /// The user's profile has no e-mail address.
    #[serde(deserialize_with = "nested")]
    EmailCompletion(CompleteEmail),
    /// The user has to confirm their e-mail address with a code that was sent to it.
    #[serde(deserialize_with = "nested")]
    EmailVerification(VerifyEmail),
    /// The user has to show their second factor.
    #[serde(deserialize_with = "nested")]
    MfaChallenge(EnterTotp),
    /// The user has to set up a second factor.
    #[serde(deserialize_with = "nested")]
    MfaEnrollment(EnrollMfa),
    /// The organization allows only some ways of signing in.
    #[serde(deserialize_with = "nested")]
    OrganizationMethods(UseAllowedMethod),
    /// The user has several organizations, and this login is for none of them yet.
    #[serde(deserialize_with = "nested")]
    OrganizationSelection(SelectOrganization),
    /// The user is offered a passkey on the hosted page.
    #[serde(deserialize_with = "nested")]
    PasskeyEnrollment(BareStep),
    /// Radar asks for a code that was sent by e-mail.
    #[serde(deserialize_with = "nested")]
    RadarEmailChallenge(EnterRadarEmailCode),
    /// Radar asks for a code that is sent by SMS.
    #[serde(deserialize_with = "nested")]
    RadarSmsChallenge(EnterRadarSmsCode),
    /// This way of signing in is not allowed, or cannot go on from here.
    #[serde(deserialize_with = "nested")]
    SignInAnotherWay(BareStep),
    /// The user has to sign in through an SSO connection.
    #[serde(deserialize_with = "nested")]
    SsoRequired(UseSso),
    /// A step that is not known here.
    #[serde(deserialize_with = "nested")]
    Unknown(UnknownStep),
}

impl StepUp {
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
            Self::OrganizationMethods(step) => step.connection_ids().first(),
            Self::SsoRequired(step) => step.connection_ids().first(),
            _ => None,
        };
        let via = match connection {
            Some(connection) => Via::Connection(connection.clone()),
            None => Via::AuthKit(Screen::SignIn),
        };
        self.step().fill_in(client.login(via, redirect_uri))
    }

    /// Says for which organization the refresh was that met this step.
    pub(crate) fn in_organization(mut self, organization: Option<&OrganizationId>) -> Self {
        self.step_mut().organization_id = organization.cloned();
        self
    }

    fn step(&self) -> &Step {
        match self {
            Self::ApplicationConsent(part)
            | Self::PasskeyEnrollment(part)
            | Self::SignInAnotherWay(part) => &part.step,
            Self::EmailCompletion(part) => &part.step,
            Self::EmailVerification(part) => &part.step,
            Self::MfaChallenge(part) => &part.step,
            Self::MfaEnrollment(part) => &part.step,
            Self::OrganizationMethods(part) => &part.step,
            Self::OrganizationSelection(part) => &part.step,
            Self::RadarEmailChallenge(part) => &part.step,
            Self::RadarSmsChallenge(part) => &part.step,
            Self::SsoRequired(part) => &part.step,
            Self::Unknown(part) => &part.step,
        }
    }

    fn step_mut(&mut self) -> &mut Step {
        match self {
            Self::ApplicationConsent(part)
            | Self::PasskeyEnrollment(part)
            | Self::SignInAnotherWay(part) => &mut part.step,
            Self::EmailCompletion(part) => &mut part.step,
            Self::EmailVerification(part) => &mut part.step,
            Self::MfaChallenge(part) => &mut part.step,
            Self::MfaEnrollment(part) => &mut part.step,
            Self::OrganizationMethods(part) => &mut part.step,
            Self::OrganizationSelection(part) => &mut part.step,
            Self::RadarEmailChallenge(part) => &mut part.step,
            Self::RadarSmsChallenge(part) => &mut part.step,
            Self::SsoRequired(part) => &mut part.step,
            Self::Unknown(part) => &mut part.step,
        }
    }
}

/// What every step has.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Step {
    version: Version,
    code: Box<str>,
    #[serde(serialize_with = "expose_optional")]
    pending_authentication_token: Option<SecretString>,
    login_hint: Option<Box<str>>,
    organization_id: Option<OrganizationId>,
    request_id: Option<Box<str>>,
}

stored!(StepUp, NO_PENDING_LOGIN);

impl Step {
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

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step")
            .field("code", &Shown(&self.code))
            .finish_non_exhaustive()
    }
}
